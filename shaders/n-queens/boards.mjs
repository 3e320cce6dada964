// Writes boards.csv: every board of N columns with queens in its first two rows that do not attack each other.
// node boards.mjs N
import { writeFileSync } from "node:fs";

const n = Number(process.argv[2]);
if (!Number.isInteger(n) || n < 6 || n > 31) {
  console.error("usage: node boards.mjs N, with 6 <= N <= 31");
  process.exit(1);
}
const all = 2 ** n - 1;
const lines = ["columns,rising,falling"];
for (let first = 0; first < n; first++) {
  for (let second = 0; second < n; second++) {
    if (Math.abs(first - second) < 2) continue;
    const columns = 2 ** first + 2 ** second;
    const rising = (2 ** first * 4 + 2 ** second * 2) % (all + 1);
    const falling = Math.floor(2 ** first / 4) + Math.floor(2 ** second / 2);
    lines.push(`${columns},${rising},${falling}`);
  }
}
writeFileSync(new URL("boards.csv", import.meta.url), `${lines.join("\n")}\n`);
