// Writes exponents.csv and reference.json: the primes p below END for which 2^p - 1 has a prime factor below 2^28, and the smallest of each.
// node exponents.mjs END
import { writeFileSync } from "node:fs";

const MOST = 2 ** 28;
const end = Number(process.argv[2]);
if (!Number.isInteger(end) || end < 12 || end > 10_000) {
  console.error("usage: node exponents.mjs END, with 12 <= END <= 10000");
  process.exit(1);
}
const found = [];
for (let p = 11; p < end; p += 2) {
  const factor = isPrime(p) ? smallestFactor(p) : undefined;
  if (factor !== undefined) found.push([p, factor]);
}
const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text);
write("exponents.csv", `p\n${found.map(([p]) => `${p}\n`).join("")}`);
const value = found.map(([, factor]) => [factor]);
write("reference.json", `${JSON.stringify({ output: "factor", format: "json", value, source: "https://oeis.org/A016047" })}\n`);

// A factor q of 2^p - 1, p an odd prime, is 2kp + 1 and leaves 1 or 7 by 8; 2^p - 1 itself is none of its own.
function smallestFactor(p) {
  const prime = 2n ** BigInt(p) - 1n;
  for (let q = 2 * p + 1; q < MOST; q += 2 * p) {
    if ((q % 8 === 1 || q % 8 === 7) && power(p, q) === 1n) return BigInt(q) === prime ? undefined : q;
  }
  return undefined;
}

function power(p, q) {
  const modulus = BigInt(q);
  let value = 1n;
  for (const bit of p.toString(2)) value = (value * value * (bit === "1" ? 2n : 1n)) % modulus;
  return value;
}

function isPrime(n) {
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) return false;
  return n % 2 === 1;
}
