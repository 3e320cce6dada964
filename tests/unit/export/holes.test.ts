import { expect, it } from "vitest";
import { exportResults, MAX_WRITTEN_HOLES, needFewHoles } from "../../../shared/export/export.ts";
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

it("holes that are written one by one are bounded", () => {
  expect(() => needFewHoles(plan, undefined, "json", MAX_WRITTEN_HOLES)).not.toThrow();
  expect(() => needFewHoles(plan, "o", "csv", MAX_WRITTEN_HOLES + 1)).toThrow("ndjson");
  expect(() => needFewHoles(plan, "o", "ndjson", 1e12)).not.toThrow();
});
