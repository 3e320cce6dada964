/** Reads what somebody sends to its end, hashing it, and no further than it may be long. */
import { createHash } from "node:crypto";
import { IdlewaveError } from "../shared/errors.ts";
import type { BlobHash } from "../shared/ids.ts";

/**
 * Gives `take` each part in turn; answers the SHA-256 of all and how many bytes there were. Throws `too-large`, which names
 * `what`, before it takes a part that goes beyond `limit` bytes, and what the source and `take` throw.
 */
export async function hashed(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
  what: string,
  take?: (part: Uint8Array) => void | Promise<void>,
): Promise<{ hash: BlobHash; bytes: number }> {
  const sha256 = createHash("sha256");
  let bytes = 0;
  for await (const part of source) {
    bytes += part.byteLength;
    if (bytes > limit) throw new IdlewaveError("too-large", { what, bytes: `at least ${bytes}`, limit });
    sha256.update(part);
    await take?.(part);
  }
  return { hash: sha256.digest("hex") as BlobHash, bytes };
}
