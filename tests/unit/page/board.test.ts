import { describe, expect, test } from "vitest";
import { Board } from "../../../client/page/drawing/board.ts";
import { encodePicture, MAX_OWN_UNITS, type Picture } from "../../../shared/picture.ts";

const NO_TILE = new Uint8Array(0);

function picture(changes: Partial<Picture>): Uint8Array {
  return encodePicture({
    columns: 4,
    rows: 2,
    tileWidth: 2,
    tileHeight: 1,
    seq: 1,
    cells: 8,
    unitsPerCell: 1,
    block: 1,
    unitColumns: 4,
    units: 8,
    final: 0,
    changes: [],
    ...changes,
  });
}

describe("the board", () => {
  test("tells which cells changed, or that all did", () => {
    const board = new Board();
    expect(board.take(picture({}))).toBe("all");
    expect(
      board.take(picture({ seq: 2, final: 1, changes: [{ cell: 5, state: "final", share: 1, tile: new Uint8Array([1, 2]) }] })),
    ).toEqual([5]);
    expect(board.cell(5)).toEqual({ state: "final", share: 1, tile: new Uint8Array([1, 2]) });
    expect(board.cell(4).state).toBe("missing");
    expect([board.seq, board.final]).toEqual([2, 1]);
  });

  test("knows which unit of a run of cells is verified for sure", () => {
    const board = new Board();
    const half = { cell: 1, state: "final" as const, share: 0.5, tile: NO_TILE };
    const whole = { cell: 2, state: "final" as const, share: 1, tile: NO_TILE };
    board.take(picture({ unitsPerCell: 10, block: 0, unitColumns: 0, units: 80, final: 15, changes: [half, whole] }));
    expect(board.verifiedIn(0, 2)).toBeUndefined();
    expect(board.verifiedIn(0, 4)).toBe(20);
    expect(board.verifiedIn(7, 4)).toBeUndefined();
  });

  test("knows of a block which of its units are verified, by their pixels", () => {
    const board = new Board();
    const grid = { columns: 2, rows: 2, cells: 4, unitsPerCell: 4, units: 15, block: 2, unitColumns: 4 };
    // Of the second block the upper units, and of the last one what there is of it.
    const upper = { cell: 1, state: "final" as const, share: 0.5, tile: Uint8Array.of(9, 1, 0, 0) };
    const last = { cell: 3, state: "final" as const, share: 1, tile: Uint8Array.of(5, 5, 5, 0) };
    board.take(picture({ ...grid, tileWidth: 2, tileHeight: 2, final: 5, changes: [upper, last] }));
    expect([board.verifiedAt(1, 0.2, 0.2), board.verifiedAt(1, 0.9, 0.4), board.verifiedAt(1, 0.2, 0.6)]).toEqual([2, 3, undefined]);
    expect([board.verifiedAt(3, 0.6, 0.2), board.verifiedAt(3, 0.9, 0.9), board.verifiedAt(0, 0, 0)]).toEqual([11, undefined, undefined]);
    expect([board.unitsIn(1, 1), board.unitsIn(3, 1)]).toEqual([4, 3]);
    // One's own waits no longer where its pixels are there.
    board.takeKept(1, { final: [], waiting: [3, 7] });
    expect([board.counts().waiting, board.hasUntold]).toEqual([1, true]);
    expect([...board.ownIn(1)].map(({ unit, state }) => [unit, state])).toEqual([
      [3, "final"],
      [7, "waiting"],
    ]);
  });

  test("lets no unit of one's own wait in a finished picture", () => {
    const board = new Board();
    board.take(picture({ final: 7 }));
    board.takeOwn({ job: 1, unit: 3, progress: 1, state: "waiting" });
    expect([board.counts().waiting, [...board.ownIn(3)].length]).toEqual([1, 1]);
    expect(board.take(picture({ seq: 2, final: 8 }))).toBe("all");
    expect([board.counts().waiting, [...board.ownIn(3)].map(({ state }) => state)]).toEqual([0, ["final"]]);
  });

  test("says once that a unit of one's own became final", () => {
    const board = new Board();
    board.take(picture({}));
    const unit = { job: 1, unit: 3, progress: 1 };
    expect(board.takeOwn({ ...unit, state: "waiting" }).becameFinal).toBe(false);
    expect(board.takeOwn({ ...unit, state: "final" })).toEqual({ cell: 3, becameFinal: true });
    expect(board.takeOwn({ ...unit, state: "final" }).becameFinal).toBe(false);
    expect(board.counts()).toEqual({ running: 0, waiting: 0, final: 1 });
  });

  test("draws what waited and is verified as the visitor's at once, and counts it when it is told whose it is", () => {
    const board = new Board();
    board.take(picture({}));
    board.takeOwn({ job: 1, unit: 3, progress: 1, state: "waiting" });
    board.take(picture({ seq: 2, final: 1, changes: [{ cell: 3, state: "final", share: 1, tile: NO_TILE }] }));
    expect(board.counts()).toEqual({ running: 0, waiting: 0, final: 0 });
    expect([...board.ownIn(3)].map(({ state }) => state)).toEqual(["final"]);
    expect(board.takeOwn({ job: 1, unit: 3, progress: 1, state: "final" })).toEqual({ cell: 3, becameFinal: true });
    expect(board.counts().final).toBe(1);
  });

  const verified = (cell: number) => ({ cell, state: "final" as const, share: 1, tile: NO_TILE });

  test("makes what waits and is verified the visitor's own, but for what was refused", () => {
    const board = new Board();
    board.takeKept(1, { final: [], waiting: [2, 3, 4] });
    board.take(picture({}));
    expect(board.hasUntold).toBe(false);
    board.take(picture({ seq: 2, final: 2, changes: [verified(2), verified(3)] }));
    expect([board.hasUntold, board.counts()]).toEqual([true, { running: 0, waiting: 1, final: 0 }]);
    board.settle(new Set([3]));
    expect([board.hasUntold, board.counts()]).toEqual([false, { running: 0, waiting: 1, final: 1 }]);
    expect([2, 3, 4].map((cell) => [...board.ownIn(cell)].map(({ state }) => state))).toEqual([["final"], ["refused"], ["waiting"]]);
  });

  test("says that somebody else is on a square where the visitor's own donor holds none of its units", () => {
    const board = new Board();
    const running = (cell: number) => ({ cell, state: "running" as const, share: 0, tile: NO_TILE });
    board.take(picture({ changes: [running(1), running(2)] }));
    expect([1, 2, 3].map((cell) => board.isElsewhere(cell))).toEqual([true, true, false]);
    expect([...board.takeHeld([2])]).toEqual([2]);
    expect([1, 2, 3].map((cell) => board.isElsewhere(cell))).toEqual([true, false, false]);
    expect([...board.takeHeld([])]).toEqual([2]);
    expect(board.isElsewhere(2)).toBe(true);
  });

  test("knows no running unit that is held no more", () => {
    const board = new Board();
    board.take(picture({}));
    for (const unit of [2, 3]) board.takeOwn({ job: 1, unit, state: "running", progress: 0 });
    expect([...board.takeHeld([3])].toSorted()).toEqual([2, 3]);
    expect([board.counts().running, [...board.ownIn(2)]]).toEqual([1, []]);
  });

  test("lets nothing wait in a job that ended with failed units", () => {
    const board = new Board();
    board.take(picture({ final: 6 }));
    board.takeOwn({ job: 1, unit: 7, progress: 1, state: "waiting" });
    board.done = true;
    expect([board.counts().waiting, [...board.ownIn(7)]]).toEqual([0, []]);
  });

  test("draws what an earlier visit kept, until the donor tells all own units", () => {
    const before = new Board();
    before.take(picture({}));
    before.takeOwn({ job: 1, unit: 2, progress: 1, state: "final" });
    before.takeOwn({ job: 1, unit: 5, progress: 1, state: "waiting" });
    before.takeOwn({ job: 1, unit: 6, progress: 1, state: "refused" });
    before.takeOwn({ job: 1, unit: 7, progress: 0.5, state: "running" });
    expect(before.ownIndices()).toEqual({ final: [2], waiting: [5] });
    const board = new Board();
    board.takeKept(1, before.ownIndices());
    board.take(picture({}));
    expect([board.counts(), board.knowsOwn]).toEqual([{ running: 0, waiting: 1, final: 1 }, false]);
    board.takeAllOwn([{ job: 1, unit: 5, progress: 1, state: "final" }]);
    expect([board.counts().final, board.knowsOwn, [...board.ownIn(2)]]).toEqual([1, true, []]);
  });

  test("counts own units that came before the picture, in the cell of their run", () => {
    const board = new Board();
    board.takeAllOwn([{ job: 1, unit: 777, state: "final", progress: 1 }]);
    board.take(picture({ units: 800, unitsPerCell: 100 }));
    expect([...board.ownIn(7)].map((unit) => unit.unit)).toEqual([777]);
  });

  test("knows no running unit after the donor stopped", () => {
    const board = new Board();
    board.take(picture({}));
    board.takeOwn({ job: 1, unit: 2, state: "running", progress: 0.5 });
    expect(board.stopRunning()).toEqual([2]);
    expect(board.counts().running).toBe(0);
  });

  test("forgets the oldest of very many units that wait, and still counts them", () => {
    const board = new Board();
    board.take(picture({ units: 2 * MAX_OWN_UNITS, unitsPerCell: MAX_OWN_UNITS / 4 }));
    board.takeOwn({ job: 1, unit: 0, state: "running", progress: 0.5 });
    for (let unit = 1; unit <= MAX_OWN_UNITS + 9; unit++) board.takeOwn({ job: 1, unit, state: "waiting", progress: 1 });
    expect(board.counts()).toEqual({ running: 1, waiting: MAX_OWN_UNITS + 9, final: 0 });
    expect([0, 1, 2, 3, 4].reduce((sum, cell) => sum + [...board.ownIn(cell)].length, 0)).toBe(MAX_OWN_UNITS);
    board.takeOwn({ job: 1, unit: 1, state: "final", progress: 1 });
    expect(board.counts()).toEqual({ running: 1, waiting: MAX_OWN_UNITS + 8, final: 1 });
  });

  test.each([
    ["more cells than the format has", { cells: 5_000 }],
    ["tiles that are too large", { tileWidth: 33 }],
    ["a cell that is not there", { changes: [{ cell: 8, state: "final" as const, share: 1, tile: NO_TILE }] }],
  ])("refuses a picture with %s", (_, changes) => {
    expect(() => new Board().take(picture(changes))).toThrow(RangeError);
  });
});
