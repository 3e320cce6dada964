/**
 * A page of which nothing changes any more, as one row: results, ends, and who computed what for which credit. What only
 * mattered while it was open (networks, assignments, bytes that lost) is left out. Numbers are varints (LEB128).
 *
 *   version u8 = 2 · earliest end f64 · usual credit f64 · hands: count, each: account, statement (0: none) · units: count, each:
 *     slot, less the slot before · u8: end (0 none, 1 final, 2 failed) + 4 × place · ms since the earliest end
 *     final: inline: length, bytes; else digest 32 bytes
 *     replicas: count, each: index of the hand · u8: failed + 2 × outcome + 8 × (credit f64 follows) · GPU microseconds
 *   SHA-256 of all of it
 *
 * Version 1 has no statements.
 */
import { hash } from "node:crypto";
import { numberOf } from "../../shared/numbered.ts";
import { OUTCOMES } from "../../shared/protocol.ts";
import { PAGE_UNITS } from "../core/store.ts";
import { DamagedPage, type PageReplica, type PageResult, type PageUnit } from "./page.ts";
import { Place } from "./records.ts";

const VERSION = 2;
const SUM_BYTES = 32;
const ENDS = [null, "final", "failed"] as const;
/** Bits of a replica's outcome, between the failed bit and the credit's. */
const OUTCOME_BITS = 2;
const OUTCOME_MASK = 2 ** OUTCOME_BITS - 1;
if (OUTCOMES.length > 2 ** OUTCOME_BITS) throw new Error(`${OUTCOMES.length} outcomes do not fit ${OUTCOME_BITS} bits of a packed replica`);

/** Packs what `replay` gave. What is still open becomes void. */
export function pack(units: ReadonlyMap<number, PageUnit>): Uint8Array {
  const slots = [...units.keys()].sort((a, b) => a - b);
  const hands = new Hands();
  let earliest = Number.POSITIVE_INFINITY;
  let usual = 0;
  for (const unit of units.values()) {
    if (unit.ended) earliest = Math.min(earliest, unit.at);
    for (const { account, statement, credit } of unit.replicas) {
      hands.add(account, statement);
      if (usual === 0) usual = credit;
    }
  }
  if (earliest === Number.POSITIVE_INFINITY) earliest = 0;
  const writer = new Writer();
  writer.byte(VERSION);
  writer.double(earliest);
  writer.double(usual);
  writer.varint(hands.list.length);
  for (const { account, statement } of hands.list) {
    writer.varint(account);
    writer.varint(statement);
  }
  writer.varint(slots.length);
  let before = 0;
  for (const slot of slots) {
    const unit = units.get(slot);
    if (!unit) throw new Error(`no unit ${slot}`);
    writer.varint(slot - before);
    before = slot;
    packUnit(writer, unit, earliest, usual, hands);
  }
  writer.raw(hash("sha256", writer.bytes(), "buffer"));
  return writer.bytes();
}

function packUnit(writer: Writer, unit: PageUnit, earliest: number, usual: number, hands: Hands): void {
  const result = unit.ended === "final" ? unit.results[0] : undefined;
  writer.byte(numberOf(unit.ended, ENDS) + 4 * (result?.place ?? 0));
  if (unit.ended) writer.varint(unit.at - earliest);
  if (result?.bytes) {
    writer.varint(result.bytes.byteLength);
    writer.raw(result.bytes);
  } else if (result?.digest) writer.raw(result.digest);
  writer.varint(unit.replicas.length);
  for (const { account, statement, status, outcome, gpuMicros, credit } of unit.replicas) {
    writer.varint(hands.add(account, statement));
    const ended = outcome === "open" ? "void" : outcome;
    writer.byte((status === "failed" ? 1 : 0) + 2 * numberOf(ended, OUTCOMES) + (credit === usual ? 0 : 8));
    if (credit !== usual) writer.double(credit);
    writer.varint(Math.round(gpuMicros));
  }
}

/** Throws `DamagedPage`. */
export function unpack(body: Uint8Array): Map<number, PageUnit> {
  const content = body.subarray(0, Math.max(0, body.byteLength - SUM_BYTES));
  if (!hash("sha256", content, "buffer").equals(body.subarray(content.byteLength))) throw new DamagedPage("its digest is another");
  const reader = new Reader(content);
  const version = reader.byte();
  if (version !== VERSION && version !== 1) throw new DamagedPage(`a packed page of version ${version}`);
  const earliest = reader.double();
  const usual = reader.double();
  const hands = Array.from({ length: reader.varint() }, (): Hand => {
    const account = reader.varint();
    return { account, statement: version === 1 ? 0 : reader.varint() };
  });
  const units = new Map<number, PageUnit>();
  let slot = 0;
  for (let count = reader.varint(); count > 0; count--) {
    slot += reader.varint();
    if (slot >= PAGE_UNITS) throw new DamagedPage(`a page has no unit ${slot}`);
    units.set(slot, unpackUnit(reader, earliest, usual, hands));
  }
  if (reader.left > 0) throw new DamagedPage("bytes after the end of a packed page");
  return units;
}

function unpackUnit(reader: Reader, earliest: number, usual: number, hands: readonly Hand[]): PageUnit {
  const flags = reader.byte();
  const ended = ENDS[flags & 3];
  if (ended === undefined) throw new DamagedPage(`an end of kind ${flags & 3}`);
  const at = ended ? earliest + reader.varint() : 0;
  const results = ended === "final" ? [unpackResult(reader, flags >> 2)] : [];
  const replicas: PageReplica[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    const hand = hands[reader.varint()];
    if (hand === undefined) throw new DamagedPage("a replica of an account that is not listed");
    const bits = reader.byte();
    replicas.push({
      ...hand,
      status: bits & 1 ? "failed" : "ok",
      outcome: OUTCOMES[(bits >> 1) & OUTCOME_MASK] ?? "void",
      credit: bits & 8 ? reader.double() : usual,
      gpuMicros: reader.varint(),
      digest: null,
      sender: null,
    });
  }
  return { ended, due: false, at, replicas, results };
}

function unpackResult(reader: Reader, place: number): PageResult {
  if (place === Place.Inline) return { digest: null, place, bytes: reader.raw(reader.varint()) };
  if (place !== Place.Row && place !== Place.Blob) throw new DamagedPage(`a result in place ${place}`);
  return { digest: reader.raw(32), place, bytes: null };
}

interface Hand {
  account: number;
  statement: number;
}

/** Who has recorded replicas, and under which statements, by their places in the list. A statement is of one account. */
class Hands {
  readonly list: Hand[] = [];
  private readonly places = new Map<number, number>();

  /** Its place, the next one when it is new. */
  add(account: number, statement: number): number {
    const key = statement === 0 ? -account : statement;
    let place = this.places.get(key);
    if (place === undefined) {
      place = this.list.length;
      this.places.set(key, place);
      this.list.push({ account, statement });
    }
    return place;
  }
}

class Writer {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private length = 0;

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  double(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** A whole number below 2^53. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[this.length++] = (rest % 128) + 128;
    this.buffer[this.length++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.byteLength);
    this.buffer.set(bytes, this.length);
    this.length += bytes.byteLength;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.byteLength) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + bytes));
    larger.set(this.bytes());
    this.buffer = larger;
  }
}

class Reader {
  private readonly view: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.view.byteLength - this.at;
  }

  byte(): number {
    return this.view.readUInt8(this.take(1));
  }

  double(): number {
    return this.view.readDoubleLE(this.take(8));
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 49) throw new DamagedPage("a number is too long");
    }
  }

  raw(bytes: number): Uint8Array {
    const from = this.take(bytes);
    return this.view.subarray(from, from + bytes);
  }

  private take(bytes: number): number {
    if (bytes > this.left) throw new DamagedPage("a packed page is cut off");
    const from = this.at;
    this.at += bytes;
    return from;
  }
}
