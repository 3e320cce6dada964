/** A coordinator's answers for layout: two jobs, and a picture that is a real Mandelbrot set, half done. */

import type { DonorState } from "../../client/donor/state.ts";
import type { JobStatus, NetworkInfo } from "../../shared/api.ts";
import { encodePicture, type PictureCell } from "../../shared/picture.ts";
import type { PortabilityReport } from "../../shared/portability.ts";
import { equalise } from "../../shared/ramp.ts";

export const COLUMNS = 19;
export const ROWS = 20;
const SIDE = 32;
const MAX_ITERATIONS = 600;

export const SOURCE =
  "@compute @workgroup_size(8, 8)\nfn main(@builtin(global_invocation_id) at: vec3<u32>) {\n  // <script>alert(1)</script>\n}\n";

/** A plan as the page reads it: its kernel, and how that may be cut. */
export const PLAN = JSON.stringify({
  version: 2,
  kernel: `${SOURCE}// and an entry point of its own\n`,
  slicing: { group: 0, binding: 0 },
});

export function job(changes: Partial<JobStatus> = {}): JobStatus {
  return {
    id: 1,
    name: "deep-mandelbrot",
    title: "Deep Mandelbrot",
    for: "an open atlas of the Mandelbrot set",
    description: "",
    noun: "picture",
    answer: "",
    owner: "Idlewave demo",
    state: "running",
    reason: "",
    priority: 1,
    createdAt: "2026-11-01T12:00:00.000Z",
    finishedAt: "",
    plan: "0".repeat(64),
    source: "0".repeat(64),
    floats: false,
    units: { total: COLUMNS * ROWS, final: 0, failed: 0, leased: 0, voted: 0 },
    replicas: { counted: 480, refused: 2 },
    executionsPerUnit: 2.02,
    volunteers: 9,
    unitsPerMinute: 5,
    gpuHours: 0,
    maxGpuHours: null,
    creditPerUnit: 0.2,
    resultBytes: 4_104,
    downloadBytes: { once: 12_000_000, unit: 0 },
    verification: {
      tier: "quorum",
      quorum: 2,
      compare: "exact",
      limits: "Two volunteers who work together and meet on a unit could still pass a wrong result.",
      auditor: "none",
      audited: 0,
      held: 0,
    },
    ...changes,
  };
}

export const primes = (changes: Partial<JobStatus> = {}): JobStatus =>
  job({
    id: 2,
    name: "prime-count",
    title: "Primes below 10^12",
    for: "a check of pi(x) tables",
    noun: "count",
    answer: "Primes below 10^12",
    answerSoFar: "37607912018",
    priority: 0,
    units: { total: 1_000_000, final: 123_456, failed: 0, leased: 90, voted: 100 },
    ...changes,
  });

export const network: NetworkInfo = {
  name: "Idlewave",
  operator: "the Idlewave demo",
  purpose: "It shows what a network of browsers can compute.",
  contact: "demo@example.org",
  source: "https://example.org/idlewave",
  wire: 1,
  version: "0.1.0",
  allowSoftware: false,
  volunteers: 9,
  measures: false,
};

export function donorState(changes: Partial<DonorState> = {}): DonorState {
  return {
    phase: { kind: "running" },
    dose: 0.5,
    slowed: null,
    job: job(),
    publicKey: "ab".repeat(32),
    credit: { escrow: 0.4, final: 3.2 },
    own: { job: 1, waiting: 0, final: 14 },
    units: { submitted: 17, final: 14, refused: 0 },
    gpuSeconds: 372,
    verified: [],
    running: 2,
    unsent: 0,
    gflops: 412,
    secondsPerUnit: 1.9,
    adapter: "acme",
    software: false,
    persisted: true,
    measuring: false,
    ...changes,
  };
}

/** Which cells of `total` are final, so that a share of them is: scattered, the same each time. */
export function finalCells(share: number, total = COLUMNS * ROWS): number[] {
  const cells = Array.from({ length: total }, (_, cell) => cell);
  const rank = (cell: number) => Math.imul(Math.imul(cell + 1, 0x9e3779b1) ^ ((cell + 7) << 13), 0x85ebca6b) >>> 0;
  return cells.toSorted((a, b) => rank(a) - rank(b)).slice(0, Math.round(share * total));
}

let tiles: Uint8Array[] | null = null;

export function picture(share: number): Uint8Array<ArrayBuffer> {
  tiles ??= Array.from({ length: COLUMNS * ROWS }, (_, cell) => tile(cell % COLUMNS, Math.floor(cell / COLUMNS)));
  const final = finalCells(share);
  const changes: PictureCell[] = final.map((cell) => ({ cell, state: "final", share: 1, tile: tiles?.[cell] ?? new Uint8Array(0) }));
  for (const cell of finalCells(Math.min(1, share + 0.03)).slice(final.length)) {
    changes.push({ cell, state: "running", share: 0, tile: new Uint8Array(0) });
  }
  return encodePicture({
    columns: COLUMNS,
    rows: ROWS,
    tileWidth: SIDE,
    tileHeight: SIDE,
    seq: final.length + 1,
    cells: COLUMNS * ROWS,
    unitsPerCell: 1,
    block: 1,
    unitColumns: COLUMNS,
    units: COLUMNS * ROWS,
    final: final.length,
    changes,
  });
}

/** A million units in 4,000 cells: no image, each cell a run of 250. */
export function runs(share: number): Uint8Array<ArrayBuffer> {
  const cells = 4_000;
  const changes: PictureCell[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const part = Math.max(0, Math.min(1, share * cells - cell + (cell % 7) / 20));
    if (part > 0)
      changes.push({
        cell,
        state: part === 1 ? "final" : "running",
        share: part,
        tile: new Uint8Array(part === 1 ? [90 + (cell % 90)] : []),
      });
  }
  return encodePicture({
    columns: 64,
    rows: 63,
    tileWidth: 1,
    tileHeight: 1,
    seq: 9,
    cells,
    unitsPerCell: 250,
    block: 0,
    unitColumns: 0,
    units: 1_000_000,
    final: Math.round(share * 1_000_000),
    changes,
  });
}

/** Units to a row of the large image, and to a side of its blocks. */
export const LARGE_COLUMNS = 114;
export const LARGE_BLOCK = 2;

/** An image of 13,680 units in blocks, of which the first rows are verified. */
export function largePicture(unitRows: number): Uint8Array<ArrayBuffer> {
  const columns = LARGE_COLUMNS / LARGE_BLOCK;
  const rows = (ROWS * LARGE_COLUMNS) / COLUMNS / LARGE_BLOCK;
  const side = 16;
  const grid = { columns, rows, cells: columns * rows, unitsPerCell: LARGE_BLOCK ** 2, units: columns * rows * LARGE_BLOCK ** 2 };
  const changes: PictureCell[] = [];
  for (let cell = 0; cell < Math.ceil(unitRows / LARGE_BLOCK) * columns; cell++) {
    const there = Math.min(LARGE_BLOCK, unitRows - Math.floor(cell / columns) * LARGE_BLOCK);
    const pixels = tile(cell % columns, Math.floor(cell / columns), side, columns).map((tone) => Math.max(1, tone));
    pixels.fill(0, (there * pixels.length) / LARGE_BLOCK);
    changes.push({ cell, state: "final", share: there / LARGE_BLOCK, tile: pixels });
  }
  const final = unitRows * LARGE_COLUMNS;
  return encodePicture({
    ...grid,
    ...{ block: LARGE_BLOCK, unitColumns: LARGE_COLUMNS, tileWidth: side, tileHeight: side, seq: 3, final, changes },
  });
}

function tile(column: number, row: number, side = SIDE, columns = COLUMNS): Uint8Array {
  const bytes = new Uint8Array(side * side);
  const step = 0.03 / (columns * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const re = -0.7463 + (column * side + x - (columns * side) / 2) * step;
      const im = 0.1102 + (row * side + y - (((ROWS * columns) / COLUMNS) * side) / 2) * step;
      bytes[y * side + x] = equalise(iterations(re, im), [20, MAX_ITERATIONS], "log");
    }
  }
  return bytes;
}

function iterations(re: number, im: number): number {
  let x = 0;
  let y = 0;
  for (let n = 0; n < MAX_ITERATIONS; n++) {
    const next = x * x - y * y + re;
    y = 2 * x * y + im;
    x = next;
    if (x * x + y * y > 16) return n;
  }
  return MAX_ITERATIONS;
}

/** Two kinds of GPUs, one of which was wrong. */
export const PORTABILITY: PortabilityReport = {
  ...{ job: 1, compare: "exact", proven: 2, untold: 0 },
  kinds: [
    { kind: "gpu", vendor: "nvidia", architecture: "ampere", browser: "chromium", os: "windows", hosts: 4 },
    { kind: "gpu", vendor: "arm", architecture: "valhall", browser: "chromium", os: "android", hosts: 3 },
  ],
  pairs: [
    {
      ...{ kinds: [0, 1], same: 7, alike: 0, taken: 0, undecided: 0 },
      differed: [{ right: 0, deviating: 1, units: 5, hosts: 3, examples: [] }],
    },
  ],
};
