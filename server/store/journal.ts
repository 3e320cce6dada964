/**
 * A journal row: what one commit did to one page of a job, as records in the core's order. Little-endian.
 *
 *   sender   1  account f64, at f64, assignment 16 bytes, cluster u8 length and UTF-8; of the replicas that follow
 *   replica  2  slot u16, status u8 (0 ok, 1 failed), GPU microseconds f64, credit f64, digest 32 bytes
 *   bytes    3  slot u16, digest 32 bytes, place u8 (Place), length u32, the bytes when they are inline
 *   final    4  slot u16, at f64, replicas u16, the outcome (Outcome) of each in the order they were recorded
 *   failed   5  slot u16, at f64
 */
import type { Outcome } from "../../shared/protocol.ts";
import { INLINE_RESULT_BYTES, MAX_SOCKET_RESULT_BYTES } from "../../shared/wire.ts";
import { PAGE_UNITS, pageOf, type ReplicaRow, type Settled, type StoreOp } from "../core/store.ts";

export const Kind = { Sender: 1, Replica: 2, Bytes: 3, Final: 4, Failed: 5 } as const;
/** Where result bytes are. */
export const Place = { Inline: 0, Row: 1, Blob: 2 } as const;
/** By their numbers on disk. */
export const OUTCOMES: readonly Outcome[] = ["open", "final", "refused", "void"];

/** Result bytes up to this length are kept in the journal and in the packed page: such as ride along with a submit. */
export const MAX_PAGE_BYTES = INLINE_RESULT_BYTES;
/** Longer ones, up to this length, have a row of their own; those beyond are in the blob store. */
export const MAX_ROW_BYTES = MAX_SOCKET_RESULT_BYTES;

const REPLICA_BYTES = 52;
const SENDER_BYTES = 34;
const MAX_CLUSTER_BYTES = 255;

/** The ops that concern one unit of a page. */
export type UnitOp = Extract<StoreOp, { type: "replica" | "bytes" | "final" | "unit-failed" }>;

export class JournalWriter {
  private buffer = Buffer.allocUnsafe(8192);
  private length = 0;
  private sender: ReplicaRow | null = null;

  /** What was written; valid until the next write. */
  get body(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** Throws `RangeError` on bytes that are too many for a row. */
  write(op: UnitOp): void {
    switch (op.type) {
      case "replica":
        this.replica(op.replica);
        return;
      case "bytes":
        this.bytes(op.unit, op.digest, op.bytes);
        return;
      case "final":
        this.final(op.unit, op.at, op.settled);
        return;
      case "unit-failed":
        this.start(Kind.Failed, op.unit, 11);
        this.number(op.at);
        return;
      default:
        op satisfies never;
    }
  }

  private replica(row: ReplicaRow): void {
    const { sender } = this;
    const same = sender?.account === row.account && sender.at === row.at && sender.assignment === row.assignment;
    if (!same || sender.cluster !== row.cluster) this.from(row);
    this.start(Kind.Replica, row.unit, REPLICA_BYTES);
    this.byte(row.status === "ok" ? 0 : 1);
    this.number(row.gpuMicros);
    this.number(row.credit);
    this.hex(row.digest, 32);
  }

  private from(row: ReplicaRow): void {
    const cluster = Buffer.from(row.cluster);
    if (cluster.byteLength > MAX_CLUSTER_BYTES) throw new RangeError(`a cluster's name has ${cluster.byteLength} bytes`);
    this.reserve(SENDER_BYTES + cluster.byteLength);
    this.byte(Kind.Sender);
    this.number(row.account);
    this.number(row.at);
    this.hex(row.assignment, 16);
    this.byte(cluster.byteLength);
    this.raw(cluster);
    this.sender = row;
  }

  private bytes(unit: number, digest: string, bytes: Uint8Array | null): void {
    const place = placeOf(unit, bytes);
    const inline = place === Place.Inline && bytes ? bytes : new Uint8Array(0);
    this.start(Kind.Bytes, unit, 40 + inline.byteLength);
    this.hex(digest, 32);
    this.byte(place);
    this.length = this.buffer.writeUInt32LE(bytes?.byteLength ?? 0, this.length);
    this.raw(inline);
  }

  private final(unit: number, at: number, settled: readonly Settled[]): void {
    this.start(Kind.Final, unit, 13 + settled.length);
    this.number(at);
    this.length = this.buffer.writeUInt16LE(settled.length, this.length);
    for (const { outcome } of settled) this.byte(OUTCOMES.indexOf(outcome));
  }

  private start(kind: number, unit: number, bytes: number): void {
    this.reserve(bytes);
    this.byte(kind);
    this.length = this.buffer.writeUInt16LE(unit - pageOf(unit) * PAGE_UNITS, this.length);
  }

  private byte(value: number): void {
    this.buffer[this.length++] = value;
  }

  private number(value: number): void {
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  private hex(text: string, bytes: number): void {
    const written = this.buffer.write(text, this.length, bytes, "hex");
    if (written !== bytes || text.length !== 2 * bytes) throw new RangeError(`${text} is not ${bytes} bytes in hexadecimal`);
    this.length += bytes;
  }

  private raw(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.length);
    this.length += bytes.byteLength;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + bytes));
    larger.set(this.body);
    this.buffer = larger;
  }
}

/** Where bytes belong. Throws `RangeError` when they are too many for a row. */
export function placeOf(unit: number, bytes: Uint8Array | null): number {
  if (!bytes) return Place.Blob;
  if (bytes.byteLength <= MAX_PAGE_BYTES) return Place.Inline;
  if (bytes.byteLength <= MAX_ROW_BYTES) return Place.Row;
  throw new RangeError(`unit ${unit}: ${bytes.byteLength} bytes are too many for a row`);
}
