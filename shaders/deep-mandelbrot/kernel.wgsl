// Escape counts of z -> z * z + c in eighths of a step, 96-bit fixed point with 78 bits after the point. Integers only,
// so every GPU counts the same.
//
// Inside the loop a number is seven digits of 13 bits, least significant first: digits 0 to 5 are the fraction and
// never negative, digit 6 is the integer part and has the sign. Thirteen bits, because then a whole column of a
// product, doubled (twelve products of 26 bits), fits an i32, and a column is carried once. Each digit is a variable
// of its own: an array would be indexed in memory instead of kept in registers.

struct Tile {
  // Top left pixel and the distance of two pixels: 96 bits, two's complement, least significant word first.
  left: array<u32, 3>,
  top: array<u32, 3>,
  step: array<u32, 3>,
  // A point that has not escaped after this many iterations counts as one that never does.
  limit: u32,
}

@group(0) @binding(0) var<storage, read> tile: Tile;
@group(0) @binding(1) var<storage, read_write> iterations: array<u32>;

const SIDE = 32u;
const MASK = 0x1fffi;
// Escaped when the squares of the integer parts sum to this: radius 64, far enough for round level lines.
const FAR = 4096i;
// From one step to the next a far z is squared. 4096 to the power of 2^(k/8) cuts the way from 64 to 64 * 64 in eighths.
const EIGHTHS = array<i32, 7>(8696, 19763, 48378, 128425, 372409, 1189162, 4217910);

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) pixel: vec3<u32>) {
  if (pixel.x >= SIDE || pixel.y >= SIDE) {
    return;
  }
  let step = vec3<u32>(tile.step[0], tile.step[1], tile.step[2]);
  let re = sum(vec3<u32>(tile.left[0], tile.left[1], tile.left[2]), times(step, pixel.x));
  let im = sum(vec3<u32>(tile.top[0], tile.top[1], tile.top[2]), negative(times(step, pixel.y)));
  iterations[pixel.y * SIDE + pixel.x] = escape(re, im);
}

fn escape(re: vec3<u32>, im: vec3<u32>) -> u32 {
  let a0 = i32(re.x) & MASK;
  let a1 = i32(re.x >> 13u) & MASK;
  let a2 = i32((re.x >> 26u) | (re.y << 6u)) & MASK;
  let a3 = i32(re.y >> 7u) & MASK;
  let a4 = i32((re.y >> 20u) | (re.z << 12u)) & MASK;
  let a5 = i32(re.z >> 1u) & MASK;
  let a6 = i32(re.z) >> 14u;
  let b0 = i32(im.x) & MASK;
  let b1 = i32(im.x >> 13u) & MASK;
  let b2 = i32((im.x >> 26u) | (im.y << 6u)) & MASK;
  let b3 = i32(im.y >> 7u) & MASK;
  let b4 = i32((im.y >> 20u) | (im.z << 12u)) & MASK;
  let b5 = i32(im.z >> 1u) & MASK;
  let b6 = i32(im.z) >> 14u;

  var x0 = 0i; var x1 = 0i; var x2 = 0i; var x3 = 0i; var x4 = 0i; var x5 = 0i; var x6 = 0i;
  var y0 = 0i; var y1 = 0i; var y2 = 0i; var y3 = 0i; var y4 = 0i; var y5 = 0i; var y6 = 0i;
  var n = 0u;
  while (n < tile.limit && x6 * x6 + y6 * y6 < FAR) {
    // The columns of x * x - y * y; those below column 6 lie under the last bit and only carry.
    var s = x0 * x0 - y0 * y0;
    s = (s >> 13u) + 2 * (x0 * x1 - y0 * y1);
    s = (s >> 13u) + 2 * (x0 * x2 - y0 * y2) + x1 * x1 - y1 * y1;
    s = (s >> 13u) + 2 * (x0 * x3 + x1 * x2 - y0 * y3 - y1 * y2);
    s = (s >> 13u) + 2 * (x0 * x4 + x1 * x3 - y0 * y4 - y1 * y3) + x2 * x2 - y2 * y2;
    s = (s >> 13u) + 2 * (x0 * x5 + x1 * x4 + x2 * x3 - y0 * y5 - y1 * y4 - y2 * y3);
    let s0 = (s >> 13u) + 2 * (x0 * x6 + x1 * x5 + x2 * x4 - y0 * y6 - y1 * y5 - y2 * y4) + x3 * x3 - y3 * y3 + a0;
    let s1 = (s0 >> 13u) + 2 * (x1 * x6 + x2 * x5 + x3 * x4 - y1 * y6 - y2 * y5 - y3 * y4) + a1;
    let s2 = (s1 >> 13u) + 2 * (x2 * x6 + x3 * x5 - y2 * y6 - y3 * y5) + x4 * x4 - y4 * y4 + a2;
    let s3 = (s2 >> 13u) + 2 * (x3 * x6 + x4 * x5 - y3 * y6 - y4 * y5) + a3;
    let s4 = (s3 >> 13u) + 2 * (x4 * x6 - y4 * y6) + x5 * x5 - y5 * y5 + a4;
    let s5 = (s4 >> 13u) + 2 * (x5 * x6 - y5 * y6) + a5;
    let s6 = (s5 >> 13u) + x6 * x6 - y6 * y6 + a6;

    // The columns of 2 * x * y.
    var p = 2 * (x0 * y0);
    p = (p >> 13u) + 2 * (x0 * y1 + x1 * y0);
    p = (p >> 13u) + 2 * (x0 * y2 + x1 * y1 + x2 * y0);
    p = (p >> 13u) + 2 * (x0 * y3 + x1 * y2 + x2 * y1 + x3 * y0);
    p = (p >> 13u) + 2 * (x0 * y4 + x1 * y3 + x2 * y2 + x3 * y1 + x4 * y0);
    p = (p >> 13u) + 2 * (x0 * y5 + x1 * y4 + x2 * y3 + x3 * y2 + x4 * y1 + x5 * y0);
    let p0 = (p >> 13u) + 2 * (x0 * y6 + x1 * y5 + x2 * y4 + x3 * y3 + x4 * y2 + x5 * y1 + x6 * y0) + b0;
    let p1 = (p0 >> 13u) + 2 * (x1 * y6 + x2 * y5 + x3 * y4 + x4 * y3 + x5 * y2 + x6 * y1) + b1;
    let p2 = (p1 >> 13u) + 2 * (x2 * y6 + x3 * y5 + x4 * y4 + x5 * y3 + x6 * y2) + b2;
    let p3 = (p2 >> 13u) + 2 * (x3 * y6 + x4 * y5 + x5 * y4 + x6 * y3) + b3;
    let p4 = (p3 >> 13u) + 2 * (x4 * y6 + x5 * y5 + x6 * y4) + b4;
    let p5 = (p4 >> 13u) + 2 * (x5 * y6 + x6 * y5) + b5;
    let p6 = (p5 >> 13u) + 2 * (x6 * y6) + b6;

    x0 = s0 & MASK; x1 = s1 & MASK; x2 = s2 & MASK; x3 = s3 & MASK; x4 = s4 & MASK; x5 = s5 & MASK; x6 = s6;
    y0 = p0 & MASK; y1 = p1 & MASK; y2 = p2 & MASK; y3 = p3 & MASK; y4 = p4 & MASK; y5 = p5 & MASK; y6 = p6;
    n++;
  }
  if (n == tile.limit) {
    return 8u * n;
  }
  // The less far out, the later it would have escaped.
  let reached = x6 * x6 + y6 * y6;
  var eighths = 8u * n;
  for (var k = 0u; k < 7u; k++) {
    eighths += select(0u, 1u, reached < EIGHTHS[k]);
  }
  return eighths;
}

// a + b modulo 2^96.
fn sum(a: vec3<u32>, b: vec3<u32>) -> vec3<u32> {
  let low = a.x + b.x;
  let carry = select(0u, 1u, low < a.x);
  let middle = a.y + b.y;
  let carried = middle + carry;
  let high = a.z + b.z + select(0u, 1u, middle < a.y) + select(0u, 1u, carried < middle);
  return vec3<u32>(low, carried, high);
}

fn negative(a: vec3<u32>) -> vec3<u32> {
  return sum(~a, vec3<u32>(1u, 0u, 0u));
}

// a * factor modulo 2^96, factor below 2^16.
fn times(a: vec3<u32>, factor: u32) -> vec3<u32> {
  let low = (a & vec3<u32>(0xffffu)) * factor;
  let high = (a >> vec3<u32>(16u)) * factor;
  let shifted = vec3<u32>(high.x << 16u, (high.y << 16u) | (high.x >> 16u), (high.z << 16u) | (high.y >> 16u));
  return sum(low, shifted);
}
