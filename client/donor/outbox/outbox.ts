/**
 * Finished results until the coordinator has answered for them. Entries: `submit` (the answer is missing) → gone, or `bytes`
 * (recorded, its bytes are asked for) → gone. Kept in IndexedDB, so that a reload loses nothing; sent at least once, counted
 * once by the coordinator.
 */
import { toHex } from "../../../shared/bytes.ts";
import type { UnitIndex } from "../../../shared/ids.ts";
import { type Frame, INLINE_RESULT_BYTES, MAX_SOCKET_RESULT_BYTES, type ReplicaResult, type Verdict } from "../../../shared/wire.ts";
import { isSound, nextFrame, type OutboxEntry, type OutboxShelf } from "./outbox-entry.ts";
import { RETRY_MS, Retry, throwIfPassing } from "./retry.ts";

/** Results wait this long for others to share their frame. */
const GATHER_MS = 400;
/** Beyond this many they do not wait. */
const GATHER_UNITS = 64;

export interface OutboxPost {
  readonly isUp: boolean;
  /** Sends results of one job; there is one submit at a time. Rejects when the connection is down. */
  submit(job: number, token: Uint8Array, results: ReplicaResult[]): Promise<Frame>;
  /** Signs what was answered and is due. Rejects when that must wait. */
  sign(): Promise<void>;
  /** The same, due or not. */
  signAll(): Promise<void>;
  /** Rejects when the connection is down. */
  request(frame: Frame): Promise<Frame>;
  /** PUT of large results. `later`: try again; `settled`: stored, or not wanted. */
  upload(token: Uint8Array, unit: UnitIndex, bytes: Uint8Array): Promise<"settled" | "later">;
}

export class Outbox {
  private readonly shelf: OutboxShelf;
  private readonly post: OutboxPost;
  private readonly onVerdict: (entry: OutboxEntry, verdict: Verdict) => void;
  private readonly entries = new Map<string, OutboxEntry>();
  /** Keys whose shelf copy is missing or stale, and whether the shelf has one at all. */
  private readonly dirty = new Set<string>();
  private readonly shelved = new Set<string>();
  private writing: Promise<void> | undefined;
  private pumping: Promise<void> | undefined;
  /** Sending was asked for since the pump last looked at the entries. */
  private asked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The timer is a wait that the coordinator, or a failure, asked for: results that are added do not cut it short. */
  private isRetry = false;
  private closed = false;
  private finishing = false;

  constructor(shelf: OutboxShelf, post: OutboxPost, onVerdict: (entry: OutboxEntry, verdict: Verdict) => void) {
    this.shelf = shelf;
    this.post = post;
    this.onVerdict = onVerdict;
  }

  /** Takes up what an earlier page left. */
  async load(): Promise<void> {
    for (const entry of await this.shelf.load()) {
      this.shelved.add(entry.key);
      // What a disk or somebody has damaged could not be sent, and would keep the others from it.
      if (isSound(entry)) this.entries.set(entry.key, entry);
      else this.dirty.add(entry.key);
    }
    await this.persist();
  }

  get count(): number {
    return this.entries.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const entry of this.entries.values()) bytes += entry.bytes.byteLength;
    return bytes;
  }

  get gpuMicros(): number {
    let micros = 0;
    for (const entry of this.entries.values()) if (entry.stage === "submit") micros += entry.gpuMicros;
    return micros;
  }

  /** Puts a finished unit on the shelf and sends it soon. Resolves when it is on the shelf, or the shelf has no room for it. */
  async add(entry: Omit<OutboxEntry, "key" | "stage">): Promise<void> {
    const key = `${entry.job}:${entry.unit}:${toHex(entry.token.subarray(-8))}`;
    this.entries.set(key, { ...entry, key, stage: "submit" });
    this.dirty.add(key);
    if (this.entries.size >= GATHER_UNITS && !this.isRetry) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    await this.persist();
  }

  /** Sends all it can; resolves when nothing more can be sent now. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isRetry = false;
    this.asked = true;
    this.pumping ??= this.pump().finally(() => {
      this.pumping = undefined;
    });
    return this.pumping;
  }

  /** As `flush`, and signs whatever was answered, once all is sent. */
  finish(): Promise<void> {
    this.finishing = true;
    return this.flush();
  }

  /** Sends nothing more; resolves when everything is on the shelf. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.persist();
  }

  private async pump(): Promise<void> {
    while (this.asked) {
      this.asked = false;
      await this.send();
      await this.persist();
    }
  }

  private async send(): Promise<void> {
    while (this.post.isUp && !this.closed) {
      const entries = [...this.entries.values()];
      const submits = entries.filter((entry) => entry.stage === "submit");
      const wanted = entries.find((entry) => entry.stage === "bytes");
      try {
        await this.post.sign();
        if (submits.length > 0) await this.submit(nextFrame(submits));
        else if (wanted) await this.deliver(wanted);
        else {
          if (this.finishing) await this.post.signAll();
          this.finishing = false;
          return;
        }
      } catch (error) {
        this.later(error instanceof Retry ? error.afterMs : RETRY_MS);
        return;
      }
    }
  }

  private later(afterMs: number): void {
    if (this.closed) return;
    // What was asked for while the last attempt failed waits too.
    this.asked = false;
    clearTimeout(this.timer);
    this.isRetry = true;
    this.timer = setTimeout(() => void this.flush(), afterMs);
  }

  private async submit(entries: OutboxEntry[]): Promise<void> {
    const results = entries.map(
      ({ unit, status, gpuMicros, digest, bytes }): ReplicaResult => ({
        unit,
        status,
        gpuMicros: Math.min(0xffff_ffff, Math.round(gpuMicros)),
        digest,
        bytes: bytes.byteLength <= INLINE_RESULT_BYTES ? bytes : new Uint8Array(0),
      }),
    );
    const { job, token } = entries[0] as OutboxEntry;
    const answer = await this.post.submit(job, token, results);
    if (answer.type === "error") {
      throwIfPassing(answer);
      // The coordinator will never take them: a token of another coordinator or account, or a job that is gone.
      for (const entry of entries) this.settle(entry, "refused");
      return;
    }
    if (answer.type !== "answer" || answer.verdicts.length !== entries.length) throw new Retry(RETRY_MS);
    entries.forEach((entry, i) => {
      const verdict = answer.verdicts[i] as Verdict;
      if (verdict === "wanted") {
        this.entries.set(entry.key, { ...entry, stage: "bytes" });
        this.dirty.add(entry.key);
        this.onVerdict(entry, verdict);
      } else this.settle(entry, verdict);
    });
  }

  private async deliver(entry: OutboxEntry): Promise<void> {
    if (entry.bytes.byteLength > MAX_SOCKET_RESULT_BYTES) {
      if ((await this.post.upload(entry.token, entry.unit, entry.bytes)) === "later") throw new Retry(RETRY_MS);
    } else {
      const answer = await this.post.request({ type: "bytes", token: entry.token, unit: entry.unit, bytes: entry.bytes });
      if (answer.type === "error") throwIfPassing(answer);
    }
    this.remove(entry);
  }

  private settle(entry: OutboxEntry, verdict: Verdict): void {
    this.remove(entry);
    this.onVerdict(entry, verdict);
  }

  private remove(entry: OutboxEntry): void {
    this.entries.delete(entry.key);
    this.dirty.add(entry.key);
  }

  /** Brings the shelf up to date; what changes meanwhile goes with the next write, and so does what found no room. */
  private async persist(): Promise<void> {
    while (this.dirty.size > 0) {
      if (this.writing) {
        await this.writing;
        continue;
      }
      const put: OutboxEntry[] = [];
      const remove: string[] = [];
      for (const key of this.dirty) {
        const entry = this.entries.get(key);
        if (entry) put.push(entry);
        else if (this.shelved.has(key)) remove.push(key);
      }
      this.dirty.clear();
      if (put.length + remove.length === 0) return;
      const writing = this.write(put, remove);
      this.writing = writing.then(() => undefined);
      const isWritten = await writing;
      this.writing = undefined;
      if (!isWritten) return;
    }
    await this.writing;
  }

  /** False when the shelf took nothing: a full disk, or storage that is gone. What is in memory is sent all the same, and tried again with the next change. */
  private async write(put: OutboxEntry[], remove: string[]): Promise<boolean> {
    try {
      await this.shelf.write(put, remove);
    } catch {
      for (const key of [...put.map((entry) => entry.key), ...remove]) this.dirty.add(key);
      return false;
    }
    for (const { key } of put) this.shelved.add(key);
    for (const key of remove) this.shelved.delete(key);
    return true;
  }
}
