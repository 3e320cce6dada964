// Computes the picture of job.json again, in BigInt and with nothing of the kernel's digits, and writes reference.json:
// four points of every tile, and the SHA-256 of all counts. Takes minutes. node reference.mjs
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";

const FRACTION_BITS = 78n;
/** Escaped when the squares of the integer parts sum to this. */
const FAR = 4096n;
/** The way from there to its square in eighths: 4096 to the power of 2^(k/8). */
const EIGHTHS = [1, 2, 3, 4, 5, 6, 7].map((k) => BigInt(Math.round(4096 ** 2 ** (k / 8))));
/** Marks a worker of ours. */
const ROWS = "rows of the reference";

const job = JSON.parse(readFileSync(new URL("job.json", import.meta.url), "utf8"));
const [gridX, gridY] = job.units.grid;
const [height, width] = job.output[0].shape;
const place = job.bindings.tile.set;

/** Steps until the point [column, row] of the whole picture escapes, or the job's limit, in eighths. */
export function iterations(column, row) {
  const left = BigInt(place.left.offset) + BigInt(place.left.scale) * BigInt(Math.floor(column / width));
  const top = BigInt(place.top.offset) + BigInt(place.top.scale) * BigInt(Math.floor(row / height));
  const re = left + BigInt(place.step) * BigInt(column % width);
  const im = top - BigInt(place.step) * BigInt(row % height);
  let x = 0n;
  let y = 0n;
  for (let n = 0; n < place.limit; n++) {
    const xUnits = x >> FRACTION_BITS;
    const yUnits = y >> FRACTION_BITS;
    const reached = xUnits * xUnits + yUnits * yUnits;
    if (reached >= FAR) return 8 * n + EIGHTHS.filter((bound) => reached < bound).length;
    const square = (x * x - y * y) >> FRACTION_BITS;
    y = ((2n * x * y) >> FRACTION_BITS) + im;
    x = square + re;
  }
  return 8 * place.limit;
}

/** All counts of one row of the picture. */
function rowOf(row) {
  return Uint32Array.from({ length: gridX * width }, (_, column) => iterations(column, row));
}

async function write() {
  const rows = new Array(gridY * height);
  let next = 0;
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: ROWS });
      const give = () => (next < rows.length ? worker.postMessage(next++) : worker.terminate().then(resolve));
      worker.on("message", ({ row, counts }) => {
        rows[row] = counts;
        give();
      });
      worker.on("error", reject);
      give();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, work));

  const byRows = createHash("sha256");
  for (const row of rows) byRows.update(row);
  const byUnits = createHash("sha256");
  const pixels = [];
  for (let unit = 0; unit < gridX * gridY; unit++) {
    const x = (unit % gridX) * width;
    const y = Math.floor(unit / gridX) * height;
    for (let row = 0; row < height; row++) byUnits.update(rows[y + row].subarray(x, x + width));
    for (let i = 0; i < 4; i++) {
      // Scattered without a pattern, the same every time.
      const at = (unit * 389 + i * 277 + 101) % (width * height);
      pixels.push([unit, at, rows[y + Math.floor(at / width)][x + (at % width)]]);
    }
  }
  const reference = {
    output: "iterations",
    format: "raw",
    sha256: { byUnits: byUnits.digest("hex"), byRows: byRows.digest("hex") },
    pixelColumns: ["unit", "element", "eighths"],
    pixels,
  };
  writeFileSync(new URL("reference.json", import.meta.url), `${JSON.stringify(reference)}\n`);
}

if (workerData === ROWS) {
  parentPort.on("message", (row) => parentPort.postMessage({ row, counts: rowOf(row) }));
} else if (process.argv[1] === new URL(import.meta.url).pathname) {
  await write();
}
