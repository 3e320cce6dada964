/** Joins byte arrays into one exact-length array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.byteLength;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}

/** Joins byte arrays, each behind its length as u32, little-endian: no other parts have the same bytes. */
export function lengthPrefixed(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatBytes(
    parts.flatMap((part) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, part.byteLength, true);
      return [length, part];
    }),
  );
}

/** Little-endian. */
export function u64Bytes(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** A binary value as the socket's parser gives it: ArrayBuffer in browsers, Buffer in Node. Undefined for anything else. */
export function binaryOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return undefined;
}

/** What the coordinator sent as binary. Throws `TypeError` when it is not. */
export function sentBytes(value: unknown): Uint8Array {
  const bytes = binaryOf(value);
  if (!bytes) throw new TypeError("The coordinator's answer is not binary.");
  return bytes;
}

const HEX_DIGITS = new TextEncoder().encode("0123456789abcdef");
/** Arguments of one call: engines have a limit. */
const HEX_CHUNK_BYTES = 4096;

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (let from = 0; from < bytes.byteLength; from += HEX_CHUNK_BYTES) {
    const length = Math.min(HEX_CHUNK_BYTES, bytes.byteLength - from);
    const codes = new Array<number>(2 * length);
    for (let i = 0; i < length; i++) {
      const byte = bytes[from + i] ?? 0;
      codes[2 * i] = HEX_DIGITS[byte >> 4] ?? 0;
      codes[2 * i + 1] = HEX_DIGITS[byte & 15] ?? 0;
    }
    // One flat string: a sum of characters would be flattened again wherever it is compared.
    hex += String.fromCharCode.apply(null, codes);
  }
  return hex;
}

/** Reads lower- or upper-case hexadecimal. Throws `RangeError` on anything else. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) throw new RangeError("not hexadecimal");
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A copy on a buffer of its own, so that a transport which sends whole backing buffers sends only these bytes. */
export function exactBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
