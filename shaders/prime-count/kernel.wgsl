// Counts primes with a segmented sieve of Eratosthenes. A workgroup sieves one segment of 40,000 numbers in its own
// memory, a bit an odd number; segments of that length end exactly at every power of ten from 10^6 on.

struct Range {
  // The unit's first segment: the numbers from 40,000 * first_segment on.
  first_segment: u32,
}

const WORKGROUP = 64u;
// Numbers in a segment, 625 * 64.
const SPAN = 40000u;
const BITS = 20000u;
const WORDS = 625u;
// Primes below this have so many multiples in a segment that the whole workgroup crosses them out together.
const SHARED_BELOW = 256u;

@group(0) @binding(0) var<uniform> range: Range;
// The odd primes up to the square root of the job's end, ascending, each below 2^20: the job may end at 10^12.
@group(0) @binding(1) var<storage, read> base_primes: array<u32>;
// Primes by segment.
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

// Bit i of segment s stands for the number SPAN * s + 2 * i + 1 and is set when that is composite.
var<workgroup> composite: array<atomic<u32>, WORDS>;
var<workgroup> partial_counts: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
  let segment = range.first_segment + workgroup.x;
  for (var word = lane; word < WORDS; word += WORKGROUP) {
    atomicStore(&composite[word], 0u);
  }
  workgroupBarrier();

  let primes = arrayLength(&base_primes);
  var index = 0u;
  while (index < primes && base_primes[index] < SHARED_BELOW) {
    let p = base_primes[index];
    cross_out(first_multiple(segment, p) + lane * p, WORKGROUP * p);
    index++;
  }
  for (index += lane; index < primes; index += WORKGROUP) {
    let p = base_primes[index];
    cross_out(first_multiple(segment, p), p);
  }
  workgroupBarrier();

  // 1 is no prime and 2 has no bit: nobody crosses out the bit of 1, and it counts for 2.
  var count = 0u;
  for (var word = lane; word < WORDS; word += WORKGROUP) {
    count += countOneBits(~atomicLoad(&composite[word]));
  }
  partial_counts[lane] = count;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial_counts[lane] += partial_counts[lane + half];
    }
  }
  if (lane == 0u) {
    counts[workgroup.x] = partial_counts[0];
  }
}

// The bit of the first odd multiple of p in the segment that is not p itself.
fn first_multiple(segment: u32, p: u32) -> u32 {
  // SPAN * segment modulo p, in steps that stay below 2^32.
  let behind = ((((segment % p) * 625u) % p) * 64u) % p;
  var ahead = select(p - behind, 0u, behind == 0u);
  if (ahead % 2u == 0u) {
    ahead += p;
  }
  if (segment <= p / SPAN && SPAN * segment + ahead == p) {
    ahead += 2u * p;
  }
  return ahead / 2u;
}

fn cross_out(first: u32, stride: u32) {
  for (var bit = first; bit < BITS; bit += stride) {
    atomicOr(&composite[bit / 32u], 1u << (bit % 32u));
  }
}
