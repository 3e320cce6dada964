import { describe, expect, it } from "vitest";
import { GAP_MS, Pulse, RECKON_MS } from "../../../client/widget/pulse.ts";

/** The page's thread is held in `holds`; questions go out at the given times, ms, and are answered as soon as it is free. */
function pulseOf(asked: number[], holds: [from: number, to: number][] = []): Pulse {
  const pulse = new Pulse();
  for (const at of asked) {
    pulse.ask(`q${at}`, at);
    const hold = holds.find(([from, to]) => at >= from && at < to);
    pulse.answer(`q${at}`, hold ? hold[1] : at + 1);
  }
  return pulse;
}

/** From 0 to 1200, at times that a page cannot foresee. */
const ASKED = [0, 70, 190, 260, 395, 480, 600, 665, 790, 900, 960, 1080, 1200];

describe("the thread of a page", () => {
  it.each<[string, [number, number][]]>([
    ["is never held", []],
    ["was held for less than the gap, once", [[500, 680]]],
    ["was held before the time that matters", [[0, 390]]],
  ])("is free when it %s", (_what, holds) => {
    expect(pulseOf(ASKED, holds).between(400, 1_200)).toBe("free");
  });

  it.each<[string, [number, number][]]>([
    ["through the press, all answers in one burst after it", [[650, 1_150]]],
    ["from before the time that matters until into it", [[100, 700]]],
    ["to the end", [[900, 5_000]]],
    ["in slices, free for a moment between two of them", [0, 1, 2, 3, 4, 5].map((slice) => [slice * 200, slice * 200 + 195])],
  ])("is held when it was so %s", (_what, holds) => {
    expect(pulseOf(ASKED, holds).between(400, 1_200)).toBe("held");
  });

  it("is held while it answers nothing, and when it answers what nobody asked, or the same twice", () => {
    const pulse = new Pulse();
    for (const at of ASKED) pulse.ask(`q${at}`, at);
    expect(pulse.between(400, 1_200)).toBe("held");
    for (const value of ["q1", "", null, undefined, 7, "__proto__"]) expect(pulse.answer(value, 1_200)).toBe(false);
    expect(pulse.answer("q0", 1_200)).toBe(true);
    expect(pulse.answer("q0", 1_201)).toBe(false);
    expect(pulse.between(400, 1_200)).toBe("held");
  });

  it("is not known before it was asked, nor from before a pause", () => {
    expect(new Pulse().between(0, 100)).toBe("unasked");
    expect(pulseOf([300, 400, 500]).between(200, 500)).toBe("unasked");
    const pulse = pulseOf(ASKED);
    pulse.clear();
    pulse.ask("again", 1_300);
    expect(pulse.between(400, 1_300)).toBe("unasked");
  });

  it("is held when its answers are late on the average, though each comes within the gap", () => {
    const pulse = (late: number) => {
      const asked = new Pulse();
      for (let at = 0; at < 1_000; at += 100) {
        asked.ask(String(at), at);
        asked.answer(String(at), at + late);
      }
      return asked.between(0, 1_000);
    };
    expect(pulse(50)).toBe("free");
    expect(pulse(51)).toBe("held");
  });

  it("keeps the last 64 questions: what was asked before them is as if it were not", () => {
    const asked = Array.from({ length: 65 }, (_, index) => 100 * index);
    expect(pulseOf(asked).between(100, 6_400)).toBe("free");
    expect(pulseOf(asked).between(0, 6_400)).toBe("unasked");
  });

  it("is held for no longer than the gap, reckoned from the question before to the answer after", () => {
    const pulse = (late: number) => {
      const asked = new Pulse();
      for (const at of [0, 100, 200, 300, 400]) asked.ask(String(at), at);
      for (const at of [0, 100]) asked.answer(String(at), at);
      for (const at of [200, 300, 400]) asked.answer(String(at), Math.max(at, late));
      return asked.between(0, 400);
    };
    expect(pulse(100 + GAP_MS)).toBe("free");
    expect(pulse(101 + GAP_MS)).toBe("held");
  });

  it("is judged by what was answered until then", () => {
    const pulse = pulseOf(ASKED, [[700, 1_150]]);
    expect(pulse.between(0, 690)).toBe("free");
    expect(pulse.between(0, 1_200)).toBe("held");
  });
});

describe("what covers us at a press of 1000", () => {
  const ASKED_AT = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_100, 1_200, 1_300, 1_400];

  it.each<[string, { looks: [begunAt: number, toldAt: number][]; holds?: [number, number][]; reckonedBy: number | null }]>([
    ["by a look just before it", { looks: [[760, 790]], reckonedBy: 1_001 }],
    ["by one after it", { looks: [[1_010, 1_040]], reckonedBy: 1_201 }],
    ["by no look of longer before it than the gap", { looks: [[1_000 - GAP_MS - 1, 760]], reckonedBy: null }],
    [
      "by the first of several",
      {
        looks: [
          [600, 640],
          [750, 800],
          [1_010, 1_040],
        ],
        reckonedBy: 1_001,
      },
    ],
    ["not before an answer that was asked for long enough after its word", { looks: [[760, 1_000 - RECKON_MS + 1]], reckonedBy: 1_101 }],
    ["by the answer that comes after a hold", { looks: [[1_010, 1_040]], holds: [[1_100, 1_350]], reckonedBy: 1_350 }],
    ["never, while nobody looks", { looks: [], reckonedBy: null }],
  ])("was reckoned %s", (_what, { looks, holds, reckonedBy }) => {
    const pulse = pulseOf(ASKED_AT, holds);
    for (const [begunAt, toldAt] of looks) pulse.looked({ begunAt, toldAt });
    expect(pulse.reckonedBy(1_000)).toBe(reckonedBy);
    pulse.clear();
    expect(pulse.reckonedBy(1_000)).toBeNull();
  });
});
