import { describe, expect, it, test } from "vitest";
import { Board, type Square } from "../../../client/widget/board.ts";
import { ownHeight } from "../../../client/widget/square.ts";
import { encodePicture, type Picture, type PictureCell } from "../../../shared/picture.ts";

const JOB = 3;
const all = (board: Board) => Array.from({ length: 48 }, (_, square) => board.square(square));
const final = (cell: number, pixels = 1): PictureCell => ({
  cell,
  state: "final",
  share: 1,
  tile: new Uint8Array(pixels).fill(cell % 256),
});

/** A picture of `columns` by `rows` cells, a unit each. */
function pictureOf(place: Partial<Picture>, changes: PictureCell[]): Uint8Array {
  const { columns = 20, rows = 10 } = place;
  const cells = columns * rows;
  const isImage = (place.tileWidth ?? 1) > 1;
  const grid = { columns, rows, cells, units: cells, unitsPerCell: 1, block: isImage ? 1 : 0, unitColumns: isImage ? columns : 0 };
  return encodePicture({ ...grid, tileWidth: 1, tileHeight: 1, seq: 7, final: 0, ...place, changes });
}

function boardOf(place: Partial<Picture>, changes: PictureCell[]): Board {
  const board = new Board(JOB);
  board.takePicture(pictureOf(place, changes));
  return board;
}

const IMAGE = { columns: 20, rows: 10, tileWidth: 2, tileHeight: 2 };
/** Cells whose tiles are shown: their number is what their pixels say. */
const shown = (board: Board) => all(board).map((square) => square?.tile?.bytes[0] ?? null);
const whole = (columns: number, rows: number) => Array.from({ length: columns * rows }, (_, cell) => final(cell, 4));

describe("the strip of a job that is an image", () => {
  it("shows tiles of one part of it, each in its place", () => {
    const board = boardOf(IMAGE, whole(20, 10));
    const [first = 0] = shown(board);
    expect(shown(board)).toEqual(Array.from({ length: 48 }, (_, at) => (first ?? 0) + 20 * Math.floor(at / 16) + (at % 16)));
  });

  it("shows the part that is half done, the middle of one that is not begun", () => {
    const done = whole(20, 10).filter(({ cell }) => cell < 20 * 8 && cell % 20 < 16);
    expect(shown(boardOf(IMAGE, done)).filter((tile) => tile !== null)).toHaveLength(24);
    const begun = boardOf(IMAGE, []);
    begun.takePicture(pictureOf(IMAGE, whole(20, 10)));
    expect(shown(begun)[0]).toBe(20 * 3 + 2);
  });

  it("has nothing where an image of fewer columns or rows has none", () => {
    const squares = all(boardOf({ ...IMAGE, columns: 5, rows: 2 }, whole(5, 2)));
    expect(squares.filter((square) => square !== null)).toHaveLength(10);
  });

  it("goes where the visitor's newest unit is", () => {
    const board = boardOf(IMAGE, whole(20, 10));
    board.verify([199]);
    expect(shown(board).at(-1)).toBe(199);
    expect(all(board).at(-1)?.own).toBe(1);
    board.takeOwn({ job: JOB, unit: 0, state: "running", progress: 0.4 });
    expect([shown(board)[0], all(board)[0]?.running]).toEqual([0, 0.4]);
    // Another job's are not this one's.
    board.takeOwn({ job: JOB + 1, unit: 199, state: "running", progress: 0 });
    expect(shown(board)[0]).toBe(0);
  });

  it("has the pixels of what the visitor computed before anybody verified it", () => {
    const board = boardOf({ ...IMAGE, columns: 16, rows: 3 }, []);
    board.takeOwn({ job: JOB, unit: 4, state: "waiting", progress: 1, tile: Uint8Array.of(9, 8, 7, 6) });
    board.takeOwn({ job: JOB, unit: 5, state: "waiting", progress: 1 });
    expect(board.square(4)).toMatchObject({ isWaiting: true, own: 0, tile: { bytes: Uint8Array.of(9, 8, 7, 6) } });
    expect(board.square(5)).toMatchObject({ isWaiting: true, own: 0, tile: null });
    board.takePicture(pictureOf({ ...IMAGE, columns: 16, rows: 3, seq: 8 }, [final(4, 4)]));
    board.verify([4]);
    expect(board.square(4)).toMatchObject({ isWaiting: false, own: 1, tile: { bytes: new Uint8Array(4).fill(4) } });
  });

  it("takes what changed since", () => {
    const board = boardOf({ ...IMAGE, columns: 16, rows: 3 }, [final(0, 4)]);
    expect(board.seq).toBe(7);
    board.takePicture(pictureOf({ ...IMAGE, columns: 16, rows: 3, seq: 9 }, [final(5, 4)]));
    expect([board.seq, shown(board).filter((tile) => tile !== null)]).toEqual([9, [0, 5]]);
  });
});

describe("the strip of any other job", () => {
  it("shows all of it, a run of units a square", () => {
    const board = boardOf({ columns: 48, rows: 2 }, [final(0), final(1), final(2), final(95)]);
    const shares = all(board).map((square) => square?.share);
    expect([shares[0], shares[1], shares[2], shares[47]]).toEqual([1, 0.5, 0, 0.5]);
    expect(all(board).every((square) => square?.tile === null)).toBe(true);
  });

  it("has the visitor's own, though they were told before the picture came", () => {
    const board = new Board(JOB);
    board.verify([0, 95]);
    board.takePicture(pictureOf({ columns: 48, rows: 2 }, []));
    expect(board.verify([95])).toBe(false);
    board.verify([1]);
    expect(
      all(board)
        .map((square) => square?.own)
        .filter(Boolean),
    ).toEqual([1, 0.5]);
  });
});

test("a unit of the visitor's runs, waits and is verified, or runs no longer when it is not held", () => {
  const board = boardOf({ columns: 48, rows: 1 }, []);
  const state = (square: number) => {
    const { running, isWaiting, own } = board.square(square) as Square;
    return { running, isWaiting, own };
  };
  for (const [unit, progress] of [
    [4, 0.2],
    [5, 0],
  ] as const)
    board.takeOwn({ job: JOB, unit, state: "running", progress });
  board.hold([4]);
  expect([state(4).running, state(5).running]).toEqual([0.2, null]);
  board.takeOwn({ job: JOB, unit: 4, state: "waiting", progress: 1 });
  expect(state(4)).toEqual({ running: null, isWaiting: true, own: 0 });
  board.takeOwn({ job: JOB, unit: 4, state: "final", progress: 1 });
  expect(state(4)).toEqual({ running: null, isWaiting: false, own: 1 });
  board.takeOwn({ job: JOB, unit: 6, state: "waiting", progress: 1 });
  board.takeOwn({ job: JOB, unit: 6, state: "refused", progress: 1 });
  expect(state(6)).toEqual({ running: null, isWaiting: false, own: 0 });
});

test("a square is yellow by the share that is the visitor's, and enough to be seen", () => {
  expect([0, 0.04, 0.09, 0.5, 1].map((own) => ownHeight(own, 20))).toEqual([0, 3, 3, 10, 20]);
});

test("units of earlier visits are the visitor's in the strip too, and it shows the part where the newest is", () => {
  const board = boardOf({ ...IMAGE, columns: 40, rows: 30 }, whole(40, 30));
  const own = (unit: number, state: "waiting" | "final") => ({ job: JOB, unit, state, progress: 1 });
  const at = 28 * 40 + 39;
  board.takeAll([own(at, "final"), own(at - 1, "waiting"), own(0, "final"), { ...own(5, "final"), job: JOB + 1 }]);
  const squares = all(board);
  expect(squares.filter((square) => square?.own === 1)).toHaveLength(1);
  expect(squares.filter((square) => square?.isWaiting)).toHaveLength(1);
  // Others' squares are no one's.
  expect(squares.filter((square) => square && square.own === 0 && !square.isWaiting).length).toBeGreaterThan(40);
});
