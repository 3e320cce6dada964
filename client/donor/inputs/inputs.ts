/** A job's inputs by HTTP: its status, its plan, whole files, and the chunks that split files are cut into; every blob is checked. Results too, unchecked. */

import type { JobStatus } from "../../../shared/api.ts";
import { chunkHash, chunkListBytes } from "../../../shared/chunks.ts";
import { type BufferInit, type JobPlan, MAX_PLAN_BYTES, parsePlan } from "../../../shared/plan.ts";
import { messageOf } from "../../../shared/thrown.ts";
import { sha256Hex } from "../digest.ts";
import { BlobCache } from "./blob-cache.ts";

/** Chunks kept in memory; neighbouring units share one. */
const KEPT_CHUNKS = 8;
/** Chunks of one file that are fetched ahead, and units that are looked at for it. */
const AHEAD_CHUNKS = 2;
const AHEAD_UNITS = 256;
/** A request of which nothing has come for so long is as good as no connection. */
const ANSWER_MS = 30_000;
/** All jobs of a coordinator, or one. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Statuses below 500 that time heals. */
const PASSING = new Set([408, 421, 425, 429]);

/**
 * What was fetched is not what its hash or the plan says, or could not be fetched. `transient`: the network's or the
 * coordinator's trouble of this moment, which the same request may not meet again.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly transient: boolean;
  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

type Split = Extract<BufferInit, { kind: "split" }>;

export class Inputs {
  private readonly origin: string;
  private readonly onBytes: (bytes: number) => void;
  private readonly headers: () => Record<string, string>;
  private readonly cache = new BlobCache();
  private readonly chunks = new Map<string, Promise<Uint8Array>>();
  private readonly chunkLists = new Map<string, Promise<Uint8Array>>();

  /** `onBytes`: bytes fetched from the network, as they come. `headers`: of each request, for what not everybody may see. */
  constructor(origin: string, onBytes: (bytes: number) => void = () => undefined, headers: () => Record<string, string> = () => ({})) {
    this.origin = origin;
    this.headers = headers;
    this.onBytes = onBytes;
  }

  async status(job: number): Promise<JobStatus> {
    return (await this.json(`${this.origin}/api/jobs/${job}`, `job ${job}`)) as JobStatus;
  }

  /** All jobs of the coordinator. */
  async jobs(): Promise<JobStatus[]> {
    const { jobs } = (await this.json(`${this.origin}/api/jobs`, "list of jobs")) as { jobs?: JobStatus[] };
    return Array.isArray(jobs) ? jobs : [];
  }

  async plan(hash: string): Promise<JobPlan> {
    const json = new TextDecoder().decode(await this.blob(hash, MAX_PLAN_BYTES));
    try {
      return parsePlan(json);
    } catch (error) {
      throw new InputError(messageOf(error), false);
    }
  }

  /** Whole files that buffers start from, by hash. */
  async files(plan: JobPlan): Promise<Map<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    for (const { init } of plan.buffers) {
      if (init.kind === "file" && !files.has(init.blob)) files.set(init.blob, await this.blob(init.blob, init.byteLength));
    }
    return files;
  }

  /** The unit's piece of each split buffer. */
  async pieces(plan: JobPlan, unit: number): Promise<Map<number, Uint8Array> | undefined> {
    const pieces = new Map<number, Uint8Array>();
    for (const [index, { init }] of plan.buffers.entries()) {
      if (init.kind === "split") pieces.set(index, await this.piece(init, unit));
    }
    return pieces.size > 0 ? pieces : undefined;
  }

  /** The unit's row of the job's table, of which all is fetched so that its hash can be checked; undefined when there is none. */
  async row({ rows }: JobPlan, unit: number): Promise<Uint8Array | undefined> {
    if (!rows) return undefined;
    const table = await this.blob(rows.blob, rows.count * rows.rowBytes);
    return table.subarray(unit * rows.rowBytes, (unit + 1) * rows.rowBytes);
  }

  /** Fetches what these units will need next. Never rejects: who needs it asks again, and then the fault is told. */
  fetchAhead(plan: JobPlan, units: Iterable<number>): void {
    const splits = plan.buffers.flatMap(({ init }) => (init.kind === "split" ? [init] : []));
    if (splits.length === 0) return;
    const most = Math.min(AHEAD_CHUNKS, Math.max(1, Math.floor(KEPT_CHUNKS / splits.length) - 1));
    const ahead = splits.map((init) => ({ init, chunks: new Set<number>() }));
    let looked = 0;
    for (const unit of units) {
      if (++looked > AHEAD_UNITS || ahead.every(({ chunks }) => chunks.size >= most)) break;
      for (const { init, chunks } of ahead) if (chunks.size < most) chunks.add(Math.floor(unit / init.unitsPerChunk));
    }
    for (const { init, chunks } of ahead) for (const chunk of chunks) this.chunk(init, chunk).catch(() => undefined);
  }

  /** Bytes of one blob, at most `limit`, from the browser's cache or the coordinator. */
  async blob(hash: string, limit: number): Promise<Uint8Array> {
    const url = `${this.origin}/blobs/${hash}`;
    const kept = await this.cache.get(url);
    if (kept) {
      if ((await sha256Hex(kept)) === hash) return kept;
      await this.cache.drop(url);
    }
    const name = `blob ${hash.slice(0, 12)}`;
    const bytes = await this.download(url, name, limit);
    if ((await sha256Hex(bytes)) !== hash) throw new InputError(`The coordinator's ${name} arrived damaged.`, false);
    await this.cache.put(url, bytes);
    return bytes;
  }

  /** Result bytes of a unit, at most `limit`, as the coordinator gives them: whoever asks checks that they have this digest. */
  result(job: number, unit: number, digest: string, limit: number): Promise<Uint8Array> {
    return this.download(`${this.origin}/api/jobs/${job}/units/${unit}/bytes?digest=${digest}`, `result of unit ${unit}`, limit);
  }

  private async piece(init: Split, unit: number): Promise<Uint8Array> {
    const chunk = Math.floor(unit / init.unitsPerChunk);
    const bytes = await this.chunk(init, chunk);
    const from = (unit - chunk * init.unitsPerChunk) * init.bytesPerUnit;
    return bytes.subarray(from, Math.min(from + init.bytesPerUnit, bytes.byteLength));
  }

  private chunk(init: Split, chunk: number): Promise<Uint8Array> {
    const key = `${init.chunks}:${chunk}`;
    const known = this.chunks.get(key);
    if (known) {
      this.chunks.delete(key);
      this.chunks.set(key, known);
      return known;
    }
    const bytes = this.fetchChunk(init, chunk);
    this.chunks.set(key, bytes);
    for (const old of [...this.chunks.keys()].slice(0, -KEPT_CHUNKS)) this.chunks.delete(old);
    bytes.catch(() => this.chunks.delete(key));
    return bytes;
  }

  private async fetchChunk(init: Split, chunk: number): Promise<Uint8Array> {
    const chunkBytes = init.unitsPerChunk * init.bytesPerUnit;
    const listBytes = chunkListBytes(Math.ceil(init.fileBytes / chunkBytes));
    let list = this.chunkLists.get(init.chunks);
    if (!list) {
      list = this.blob(init.chunks, listBytes);
      this.chunkLists.set(init.chunks, list);
      list.catch(() => this.chunkLists.delete(init.chunks));
    }
    const hash = chunkHash(await list, chunk);
    if (hash === undefined) throw new InputError(`There is no chunk ${chunk} of the file.`, false);
    return this.blob(hash, chunkBytes);
  }

  private async json(url: string, name: string): Promise<unknown> {
    const bytes = await fetchBytes(url, name, this.headers(), MAX_JSON_BYTES);
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      // A captive portal answers 200 with a page of its own.
      throw new InputError(`Something else than the coordinator answered for its ${name}.`, true);
    }
  }

  private download(url: string, name: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
    return fetchBytes(url, name, this.headers(), limit, this.onBytes);
  }
}

/** `name`: of what is fetched, for people. Rejects with `InputError`: no answer, an answer that says no, one that broke off or stopped, or more than `limit` bytes. */
async function fetchBytes(
  url: string,
  name: string,
  headers: Record<string, string>,
  limit: number,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), ANSWER_MS);
  let why = "The coordinator did not answer.";
  try {
    const response = await fetch(url, { headers, signal: silence.signal });
    if (!response.ok) {
      await response.body?.cancel();
      const { status } = response;
      const said = status === 404 ? `The coordinator has no ${name}` : `The coordinator answered ${status} for its ${name}`;
      throw new InputError(`${said}.`, status >= 500 || PASSING.has(status));
    }
    why = "The coordinator's answer broke off.";
    const parts: BlobPart[] = [];
    let length = 0;
    const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), ANSWER_MS);
      length += step.value.byteLength;
      if (length > limit) {
        await reader.cancel();
        throw new InputError(`The coordinator's ${name} is longer than ${limit} bytes.`, false);
      }
      parts.push(step.value);
      onBytes(step.value.byteLength);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(why, true);
  } finally {
    clearTimeout(timer);
  }
}
