/** A manifest with very many faults, and a table with nothing else, are judged within their time. */
import { expect, it } from "vitest";
import { type Files, job, judgesHere, packageOf, refused } from "./package.ts";

const judges = judgesHere();

const many = (entry: (index: number) => object | number, length = 9_000) =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`b${index}`, entry(index)]));

it.each<[string, Files]>([
  ["bindings that are none", job({ bindings: many(() => 5) })],
  ["bindings with misspelt members", job({ bindings: many(() => ({ int: 1, ste: 2 }), 3_500) })],
  ["bindings with unknown members", job({ bindings: many(() => ({ qqqqq: 1 }), 3_500) })],
  ["names that are none", job({ bindings: Object.fromEntries(Object.keys(many(() => 5)).map((name) => [`- ${name}`, {}])) })],
  [
    "cells that are none",
    job({ units: { rows: "r.csv" }, bindings: { params: { set: { first: "$row.a" } } } }, undefined, {
      "r.csv": `a,b\n${"x,y\n".repeat(500_000)}`,
    }),
  ],
  [
    "cells that do not fit",
    job({ units: { rows: "r.csv" }, bindings: { params: { set: { first: "$row.a", width: "$row.b" } } } }, undefined, {
      "r.csv": `a,b\n${"-1,2.5\n".repeat(500_000)}`,
    }),
  ],
])("%s", async (_, files) => {
  const faults = refused(await judges.admit(packageOf(files)));
  expect(faults.length).toBeLessThanOrEqual(100);
  expect(faults.map(({ wrong }) => wrong).join()).not.toMatch(/could not be judged within|The file has/);
});
