// The smallest prime factor of 2^p - 1, p an odd prime, below 2^28. Every factor is 2kp + 1 and leaves 1 or 7 by 8.

struct Unit {
  p: u32,
}

@group(0) @binding(0) var<uniform> unit: Unit;
// 2^32 - 1 less the factor: the largest is the smallest factor, and zero is none.
@group(0) @binding(1) var<storage, read_write> best: atomic<u32>;
@group(0) @binding(2) var<storage, read_write> factor: u32;
@group(0) @binding(3) var<storage, read_write> verdict: u32;

const MOST = 1u << 28u;
const NONE = 0xffffffffu;
const WORKGROUP = 64u;

// One invocation tries every so many k; what is larger than a factor that somebody has found by then is left out.
@compute @workgroup_size(WORKGROUP)
fn search(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let step = grid.x * WORKGROUP;
  for (var k = id.x + 1u; k <= (MOST - 2u) / (2u * unit.p); k += step) {
    let q = 2u * k * unit.p + 1u;
    if (NONE - q <= atomicLoad(&best)) {
      return;
    }
    let rest = q % 8u;
    if ((rest == 1u || rest == 7u) && power_of_two(unit.p, q) == 1u) {
      atomicMax(&best, NONE - q);
      return;
    }
  }
}

@compute @workgroup_size(1)
fn finish() {
  let found = atomicLoad(&best);
  factor = select(NONE - found, 0u, found == 0u);
}

// The checker: a number above 1 divides 2^p - 1 when 2^p leaves 1. It is the smallest for all that this can tell.
@compute @workgroup_size(1)
fn check() {
  verdict = select(0u, 1u, factor > 1u && factor < MOST && power_of_two(unit.p, factor) == 1u);
}

// 2^p modulo q, q < 2^28.
fn power_of_two(p: u32, q: u32) -> u32 {
  var value = 1u;
  for (var bit = 32u - countLeadingZeros(p); bit > 0u; bit--) {
    value = square(value, q);
    if (((p >> (bit - 1u)) & 1u) == 1u) {
      value = 2u * value % q;
    }
  }
  return value;
}

// value^2 modulo q, four bits at a time: each sum stays below 2^32.
fn square(value: u32, q: u32) -> u32 {
  var result = 0u;
  for (var shift = 28u; shift > 0u; shift -= 4u) {
    let digit = (value >> (shift - 4u)) & 15u;
    result = ((result << 4u) % q + digit * value % q) % q;
  }
  return result;
}
