import { describe, expect, test } from "vitest";
import type { JobPlan } from "../../../shared/plan.ts";
import { type Piece, pieces, type SourceUnit } from "../../../shared/reduce/pieces.ts";
import { frame, unframe } from "../../../shared/result.ts";
import { planOf } from "./units.ts";

const plan = planOf("u8", [2], { kind: "concat" }, 1_000_000_000);
const bytes = frame([Uint8Array.of(1, 2)]);

async function read(units: readonly SourceUnit[], of: JobPlan = plan): Promise<Piece[]> {
  async function* source() {
    yield* units;
  }
  const read: Piece[] = [];
  for await (const piece of pieces(of, 0, source())) read.push(piece);
  return read;
}

describe("the pieces of a job", () => {
  test("join failed, missing and trailing units into runs of holes", async () => {
    const found = await read([
      { unit: 2, bytes },
      { unit: 3, bytes: null },
      { unit: 7, bytes },
    ]);
    expect(found).toEqual([
      { hole: { start: 0, length: 2 } },
      { unit: 2, bytes: Uint8Array.of(1, 2) },
      { hole: { start: 3, length: 4 } },
      { unit: 7, bytes: Uint8Array.of(1, 2) },
      { hole: { start: 8, length: 999_999_992 } },
    ]);
  });

  test("refuse units out of order, twice, or outside the job", async () => {
    await expect(
      read([
        { unit: 3, bytes },
        { unit: 2, bytes },
      ]),
    ).rejects.toThrow("unit 2 came after unit 3");
    await expect(
      read([
        { unit: 3, bytes },
        { unit: 3, bytes },
      ]),
    ).rejects.toThrow(RangeError);
    await expect(read([{ unit: 1e9, bytes }])).rejects.toThrow("outside");
  });

  test("take the output that was asked for", async () => {
    const two: JobPlan = {
      ...plan,
      units: { count: 1 },
      outputs: [...plan.outputs, { ...plan.outputs[0]!, name: "other", byteLength: 1 }],
    };
    async function* source() {
      yield { unit: 0, bytes: frame([Uint8Array.of(1, 2), Uint8Array.of(9)]) };
    }
    const found: Piece[] = [];
    for await (const piece of pieces(two, 1, source())) found.push(piece);
    expect(found).toEqual([{ unit: 0, bytes: Uint8Array.of(9) }]);
  });
});

describe("result bytes", () => {
  test("are each output behind its length as u64, little-endian", () => {
    expect([...bytes]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    expect(unframe(plan, bytes)).toEqual([Uint8Array.of(1, 2)]);
  });

  test.each([
    ["too short", bytes.subarray(0, 9)],
    ["empty", new Uint8Array()],
    ["too long", Uint8Array.of(...bytes, 0)],
    ["with another length", frame([Uint8Array.of(1)])],
    ["with a length above 2^53", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 128, 1, 2)],
  ])("that are %s are refused", (_, wrong) => {
    expect(() => unframe(plan, wrong)).toThrow(RangeError);
  });
});
