/** SHA-256 through WebCrypto: of result bytes, and of everything that was fetched. */
import { exactBytes, toHex } from "../../shared/bytes.ts";

export async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const exact = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : exactBytes(bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", exact));
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return toHex(await sha256(bytes));
}
