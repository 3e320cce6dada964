/** One page of a job as the store holds it: its units' replicas, results and ends, in columns. */
import { numberOf } from "../../shared/numbered.ts";
import { OUTCOMES, type Outcome } from "../../shared/protocol.ts";
import { PAGE_UNITS } from "../core/store.ts";
import { DamagedDatabase } from "./damaged.ts";
import { BYTES, DUE, FAILED, FINAL, Kind, Place, REFERENCE, REPLICA, SENDER, SITE, SLOT_AT, STATEMENT } from "./records.ts";

/** A row that no commit of ours can have written. */
export class DamagedPage extends DamagedDatabase {
  override readonly name = "DamagedPage";
}

export interface PageReplica {
  account: number;
  status: "ok" | "failed";
  outcome: Outcome;
  gpuMicros: number;
  credit: number;
  /** 0: none. */
  statement: number;
  /** null in a packed page. */
  digest: Uint8Array | null;
  /** null in a packed page. */
  sender: Sender | null;
}

export interface Sender {
  account: number;
  at: number;
  /** 16 bytes. */
  assignment: Uint8Array;
  cluster: string;
  /** Number of the site whose visitor it said it was. */
  site?: number;
}

export interface PageResult {
  /** null in a packed page whose bytes are inline: it is their SHA-256. */
  digest: Uint8Array | null;
  place: number;
  /** The bytes when they are inline. */
  bytes: Uint8Array | null;
}

export interface PageUnit {
  ended: "final" | "failed" | null;
  /** It has not ended, and the auditor is to compute it. */
  due: boolean;
  /** When it ended, ms. */
  at: number;
  /** Digest of the canonical result, where it is told apart from what the replicas gave. */
  reference?: Uint8Array;
  /** In the order they were recorded. */
  replicas: PageReplica[];
  /** Of a unit that has ended the canonical one first; packed it is the only one. */
  results: PageResult[];
}

/** Brings the units of a page up to date with the next of its journal rows. Throws `DamagedPage`. */
export function replay(units: Map<number, PageUnit>, body: Uint8Array): void {
  try {
    replayRecords(units, body);
  } catch (error) {
    // Every read of a Buffer is checked against its end.
    if (error instanceof RangeError) throw new DamagedPage("a record is cut off", { cause: error });
    throw error;
  }
}

/** The units of a page after all of its journal rows, the oldest first. Throws `DamagedPage`. */
export function replayAll(bodies: Iterable<Uint8Array>): Map<number, PageUnit> {
  const units = new Map<number, PageUnit>();
  for (const body of bodies) replay(units, body);
  return units;
}

function replayRecords(units: Map<number, PageUnit>, body: Uint8Array): void {
  const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  let sender: Sender | null = null;
  let statement = 0;
  while (at < view.byteLength) {
    const kind = view[at] ?? 0;
    if (kind === Kind.Sender) {
      const cluster = at + SENDER.end;
      const end = cluster + view.readUInt8(at + SENDER.clusterBytes);
      sender = {
        account: view.readDoubleLE(at + SENDER.account),
        at: view.readDoubleLE(at + SENDER.at),
        assignment: view.subarray(at + SENDER.assignment, at + SENDER.clusterBytes),
        cluster: view.toString("utf8", cluster, end),
      };
      at = end;
      continue;
    }
    if (kind === Kind.Site) {
      if (!sender) throw new DamagedPage("a site is of nobody");
      sender.site = view.readDoubleLE(at + SITE.id);
      at += SITE.end;
      continue;
    }
    if (kind === Kind.Statement) {
      statement = view.readDoubleLE(at + STATEMENT.id);
      at += STATEMENT.end;
      continue;
    }
    const slot = view.readUInt16LE(at + SLOT_AT);
    const unit = unitAt(units, slot);
    switch (kind) {
      case Kind.Replica:
        record(unit, slot, sender, statement, view, at);
        at += REPLICA.end;
        break;
      case Kind.Bytes: {
        const place = view.readUInt8(at + BYTES.place);
        const inline = at + BYTES.end;
        const end = inline + (place === Place.Inline ? view.readUInt32LE(at + BYTES.length) : 0);
        const bytes = place === Place.Inline ? view.subarray(inline, end) : null;
        unit.results.push({ digest: view.subarray(at + BYTES.digest, at + BYTES.place), place, bytes });
        at = end;
        break;
      }
      case Kind.Due:
        if (unit.ended) throw new DamagedPage(`unit ${slot} of a page has ended and is due`);
        unit.due = true;
        at += DUE.end;
        break;
      case Kind.Reference:
        if (unit.ended) throw new DamagedPage(`unit ${slot} of a page has ended and gets a result`);
        unit.reference = view.subarray(at + REFERENCE.digest, at + REFERENCE.end);
        at += REFERENCE.end;
        break;
      case Kind.Final: {
        const outcomes = at + FINAL.end;
        const next = outcomes + view.readUInt16LE(at + FINAL.replicas);
        end(unit, slot, "final", view.readDoubleLE(at + FINAL.at), view.subarray(outcomes, next));
        at = next;
        break;
      }
      case Kind.Failed:
        end(unit, slot, "failed", view.readDoubleLE(at + FAILED.at), new Uint8Array(unit.replicas.length).fill(numberOf("void", OUTCOMES)));
        at += FAILED.end;
        break;
      default:
        throw new DamagedPage(`a record of kind ${kind}`);
    }
  }
  if (at !== view.byteLength) throw new DamagedPage("a record is cut off");
}

function record(unit: PageUnit, slot: number, sender: Sender | null, statement: number, view: Buffer, at: number): void {
  if (!sender) throw new DamagedPage(`unit ${slot} of a page has a replica of nobody`);
  if (unit.ended) throw new DamagedPage(`unit ${slot} of a page has ended and got a replica`);
  if (unit.replicas.some((other) => other.account === sender.account)) {
    throw new DamagedPage(`unit ${slot} of a page has two replicas of account ${sender.account}`);
  }
  unit.replicas.push({
    account: sender.account,
    status: view.readUInt8(at + REPLICA.status) === 0 ? "ok" : "failed",
    outcome: "open",
    gpuMicros: view.readDoubleLE(at + REPLICA.gpuMicros),
    credit: view.readDoubleLE(at + REPLICA.credit),
    statement,
    digest: view.subarray(at + REPLICA.digest, at + REPLICA.end),
    sender,
  });
}

function end(unit: PageUnit, slot: number, how: "final" | "failed", at: number, outcomes: Uint8Array): void {
  if (unit.ended) throw new DamagedPage(`unit ${slot} of a page has ended twice`);
  if (outcomes.byteLength !== unit.replicas.length || outcomes.some((outcome) => !OUTCOMES[outcome]))
    throw new DamagedPage(`unit ${slot} of a page ended with other replicas than it had`);
  unit.ended = how;
  unit.due = false;
  unit.at = at;
  for (const [index, replica] of unit.replicas.entries()) replica.outcome = OUTCOMES[outcomes[index] ?? 0] ?? "open";
  if (how !== "final") return;
  const winner = canonical(unit, slot);
  unit.results = [winner, ...unit.results.filter((result) => result !== winner)];
}

function canonical(unit: PageUnit, slot: number): PageResult {
  const winner = unit.reference ?? unit.replicas.find((replica) => replica.outcome === "final")?.digest;
  const result = winner && unit.results.find(({ digest }) => digest && Buffer.compare(digest, winner) === 0);
  if (!result) throw new DamagedPage(`unit ${slot} of a page is final without its bytes`);
  return result;
}

function unitAt(units: Map<number, PageUnit>, slot: number): PageUnit {
  if (slot >= PAGE_UNITS) throw new DamagedPage(`a page has no unit ${slot}`);
  let unit = units.get(slot);
  if (!unit) {
    unit = { ended: null, due: false, at: 0, replicas: [], results: [] };
    units.set(slot, unit);
  }
  return unit;
}
