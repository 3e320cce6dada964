/** Blobs as the shell sees them: beside the store (store.ts), which refers to them by their hashes. */
import type { BlobHash } from "../../shared/ids.ts";

/** Bytes on disk that are no blob yet: after `keep` they are, after `drop` or a restart they never were. */
export interface HeldBlob {
  hash: BlobHash;
  bytes: number;
  /** Durable when it resolves. */
  keep(): Promise<void>;
  /** Does nothing after `keep`. */
  drop(): Promise<void>;
  /** Before `keep` and `drop` alone. */
  stream(): NodeJS.ReadableStream;
}

/** Content-addressed bytes on disk. */
export interface BlobStore {
  /** Durable when it resolves. */
  put(bytes: Uint8Array): Promise<BlobHash>;
  /**
   * Takes a stream, hashing while it writes. Rejects with `too-large`, which names `what`, as soon as it is longer than
   * `limit` bytes, and with the stream's own error when that fails; nothing stays behind.
   */
  hold(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit: number, what?: string): Promise<HeldBlob>;
  get(hash: BlobHash): Promise<Uint8Array | undefined>;
  size(hash: BlobHash): Promise<number | undefined>;
  /** Opens a readable stream of `[from, to)`. */
  stream(hash: BlobHash, from?: number, to?: number): NodeJS.ReadableStream;
  /** False when there was none. Nothing may refer to it any more: whoever removes it knows that. */
  remove(hash: BlobHash): Promise<boolean>;
}
