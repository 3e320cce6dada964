const DIGITS = 12;

/** How an account is named to everybody: the first 12 hexadecimal digits of its key, which is given in hexadecimal too. */
export function volunteerIdOf(publicKey: string): string {
  return publicKey.slice(0, DIGITS);
}
