/** The bytes of journal rows as they lie on the disks of coordinators: a layout that changes has to be migrated. */
import { describe, expect, it } from "vitest";
import { PAGE_UNITS, type Settled } from "../../../server/core/store.ts";
import { JournalWriter, type UnitOp } from "../../../server/store/journal.ts";
import { replayAll } from "../../../server/store/page.ts";
import type { AccountId, JobId, SiteId, StatementId } from "../../../shared/ids.ts";
import type { Outcome } from "../../../shared/protocol.ts";
import { unit } from "./place.ts";

const job = 1 as JobId;
const account = 7 as AccountId;
const digest = "ab".repeat(32);
/** Of another result within the tolerance. */
const near = "ef".repeat(32);
const assignment = "cd".repeat(16);
const third = unit(PAGE_UNITS + 3);
const vote = {
  job,
  unit: third,
  account,
  cluster: "house",
  assignment,
  status: "ok",
  digest,
  gpuMicros: 2,
  credit: 0.5,
  statement: 0 as StatementId,
  at: 1,
} as const;
const settled: Settled[] = [{ account, credit: 0.5, outcome: "final", digest, statement: 0 as StatementId, signed: true }];
const [one, two, half, seven] = ["000000000000f03f", "0000000000000040", "000000000000e03f", "0000000000001c40"];

const RECORDS: [UnitOp, string][] = [
  [{ type: "replica", replica: vote }, `01 ${seven} ${one} ${assignment} 05 686f757365  02 0300 00 ${two} ${half} ${digest}`],
  [{ type: "bytes", job, unit: third, digest, bytes: new Uint8Array([9, 8]) }, `03 0300 ${digest} 00 02000000 0908`],
  [{ type: "final", job, unit: third, digest, audited: "no", settled, at: 2 }, `04 0300 ${two} 0100 01`],
  [{ type: "replica", replica: { ...vote, unit: unit(PAGE_UNITS + 4), status: "failed" } }, `02 0400 01 ${two} ${half} ${digest}`],
  [
    { type: "replica", replica: { ...vote, unit: unit(PAGE_UNITS + 5), statement: 7 as StatementId } },
    `07 ${seven}  02 0500 00 ${two} ${half} ${digest}`,
  ],
  [
    { type: "replica", replica: { ...vote, unit: unit(PAGE_UNITS + 6), site: 7 as SiteId } },
    `01 ${seven} ${one} ${assignment} 05 686f757365  08 ${seven}  07 ${"0".repeat(16)}  02 0600 00 ${two} ${half} ${digest}`,
  ],
  [{ type: "unit-failed", job, unit: unit(PAGE_UNITS + 4), settled, at: 1 }, `05 0400 ${one}`],
  [{ type: "bytes", job, unit: unit(PAGE_UNITS + 5), digest: near, bytes: new Uint8Array([7]) }, `03 0500 ${near} 00 01000000 07`],
  [
    { type: "final", job, unit: unit(PAGE_UNITS + 5), digest: near, audited: "no", settled, at: 2 },
    `09 0500 ${near}  04 0500 ${two} 0100 01`,
  ],
];

describe("a journal row", () => {
  it("has the bytes that coordinators before this one wrote, and is read as what was written", () => {
    const writer = new JournalWriter();
    for (const [op] of RECORDS) writer.write(op);
    const body = Uint8Array.from(writer.body);
    expect(Buffer.from(body).toString("hex")).toBe(RECORDS.map(([, bytes]) => bytes.replaceAll(" ", "")).join(""));
    const bytes = (hex: string) => Buffer.from(hex, "hex");
    const by = {
      account,
      gpuMicros: 2,
      credit: 0.5,
      statement: 0,
      digest: bytes(digest),
      sender: { account, at: 1, assignment: bytes(assignment), cluster: "house" },
    };
    expect([...replayAll([body])]).toEqual([
      [
        3,
        {
          ended: "final",
          due: false,
          at: 2,
          replicas: [{ ...by, status: "ok", outcome: "final" }],
          results: [{ digest: bytes(digest), place: 0, bytes: bytes("0908") }],
        },
      ],
      [4, { ended: "failed", due: false, at: 1, replicas: [{ ...by, status: "failed", outcome: "void" }], results: [] }],
      [
        5,
        {
          ended: "final",
          due: false,
          at: 2,
          replicas: [{ ...by, status: "ok", outcome: "final", statement: 7 }],
          results: [{ digest: bytes(near), place: 0, bytes: bytes("07") }],
          reference: bytes(near),
        },
      ],
      [
        6,
        {
          ended: null,
          due: false,
          at: 0,
          replicas: [{ ...by, status: "ok", outcome: "open", sender: { ...by.sender, site: 7 } }],
          results: [],
        },
      ],
    ]);
  });

  it("is not written with an outcome that has no number", () => {
    const struck = [{ account, credit: 0.5, outcome: "struck" as Outcome, digest }];
    const op = { type: "final", job, unit: third, digest, audited: "no", settled: struck, at: 2 } as UnitOp;
    expect(() => new JournalWriter().write(op)).toThrow("struck is none of open, final, refused, void");
  });
});
