/** Each fault says what to do, in a short sentence. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Judges } from "../../../server/admit/admit.ts";
import { type Files, KERNEL, manifest, openJudges, packageOf, refused } from "./package.ts";

let judges: Judges;
beforeAll(async () => {
  judges = await openJudges();
});
afterAll(() => judges.close());

const told = async (files: Files) =>
  refused(await judges.admit(packageOf(files))).map(({ field, wrong, right }) => `${field ?? ""}|${wrong}|${right}`);

const VECTOR = KERNEL.replace("params: Params;", "params: vec3u;").replaceAll(/params\.(first|width|scale)/g, "params.x");
const vector = (set: unknown): Files => ({ "job.json": manifest({ bindings: { params: { set } } }), "kernel.wgsl": VECTOR });
const body = (text: string): Files => ({
  "job.json": manifest(),
  "kernel.wgsl": KERNEL.replace("  values[id.x] =", `  ${text}\n  values[id.x] =`),
});

it.each<[string, Files, string]>([
  [
    "two unit spaces",
    {
      "job.json": manifest({ units: { rows: "r.csv", count: 6 }, bindings: { params: { set: { first: "$row.a", width: 1, scale: 1 } } } }),
      "kernel.wgsl": KERNEL,
      "r.csv": "a\n1\n",
    },
    "units|count and rows exclude each other.|Keep one of them: count or rows.",
  ],
  [
    "a bare list",
    vector([64, 32, 1]),
    'bindings.params.set|It is a list, where an object is expected.|Write {"": [64, 32, 1]}: "" stands for the whole binding, a member\'s name for that member.',
  ],
  ["a list too short", vector({ "": [64, 32] }), "|The list has 2 elements.|vec3<u32> has 3: add 1 more."],
  ["a list too long", vector({ "": [1, 2, 3, 4, 5] }), "|The list has 5 elements.|vec3<u32> has 3: remove 2."],
  [
    "a call that fits nothing",
    body("_ = select(true, 1u, false);"),
    "|no matching call to 'select(bool, u32, bool)'.|The nearest form is select(T, T, bool) -> T, each T one and the same type: convert",
  ],
  ["operands of two types", body("_ = id.x + 1i;"), "|The nearest form is operator + (T, T) -> T, each T one and the same type: convert"],
  ["a value of another type", body("values[0] = 1.5;"), "to type 'u32'.|Give it the type u32: by u32(…), or by another declaration."],
  ["a member of an array", body("_ = values.x;"), "|Index it with [i]:"],
])("%s", async (_, files, expected) => {
  const [first, ...more] = await told(files);
  expect(more).toEqual([]);
  expect(first).toContain(expected);
});
