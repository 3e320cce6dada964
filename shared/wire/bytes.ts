/** The fields of a frame, little-endian, one after the other. */
import type { UnitIndex, UnitRun } from "../ids.ts";
import { FrameError, MAX_BATCH_UNITS, WIRE_VERSION } from "../wire.ts";

const HEADER_BYTES = 4;

/** Writes little-endian fields into one array whose length is known beforehand. */
export class Writer {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private at = HEADER_BYTES;

  constructor(type: number, bodyBytes: number) {
    this.bytes = new Uint8Array(HEADER_BYTES + bodyBytes);
    this.view = new DataView(this.bytes.buffer);
    this.bytes[0] = WIRE_VERSION;
    this.bytes[1] = type;
  }

  u8(value: number): this {
    this.view.setUint8(this.at, value);
    this.at += 1;
    return this;
  }

  u32(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError(`${value} is no u32`);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }

  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no safe unsigned integer`);
    this.view.setUint32(this.at, value % 2 ** 32, true);
    this.view.setUint32(this.at + 4, Math.floor(value / 2 ** 32), true);
    this.at += 8;
    return this;
  }

  fixed(value: Uint8Array, length: number): this {
    if (value.byteLength !== length) throw new RangeError(`expected ${length} bytes, got ${value.byteLength}`);
    this.bytes.set(value, this.at);
    this.at += length;
    return this;
  }

  block(value: Uint8Array): this {
    return this.u32(value.byteLength).fixed(value, value.byteLength);
  }

  runs(runs: readonly UnitRun[]): this {
    this.u32(runs.length);
    for (const run of runs) this.u64(run.start).u32(run.length);
    return this;
  }

  done(): Uint8Array<ArrayBuffer> {
    if (this.at !== this.bytes.byteLength) throw new RangeError("frame length was miscounted");
    return this.bytes;
  }
}

/** Reads little-endian fields; every read is checked against the input's end. Blocks are views, not copies. */
export class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(what: string): number {
    this.need(1, what);
    return this.view.getUint8(this.at++);
  }

  u32(what: string): number {
    this.need(4, what);
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  u64(what: string): number {
    this.need(8, what);
    const value = this.view.getUint32(this.at, true) + this.view.getUint32(this.at + 4, true) * 2 ** 32;
    if (value > Number.MAX_SAFE_INTEGER) throw new FrameError("bad-frame", `${what} at byte ${this.at} is above 2^53 - 1`);
    this.at += 8;
    return value;
  }

  fixed(what: string, length: number): Uint8Array {
    this.need(length, what);
    const value = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return value;
  }

  block(what: string, limit: number): Uint8Array {
    const length = this.u32(what);
    if (length > limit) throw new FrameError("bad-frame", `${what} at byte ${this.at} has ${length} bytes, at most ${limit} are allowed`);
    return this.fixed(what, length);
  }

  /** A count of things of at least `eachBytes`, checked against a limit and against what is left. */
  count(what: string, limit: number, eachBytes: number): number {
    const count = this.u32(what);
    if (count > limit) throw new FrameError("bad-frame", `${count} ${what}, at most ${limit} are allowed`);
    this.need(count * eachBytes, what);
    return count;
  }

  choice<T>(what: string, choices: readonly T[]): T {
    const index = this.u32(what);
    if (index >= choices.length) throw new FrameError("bad-frame", `${what} ${index} is unknown`);
    return choices[index] as T;
  }

  runs(): UnitRun[] {
    const count = this.count("runs", MAX_BATCH_UNITS, 12);
    const runs: UnitRun[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const start = this.u64("run start") as UnitIndex;
      const length = this.u32("run length");
      total += length;
      if (length === 0 || total > MAX_BATCH_UNITS) throw new FrameError("bad-frame", `run ${i} has ${length} units`);
      runs.push({ start, length });
    }
    return runs;
  }

  end(): void {
    if (this.at !== this.bytes.byteLength) throw new FrameError("bad-frame", `${this.bytes.byteLength - this.at} bytes too many`);
  }

  private need(length: number, what: string): void {
    if (this.at + length > this.bytes.byteLength) throw new FrameError("bad-frame", `it ends inside ${what} at byte ${this.at}`);
  }
}
