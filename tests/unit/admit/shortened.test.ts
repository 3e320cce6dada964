/** However long an owner's names and expressions are, the way out at a message's end is whole. */
import { expect, it } from "vitest";
import { quoted, shortened } from "../../../server/admit/shortened.ts";
import { heard, job, judgesHere, KERNEL, packageOf, refused } from "./package.ts";

const judges = judgesHere();

const LONG = `values_${"of_a_long_name_".repeat(40)}`;
const long = KERNEL.replaceAll("values", LONG);
const output = (shape: number) => ({ output: [{ binding: LONG, dtype: "u32", shape: [shape] }] });

it("of a store beyond the end by a long expression", async () => {
  const index = `id.x + 1u${" + 0u".repeat(200)}`;
  const words = heard(await judges.admit(packageOf(job(output(64), long.replace("[id.x]", `[${index}]`)))));
  const [warning = ""] = words.filter((text) => text.includes("with indices up to"));
  expect(warning).toMatch(
    /main stores values_of_\S+… ?\S* .*with indices up to 64, .*…\S* has 64 elements.* Keep the index below 64, or make the array 65 long, by output\[0\]\.shape in job\.json\.$/,
  );
  expect(warning.length).toBeLessThan(800);
});

it("of a fault", async () => {
  const faults = refused(await judges.admit(packageOf(job({ bindings: { [`${LONG}s`]: { elements: 4 } }, ...output(64) }, long))));
  const fault = faults.find(({ field }) => field === `bindings.${LONG}s`);
  expect(fault?.wrong).toMatch(/^The kernel has no binding values_of_\S+…\S+\.$/);
  expect(fault?.right).toMatch(/^The kernel has params, values_of_\S+…\S+\.$/);
});

it.each([
  ["words of ours", "Let it be 25 or 50, or set a number of the kernel. ".repeat(20)],
  ["one word", "x".repeat(120)],
])("%s are kept", (_, text) => {
  expect(shortened(text)).toBe(text);
});

it("a word beyond the limit keeps its beginning and its end, an expression is one line", () => {
  expect(shortened(`It is a${"b".repeat(200)}c.`)).toMatch(/^It is ab{78}…b{38}c\.$/);
  expect(quoted(`out[i +\n   1u]`)).toBe("out[i + 1u]");
  expect(quoted("1u + ".repeat(50))).toHaveLength(60);
});
