/** The list of a split file's chunks: a blob of their SHA-256 hashes, one after the other. */
import { toHex } from "./bytes.ts";
import type { BlobHash } from "./ids.ts";
import { DIGEST_BYTES } from "./wire.ts";

/** Bytes of a list of so many chunks. */
export function chunkListBytes(chunks: number): number {
  return DIGEST_BYTES * chunks;
}

/** The hash of chunk `index`, or undefined when the list has none. */
export function chunkHash(list: Uint8Array, index: number): BlobHash | undefined {
  const hash = list.subarray(DIGEST_BYTES * index, DIGEST_BYTES * (index + 1));
  return hash.byteLength === DIGEST_BYTES ? (toHex(hash) as BlobHash) : undefined;
}

/** The hashes of a list, in order. */
export function* chunkHashes(list: Uint8Array): Generator<BlobHash> {
  for (let index = 0, hash = chunkHash(list, 0); hash !== undefined; hash = chunkHash(list, ++index)) yield hash;
}
