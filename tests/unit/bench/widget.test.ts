import { expect, it } from "vitest";
import { bench } from "./run-bench.ts";

it("measures the vitals of a page with the widget and without it in a real browser; nothing of the page moves", () => {
  const { report, status } = bench("widget", "--tiny", "--json");
  expect(report).toMatchObject({ bench: "widget", machine: expect.stringMatching(/Chrom/) });
  expect(Object.keys(report.goals)).toEqual(["W1", "W2", "W3", "W4"]);
  for (const [name, goal] of Object.entries(report.goals)) {
    expect(goal.note, name).not.toContain("it failed");
    expect(goal.figures.length, name).toBe(1);
  }
  // A page was painted, and its presses were told: each takes 40 ms.
  expect(report.goals.W1?.note).toMatch(/^with it [1-9]/);
  expect(report.goals.W3?.note).toMatch(/^with it (?:[4-9]\d|\d{3}|\d,)/);
  expect(report.goals.W2).toMatchObject({ value: 0, met: true });
  expect(status).toBe(0);
}, 300_000);
