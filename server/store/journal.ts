/** Writes journal rows (records.ts). */
import { numberOf } from "../../shared/numbered.ts";
import { OUTCOMES } from "../../shared/protocol.ts";
import { INLINE_RESULT_BYTES, MAX_SOCKET_RESULT_BYTES } from "../../shared/wire.ts";
import { PAGE_UNITS, pageOf, type ReplicaRow, type StoreOp } from "../core/store.ts";
import { BYTES, DUE, FAILED, FINAL, Kind, Place, REFERENCE, REPLICA, SENDER, SITE, SLOT_AT, STATEMENT } from "./records.ts";

/** Result bytes up to this length are kept in the journal and in the packed page: such as ride along with a submit. */
export const MAX_PAGE_BYTES = INLINE_RESULT_BYTES;
/** Longer ones, up to this length, have a row of their own; those beyond are in the blob store. */
export const MAX_ROW_BYTES = MAX_SOCKET_RESULT_BYTES;

const MAX_CLUSTER_BYTES = 255;

/** The ops that concern one unit of a page. */
export type UnitOp = Extract<StoreOp, { type: "replica" | "bytes" | "due" | "final" | "unit-failed" }>;

export class JournalWriter {
  private buffer = Buffer.allocUnsafe(8192);
  private length = 0;
  private sender: ReplicaRow | null = null;
  private statement = 0;

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
      case "due":
        this.start(Kind.Due, op.unit, DUE.end);
        return;
      case "final":
        this.final(op);
        return;
      case "unit-failed":
        this.failed(op.unit, op.at);
        return;
      default:
        op satisfies never;
    }
  }

  private replica(row: ReplicaRow): void {
    const { sender } = this;
    const same = sender?.account === row.account && sender.at === row.at && sender.assignment === row.assignment;
    if (!same || sender.cluster !== row.cluster || sender.site !== row.site) this.from(row);
    if (row.statement !== this.statement) this.under(row.statement);
    const begin = this.start(Kind.Replica, row.unit, REPLICA.end);
    this.byte(begin + REPLICA.status, row.status === "ok" ? 0 : 1);
    this.number(begin + REPLICA.gpuMicros, row.gpuMicros);
    this.number(begin + REPLICA.credit, row.credit);
    this.hex(begin + REPLICA.digest, row.digest, REPLICA.end - REPLICA.digest);
  }

  private from(row: ReplicaRow): void {
    const cluster = Buffer.from(row.cluster);
    if (cluster.byteLength > MAX_CLUSTER_BYTES) throw new RangeError(`a cluster's name has ${cluster.byteLength} bytes`);
    const begin = this.reserve(SENDER.end + cluster.byteLength);
    this.byte(begin, Kind.Sender);
    this.number(begin + SENDER.account, row.account);
    this.number(begin + SENDER.at, row.at);
    this.hex(begin + SENDER.assignment, row.assignment, SENDER.clusterBytes - SENDER.assignment);
    this.byte(begin + SENDER.clusterBytes, cluster.byteLength);
    this.buffer.set(cluster, begin + SENDER.end);
    this.sender = row;
    if (row.site === undefined) return;
    const site = this.reserve(SITE.end);
    this.byte(site, Kind.Site);
    this.number(site + SITE.id, row.site);
  }

  private under(statement: number): void {
    const begin = this.reserve(STATEMENT.end);
    this.byte(begin, Kind.Statement);
    this.number(begin + STATEMENT.id, statement);
    this.statement = statement;
  }

  private bytes(unit: number, digest: string, bytes: Uint8Array | null): void {
    const place = placeOf(unit, bytes);
    const inline = place === Place.Inline && bytes ? bytes : new Uint8Array(0);
    const begin = this.start(Kind.Bytes, unit, BYTES.end + inline.byteLength);
    this.hex(begin + BYTES.digest, digest, BYTES.place - BYTES.digest);
    this.byte(begin + BYTES.place, place);
    this.buffer.writeUInt32LE(bytes?.byteLength ?? 0, begin + BYTES.length);
    this.buffer.set(inline, begin + BYTES.end);
  }

  private final({ unit, at, settled, digest }: Extract<UnitOp, { type: "final" }>): void {
    const paid = settled.find(({ outcome }) => outcome === "final");
    if (paid && paid.digest !== digest)
      this.hex(this.start(Kind.Reference, unit, REFERENCE.end) + REFERENCE.digest, digest, REFERENCE.end - REFERENCE.digest);
    const begin = this.start(Kind.Final, unit, FINAL.end + settled.length);
    this.number(begin + FINAL.at, at);
    this.buffer.writeUInt16LE(settled.length, begin + FINAL.replicas);
    for (const [index, { outcome }] of settled.entries()) this.byte(begin + FINAL.end + index, numberOf(outcome, OUTCOMES));
  }

  private failed(unit: number, at: number): void {
    const begin = this.start(Kind.Failed, unit, FAILED.end);
    this.number(begin + FAILED.at, at);
  }

  /** Begins a record of so many bytes about a unit; answers where. */
  private start(kind: number, unit: number, bytes: number): number {
    const begin = this.reserve(bytes);
    this.byte(begin, kind);
    this.buffer.writeUInt16LE(unit - pageOf(unit) * PAGE_UNITS, begin + SLOT_AT);
    return begin;
  }

  private byte(at: number, value: number): void {
    this.buffer[at] = value;
  }

  private number(at: number, value: number): void {
    this.buffer.writeDoubleLE(value, at);
  }

  private hex(at: number, text: string, bytes: number): void {
    const written = this.buffer.write(text, at, bytes, "hex");
    if (written !== bytes || text.length !== 2 * bytes) throw new RangeError(`${text} is not ${bytes} bytes in hexadecimal`);
  }

  private reserve(bytes: number): number {
    const begin = this.length;
    if (begin + bytes > this.buffer.byteLength) {
      const larger = Buffer.allocUnsafe(2 * (begin + bytes));
      larger.set(this.body);
      this.buffer = larger;
    }
    this.length = begin + bytes;
    return begin;
  }
}

/** Where bytes belong. Throws `RangeError` when they are too many for a row. */
export function placeOf(unit: number, bytes: Uint8Array | null): number {
  if (!bytes) return Place.Blob;
  if (bytes.byteLength <= MAX_PAGE_BYTES) return Place.Inline;
  if (bytes.byteLength <= MAX_ROW_BYTES) return Place.Row;
  throw new RangeError(`unit ${unit}: ${bytes.byteLength} bytes are too many for a row`);
}
