/** The bytes of packed pages as they lie on the disks of coordinators. */
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../../server/store/packed.ts";
import { DamagedPage, type PageReplica, type PageUnit } from "../../../server/store/page.ts";
import { OUTCOMES } from "../../../shared/protocol.ts";

/** As coordinators wrote it before there were statements. */
const VERSION_1 = Buffer.from(
  "01000000000070a74000000000000004400207ac0202030100020908020002ac02010c000000000000f83fac0202020501000f0000000000000000ac02fb87c9291efc3b0c98102b44278f7a49bfaed8515bd36953b5c03e8642152d04",
  "hex",
);
const shared = { digest: null, sender: null };
const PAGE = new Map<number, PageUnit>([
  [
    3,
    {
      ...{ ended: "final", due: false, at: 3000 },
      replicas: [
        { ...shared, account: 7, statement: 0, status: "ok", outcome: "final", gpuMicros: 300, credit: 2.5 },
        { ...shared, account: 300, statement: 0, status: "ok", outcome: "refused", gpuMicros: 300, credit: 1.5 },
      ],
      results: [{ digest: null, place: 0, bytes: Buffer.of(9, 8) }],
    },
  ],
  [
    5,
    {
      ...{ ended: "failed", due: false, at: 3005, results: [] },
      replicas: [{ ...shared, account: 7, statement: 0, status: "failed", outcome: "void", gpuMicros: 300, credit: 0 }],
    },
  ],
]);

describe("a packed page", () => {
  it("of the version before is read as what was written", () => {
    expect(unpack(VERSION_1)).toEqual(PAGE);
  });

  it("keeps under which statements its replicas were recorded, of one account under several", () => {
    const under = (statements: readonly number[]) => {
      const at = statements.values();
      const replicaUnder = (replica: PageReplica): PageReplica => ({ ...replica, statement: at.next().value ?? 0 });
      return new Map([...PAGE].map(([slot, unit]) => [slot, { ...unit, replicas: unit.replicas.map(replicaUnder) }]));
    };
    for (const statements of [
      [0, 0, 0],
      [1, 2, 3],
      [2 ** 40, 300, 2 ** 40],
      [0, 7, 0],
      [9, 0, 0],
      [7, 300, 0],
    ])
      expect(unpack(pack(under(statements)))).toEqual(under(statements));
  });

  it("of a later version is not read", () => {
    const later = Buffer.from(pack(PAGE));
    later[0] = 3;
    expect(() => unpack(later)).toThrow(DamagedPage);
  });

  it("has every outcome that a replica ends with, with and without a credit of its own", () => {
    const ended = OUTCOMES.filter((outcome) => outcome !== "open");
    const replicas = [...ended, ...ended].map((outcome, index): PageReplica => {
      const credit = index < ended.length ? 0.5 : 7;
      return { ...shared, account: index, statement: 0, status: "ok", outcome, gpuMicros: 2, credit };
    });
    const result = { digest: null, place: 0, bytes: Buffer.of(9, 8) };
    const page = new Map<number, PageUnit>([[3, { ended: "final", due: false, at: 2, replicas, results: [result] }]]);
    expect(unpack(pack(page)).get(3)?.replicas).toEqual(replicas);
  });
});
