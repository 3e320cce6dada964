/** Tiles to pixels: units are tiles of `shape = [height, width]`, laid out row by row; one row of tiles is held at a time. */
import { DTYPE_BYTES, type ImageReduce, type OutputPlan } from "../plan.ts";
import { concat } from "./concat.ts";
import type { Pieces } from "./pieces.ts";

/** Size of the assembled picture in pixels and in tiles. */
interface ImageSize {
  width: number;
  height: number;
  tileWidth: number;
  tileHeight: number;
  columns: number;
  rows: number;
}

export function imageSize(output: OutputPlan, reduce: ImageReduce, units: number): ImageSize {
  const [tileHeight, tileWidth] = output.shape;
  if (output.shape.length !== 2 || !tileHeight || !tileWidth) throw new RangeError("a picture's tiles have the shape [height, width]");
  const rows = Math.ceil(units / reduce.columns);
  return { width: reduce.columns * tileWidth, height: rows * tileHeight, tileWidth, tileHeight, columns: reduce.columns, rows };
}

/** One row of tiles as pixels. */
interface Band {
  /** Its first pixel row. */
  y: number;
  /** `tileHeight` rows of `width` pixels in the output's dtype, row-major; zeros where a tile is missing. */
  bytes: Uint8Array;
  /** Tile by tile of this row: whether there are pixels. False in a hole and past the last unit. */
  present: boolean[];
}

/** The picture from top to bottom. */
export async function* image(output: OutputPlan, reduce: ImageReduce, units: number, pieces: Pieces): AsyncGenerator<Band> {
  const size = imageSize(output, reduce, units);
  const pixelBytes = DTYPE_BYTES[output.dtype];
  const tileRow = size.tileWidth * pixelBytes;
  const start = (row: number): Band => ({
    y: row * size.tileHeight,
    bytes: new Uint8Array(size.width * size.tileHeight * pixelBytes),
    present: new Array<boolean>(size.columns).fill(false),
  });
  let row = 0;
  let band = start(0);
  for await (const { unit, bytes } of concat(pieces)) {
    const itsRow = Math.floor(unit / size.columns);
    if (itsRow > row) {
      yield band;
      row = itsRow;
      band = start(row);
    }
    if (!bytes) continue;
    const column = unit % size.columns;
    band.present[column] = true;
    for (let y = 0; y < size.tileHeight; y++) {
      band.bytes.set(bytes.subarray(y * tileRow, (y + 1) * tileRow), (y * size.columns + column) * tileRow);
    }
  }
  yield band;
}
