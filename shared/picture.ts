/**
 * The live picture of a job, polled by pages: `GET /api/jobs/<id>/picture?since=<seq>`. Little-endian:
 * u8 version, u8 reserved, u16 columns, u16 rows, u8 tileWidth, u8 tileHeight, u32 seq, u32 cells, f64 unitsPerCell,
 * f64 units, f64 final, u32 changes, u32 block, u32 unitColumns, then a change: u32 cell, u8 state, u8 share (0 … 255 of its units final),
 * u16 tileBytes, tile (one byte a pixel, 0 … 255 over the job's declared range; in a block of several units 1 … 255, and 0
 * where nothing is verified yet).
 */
import type { PictureGrid } from "./picture-grid.ts";

const PICTURE_VERSION = 2;
/** A job of more units than this shows runs of units as one cell, or of an image blocks. */
export const MAX_CELLS = 4096;
/** A volunteer's own units of a job that are told and drawn, the latest. */
export const MAX_OWN_UNITS = 65_536;
export const MAX_TILE_SIDE = 32;
/** Of a block of several units: the whole picture stays within a megabyte. */
export const MAX_BLOCK_SIDE = 16;
const HEADER_BYTES = 52;

export type CellState = "missing" | "running" | "final";
const CELL_STATES: readonly CellState[] = ["missing", "running", "final"];

export interface PictureCell {
  cell: number;
  state: CellState;
  share: number;
  /** `tileWidth * tileHeight` bytes for an image job, 1 byte (its part of the sum, else its first value) for others, empty when not final. */
  tile: Uint8Array;
}

export interface Picture extends PictureGrid {
  tileWidth: number;
  tileHeight: number;
  /** Pass it as `since` to get only what changed afterwards. */
  seq: number;
  final: number;
  changes: PictureCell[];
}

export function encodePicture(picture: Picture): Uint8Array<ArrayBuffer> {
  let length = HEADER_BYTES;
  for (const change of picture.changes) length += 8 + change.tile.byteLength;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, PICTURE_VERSION);
  view.setUint16(2, picture.columns, true);
  view.setUint16(4, picture.rows, true);
  view.setUint8(6, picture.tileWidth);
  view.setUint8(7, picture.tileHeight);
  view.setUint32(8, picture.seq, true);
  view.setUint32(12, picture.cells, true);
  view.setFloat64(16, picture.unitsPerCell, true);
  view.setFloat64(24, picture.units, true);
  view.setFloat64(32, picture.final, true);
  view.setUint32(40, picture.changes.length, true);
  view.setUint32(44, picture.block, true);
  view.setUint32(48, picture.unitColumns, true);
  let at = HEADER_BYTES;
  for (const change of picture.changes) {
    view.setUint32(at, change.cell, true);
    view.setUint8(at + 4, CELL_STATES.indexOf(change.state));
    view.setUint8(at + 5, Math.round(change.share * 255));
    view.setUint16(at + 6, change.tile.byteLength, true);
    bytes.set(change.tile, at + 8);
    at += 8 + change.tile.byteLength;
  }
  return bytes;
}

/** Throws `RangeError` on bytes of another version or that end too early. */
export function decodePicture(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_BYTES) throw new RangeError("picture ends too early");
  if (view.getUint8(0) !== PICTURE_VERSION) throw new RangeError("picture of another version");
  const changes: PictureCell[] = [];
  const count = view.getUint32(40, true);
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    if (at + 8 > bytes.byteLength) throw new RangeError("picture ends too early");
    const tileBytes = view.getUint16(at + 6, true);
    if (at + 8 + tileBytes > bytes.byteLength) throw new RangeError("picture ends too early");
    changes.push({
      cell: view.getUint32(at, true),
      state: CELL_STATES[view.getUint8(at + 4)] ?? "missing",
      share: view.getUint8(at + 5) / 255,
      tile: bytes.subarray(at + 8, at + 8 + tileBytes),
    });
    at += 8 + tileBytes;
  }
  if (at !== bytes.byteLength) throw new RangeError("picture is longer than its changes");
  return {
    columns: view.getUint16(2, true),
    rows: view.getUint16(4, true),
    tileWidth: view.getUint8(6),
    tileHeight: view.getUint8(7),
    seq: view.getUint32(8, true),
    cells: view.getUint32(12, true),
    unitsPerCell: view.getFloat64(16, true),
    units: view.getFloat64(24, true),
    final: view.getFloat64(32, true),
    block: view.getUint32(44, true),
    unitColumns: view.getUint32(48, true),
    changes,
  };
}
