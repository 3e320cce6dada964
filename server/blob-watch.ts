/** Which blobs results need or may come to need, while somebody removes those that nobody refers to. */
import type { CoreState } from "./core/state.ts";
import type { StoreOp } from "./core/store.ts";

export interface BlobWatch {
  /** Those of `hashes` that results need or may come to need: their bytes may be arriving at this moment. */
  needed(hashes: ReadonlySet<string>): Set<string>;
  /** Must be called. */
  end(): void;
}

export class BlobWatches {
  private readonly state: CoreState;
  private readonly commits: { unwritten(): Iterable<readonly StoreOp[]> };
  /** Of each watch the blobs that results have come to need since it began. */
  private readonly watches = new Set<Set<string>>();

  constructor(state: CoreState, commits: BlobWatches["commits"]) {
    this.state = state;
    this.commits = commits;
  }

  /**
   * Follows the blobs that open units speak of, and from now on those that are written, of which the store may not know yet.
   * What the store held before is not among them.
   */
  open(): BlobWatch {
    const written = new Set<string>();
    for (const ops of this.commits.unwritten()) collect(ops, written);
    this.watches.add(written);
    return { needed: (hashes) => this.neededOf(hashes, written), end: () => void this.watches.delete(written) };
  }

  note(ops: readonly StoreOp[]): void {
    for (const written of this.watches) collect(ops, written);
  }

  private neededOf(hashes: ReadonlySet<string>, written: ReadonlySet<string>): Set<string> {
    const needed = new Set([...hashes].filter((hash) => written.has(hash)));
    for (const { open } of this.state.jobs.values()) {
      for (const { replicas } of open.values()) for (const { digest } of replicas) if (hashes.has(digest)) needed.add(digest);
    }
    return needed;
  }
}

function collect(ops: readonly StoreOp[], hashes: Set<string>): void {
  for (const op of ops) if (op.type === "bytes" && op.bytes === null) hashes.add(op.digest);
}
