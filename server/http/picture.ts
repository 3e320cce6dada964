/** The live picture of one job: what each square shows, and when it last changed. */
import type { UnitIndex } from "../../shared/ids.ts";
import { encodePicture, MAX_BLOCK_SIDE, MAX_CELLS, MAX_TILE_SIDE, type PictureCell } from "../../shared/picture.ts";
import { blocksOf, cellOf, type PictureGrid, unitsIn } from "../../shared/picture-grid.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { shownOutput, tileShape } from "../../shared/tile.ts";
import type { FinalReader } from "./follow.ts";
import { Mosaic } from "./mosaic.ts";
import { shownValue, tileInTurns } from "./tiles.ts";
import { Tones } from "./tones.ts";

const SEQ_MS = 200; // one step of the sequence; nothing refreshes more often
const SEQ_EPOCH = Date.UTC(2026, 0, 1); // a u32 of steps lasts 27 years
const MAX_COLUMNS = 65_535;
const BYTES_PER_CELL = 64;

/**
 * The sequence follows the clock, so that what a page remembers from before a restart is older than anything now.
 */
function sequenceAt(now: number): number {
  return Math.max(1, Math.floor((now - SEQ_EPOCH) / SEQ_MS));
}

export class JobPicture implements FinalReader {
  private readonly plan: JobPlan;
  private readonly isImage: boolean;
  private readonly tile: { width: number; height: number };
  private readonly grid: PictureGrid;
  private readonly cells: number;
  /** Of an image of more units than cells. */
  private readonly mosaic: Mosaic | null;
  /** Pixels to a side of one unit at most. */
  private readonly side: number;
  /** Final units in each cell, the lowest of them, and what it shows. */
  private readonly finals: Float64Array;
  private readonly shownUnit: Float64Array;
  private readonly tiles: (Uint8Array | undefined)[];
  private readonly values: Float64Array;
  private readonly changedAt: Uint32Array;
  private running = new Set<number>();
  private readonly dirty = new Set<number>();
  private readonly tones = new Tones();
  private readonly startSeq: number;
  private currentSeq: number;

  constructor(plan: JobPlan, now: number) {
    const { output, image } = shownOutput(plan);
    this.plan = plan;
    this.isImage = image !== null;
    this.grid = gridOf(plan);
    this.cells = this.grid.cells;
    const unitSide = Math.max(1, Math.floor(MAX_BLOCK_SIDE / this.grid.block));
    this.mosaic = this.grid.block > 1 ? new Mosaic(this.grid, tileShape(output, image, unitSide), MAX_BLOCK_SIDE) : null;
    this.tile = this.mosaic ?? tileShape(output, image);
    this.side = this.mosaic ? unitSide : MAX_TILE_SIDE;
    this.finals = new Float64Array(this.cells);
    this.shownUnit = new Float64Array(this.cells).fill(Number.POSITIVE_INFINITY);
    this.tiles = new Array<Uint8Array | undefined>(this.cells);
    this.values = new Float64Array(this.cells);
    this.changedAt = new Uint32Array(this.cells);
    this.startSeq = sequenceAt(now);
    this.currentSeq = this.startSeq;
  }

  /** What it may come to in memory. */
  get bytes(): number {
    const { width, height } = this.tile;
    return this.cells * (BYTES_PER_CELL + (this.isImage ? width * height : 0)) + (this.mosaic?.bytes ?? 0);
  }

  get seq(): number {
    return this.currentSeq;
  }

  reset(): void {
    this.finals.fill(0);
    this.shownUnit.fill(Number.POSITIVE_INFINITY);
    this.tiles.fill(undefined);
    this.mosaic?.reset();
    this.tones.reset();
    for (let cell = 0; cell < this.cells; cell++) this.dirty.add(cell);
  }

  async unit(unit: UnitIndex, bytes: Uint8Array): Promise<void> {
    if (unit >= this.grid.units) throw new RangeError(`unit ${unit} is outside the job`);
    const cell = cellOf(this.grid, unit);
    const isShown = this.mosaic !== null || unit < (this.shownUnit[cell] ?? 0);
    // Before anything says that it is final: the picture may be asked for meanwhile.
    const tile = isShown && this.isImage ? await tileInTurns(this.plan, bytes, this.side) : undefined;
    this.finals[cell] = (this.finals[cell] ?? 0) + 1;
    this.dirty.add(cell);
    if (!isShown) return;
    if (this.mosaic && tile) return this.mosaic.put(unit, tile);
    this.shownUnit[cell] = unit;
    if (this.isImage) this.tiles[cell] = tile;
    else this.value(cell, shownValue(this.plan, bytes));
  }

  /** Units that are being computed now. */
  leased(units: readonly UnitIndex[]): void {
    const running = new Set(units.map((unit) => cellOf(this.grid, unit)));
    for (const cell of running) if (!this.running.has(cell)) this.dirty.add(cell);
    for (const cell of this.running) if (!running.has(cell)) this.dirty.add(cell);
    this.running = running;
  }

  /** Closes a round of changes: they get the next number of the sequence. */
  commit(now: number): void {
    if (this.dirty.size === 0) return;
    this.currentSeq = Math.max(this.currentSeq + 1, sequenceAt(now));
    for (const cell of this.dirty) this.changedAt[cell] = this.currentSeq;
    this.dirty.clear();
  }

  /** What changed after `since`; everything when `since` is 0 or not of this sequence. */
  encode(since: number, final: number): Uint8Array<ArrayBuffer> {
    const whole = since < this.startSeq || since > this.currentSeq;
    const changes: PictureCell[] = [];
    for (let cell = 0; cell < this.cells; cell++) {
      const change = this.cell(cell);
      // A page that starts knows that all is missing; one that remembers another sequence does not.
      if (since === 0 ? change.state !== "missing" : whole || (this.changedAt[cell] ?? 0) > since) changes.push(change);
    }
    return encodePicture({
      ...this.grid,
      tileWidth: this.tile.width,
      tileHeight: this.tile.height,
      seq: this.currentSeq,
      final,
      changes,
    });
  }

  private cell(cell: number): PictureCell {
    const finals = this.finals[cell] ?? 0;
    if (finals > 0) return { cell, state: "final", share: Math.min(1, finals / unitsIn(this.grid, cell)), tile: this.tileOf(cell) };
    return { cell, state: this.running.has(cell) ? "running" : "missing", share: 0, tile: new Uint8Array(0) };
  }

  private tileOf(cell: number): Uint8Array {
    if (this.mosaic) return this.mosaic.tile(cell);
    if (this.isImage) return this.tiles[cell] ?? new Uint8Array(0);
    return Uint8Array.of(this.tones.of(this.values[cell] ?? 0));
  }

  private value(cell: number, value: number): void {
    this.values[cell] = value;
    if (!this.tones.take(value, () => this.values.filter((_, each) => (this.finals[each] ?? 0) > 0))) return;
    for (let other = 0; other < this.cells; other++) if ((this.finals[other] ?? 0) > 0) this.dirty.add(other);
  }
}

function gridOf(plan: JobPlan): PictureGrid {
  const { image } = shownOutput(plan);
  const { count: units, grid } = plan.units;
  if (image && units > MAX_CELLS) {
    const blocks = blocksOf(units, image.columns, MAX_CELLS);
    return { ...blocks, cells: blocks.columns * blocks.rows, unitsPerCell: blocks.block ** 2, units, unitColumns: image.columns };
  }
  const unitsPerCell = Math.ceil(units / MAX_CELLS);
  const cells = Math.ceil(units / unitsPerCell);
  const square = Math.max(1, Math.ceil(Math.sqrt(cells)));
  const wished = unitsPerCell > 1 ? square : (image?.columns ?? grid?.[0] ?? square);
  const columns = wished <= MAX_COLUMNS ? wished : square;
  const place = image ? { block: 1, unitColumns: columns } : { block: 0, unitColumns: 0 };
  return { columns, rows: Math.ceil(cells / columns), cells, unitsPerCell, units, ...place };
}
