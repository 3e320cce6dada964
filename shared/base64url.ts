/** Base64 with the URL alphabet and no padding (RFC 4648, 5; RFC 7515, 2). */

const FORM = /^[A-Za-z0-9_-]*$/;

export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Undefined for what is not written so. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!FORM.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  // Bits that no byte has would give the same bytes another text.
  return toBase64url(bytes) === text ? bytes : undefined;
}
