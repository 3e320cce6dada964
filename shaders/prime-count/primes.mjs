// Writes primes.bin: the odd primes up to the square root of END as little-endian u32, for a job that counts below END.
// node primes.mjs END
import { writeFileSync } from "node:fs";

const end = Number(process.argv[2]);
if (!Number.isSafeInteger(end) || end < 1e6 || end > 1e12) {
  console.error("usage: node primes.mjs END, with 10^6 <= END <= 10^12");
  process.exit(1);
}
const root = Math.floor(Math.sqrt(end));
const primes = [];
for (let n = 3; n <= root; n += 2) if (isPrime(n)) primes.push(n);
const bytes = new DataView(new ArrayBuffer(4 * primes.length));
for (const [index, prime] of primes.entries()) bytes.setUint32(4 * index, prime, true);
writeFileSync(new URL("primes.bin", import.meta.url), bytes);

function isPrime(n) {
  for (const p of primes) {
    if (p * p > n) return true;
    if (n % p === 0) return false;
  }
  return true;
}
