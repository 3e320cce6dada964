// The benchmark's answer in integers alone: `node reference.mjs` prints the sum of all sums of all units. A lane's number goes
// through a fixed chain of maps of 4,096 numbers, so a table a lane says where it ends.
import { pathToFileURL } from "node:url";

export const UNITS = 1125;
const WORKGROUPS = 1000;
const WORKGROUP = 64;
const ROUNDS = 250;
const STEP = [1, 3, 5, 7];
const MODULUS = 4096;

/** By lane at the end: where each number that its chain begins with leads. */
const ends = STEP.map((_, end) =>
  Uint32Array.from({ length: MODULUS }, (_, start) => {
    let value = start;
    for (let round = 0; round < ROUNDS; round++) value = (1229 * value + STEP[(end + ROUNDS - round) % 4]) % MODULUS;
    return value;
  }),
);

/** What each of the unit's workgroups answers: its sum modulo 2^32. */
export function sums(unit) {
  const answer = new Uint32Array(WORKGROUPS);
  for (let lane = 0; lane < WORKGROUPS * WORKGROUP; lane++) answer[Math.floor(lane / WORKGROUP)] += word(lane + 97 * unit, unit);
  return answer;
}

function word(seed, unit) {
  const starts = [seed, seed >>> 3, seed >>> 6, unit];
  const [a, b, c, d] = ends.map((table, end) => table[starts[(end + ROUNDS) % 4] % MODULUS]);
  return a ^ Math.imul(b, 4096) ^ Math.imul(c, 65537) ^ Math.imul(d, 2654435769);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let total = 0n;
  for (let unit = 0; unit < UNITS; unit++) for (const sum of sums(unit)) total += BigInt(sum);
  console.log(String(total));
}
