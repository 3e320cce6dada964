import { expect, it } from "vitest";
import { exportResults, MAX_HOLE_BYTES, MAX_WRITTEN_HOLES, needFewHoles } from "../../../shared/export/export.ts";
import { type JobPlan, PLAN_VERSION } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";

const plan: JobPlan = {
  version: PLAN_VERSION,
  slicing: { whole: "It is a test." },
  kernel: "",
  units: { count: 6 },
  buffers: [],
  passes: [],
  outputs: [
    {
      ...{ name: "o", buffer: 0, dtype: "u8", shape: [1, 1], byteLength: 1 },
      reduce: { kind: "image", columns: 2, range: [0, 9], scale: "linear" },
    },
  ],
  overrides: {},
  requires: { features: [], limits: {} },
  seed: "0",
};

it("a picture as json has all its rows, also those without any unit", async () => {
  async function* source() {
    yield { unit: 4, bytes: frame([Uint8Array.of(7)]) };
  }
  let text = "";
  for await (const chunk of exportResults(plan, undefined, "json", source(), { job: 1, name: "x", complete: false }).chunks)
    text += new TextDecoder().decode(chunk);
  expect(JSON.parse(text)).toMatchObject({
    value: [
      [null, null],
      [null, null],
      [7, null],
    ],
    units: 1,
    holes: [
      { start: 0, length: 4 },
      { start: 5, length: 1 },
    ],
  });
});

it("what is written in place of large results is bounded too", () => {
  const tile = plan.outputs[0];
  if (!tile) throw new Error("the plan has an output");
  const large: JobPlan = { ...plan, outputs: [{ ...tile, shape: [1024, 1024], byteLength: 1024 * 1024, reduce: { kind: "concat" } }] };
  expect(() => needFewHoles(large, "o", "npy", MAX_HOLE_BYTES / 1024 ** 2)).not.toThrow();
  expect(() => needFewHoles(large, "o", "npy", MAX_HOLE_BYTES / 1024 ** 2 + 1)).toThrow(
    /1048576 bytes where a result would be, for at most 4096 of them; ndjson/,
  );
  expect(() => needFewHoles(large, "o", "json", MAX_WRITTEN_HOLES)).not.toThrow();
});

it("holes that are written one by one are bounded", () => {
  expect(() => needFewHoles(plan, undefined, "json", MAX_WRITTEN_HOLES)).not.toThrow();
  expect(() => needFewHoles(plan, "o", "csv", MAX_WRITTEN_HOLES + 1)).toThrow("ndjson");
  expect(() => needFewHoles(plan, "o", "ndjson", 1e12)).not.toThrow();
  for (const format of ["csv", "json", "npy"] as const)
    expect(() => needFewHoles(plan, "o", format, 1e12)).toThrow(/1000000000000 units are missing/);
});
