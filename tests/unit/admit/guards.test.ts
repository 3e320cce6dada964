/** Guards that keep an index inside by another name than the index has are no faults; indices that nothing keeps inside are. */
import { describe, expect, it } from "vitest";
import { type Files, heard, judgesHere, packageOf, refused } from "./package.ts";

const judges = judgesHere();

/** `b` of 100 elements, a row of 10; `line` dispatches 128 invocations along x, `square` 16 by 16. */
function job(body: string, shape: "line" | "square"): Files {
  const kernel = `struct Params { n: i32, w: u32, h: u32, size: vec2u, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> b: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;
struct Input { @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) at: u32 }
const SIZE = 64u;
override WIDE = 64u;
fn inside(i: u32) -> bool { return i < p.count; }
fn is_in(q: vec2u) -> bool { let far = q.x >= p.w || q.y >= p.h; return !far; }
fn at(q: vec2u) -> u32 { return q.y * p.w + q.x; }
fn put(i: u32) { if (i < p.count) { b[i] = 1u; } }
fn place(g: vec3u) -> u32 { return g.y * p.w + g.x; }
@compute @workgroup_size(${shape === "line" ? "64" : "8, 8"})
fn main(@builtin(global_invocation_id) g: vec3u, @builtin(local_invocation_id) l: vec3u, @builtin(workgroup_id) k: vec3u,
  @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  _ = u32(p.n) + p.w + p.h + p.size.x + p.count + a[0] + b[0] + WIDE + g.x + l.x + k.x + groups.x + lane;
  ${body}
}
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 7 },
    bindings: { p: { set: { n: 100, w: 10, h: 10, size: [10, 10], count: 100 } }, a: { elements: 100, init: "zero" } },
    passes: [{ workgroups: shape === "line" ? [2] : [2, 2] }],
    output: [{ binding: "b", dtype: "u32", shape: [100] }],
    gflopPerUnit: 1,
  };
  return { "job.json": manifest, "kernel.wgsl": kernel };
}

const told = async (body: string, shape: "line" | "square") =>
  heard(await judges.admit(packageOf(job(body, shape)))).filter((text) => /with indices up to|Not checked/.test(text));

const FIRST = "k.x * 64u + l.x";

describe("a guard that names the invocation otherwise than the index does keeps it inside", () => {
  it.each<[guard: string]>([
    ["let i = g.x; if (i32(i) >= p.n) { return; } b[i] = 1u;"],
    ["if (i32(g.x) < p.n) { b[g.x] = 1u; }"],
    ["let i = i32(g.x); if (i >= p.n) { return; } b[g.x] = 1u;"],
    ["let i = i32(g.x); if (g.x >= p.count) { return; } b[i] = 1u;"],
    ["let i = g.x; if (i32(i) >= i32(arrayLength(&b))) { return; } b[i] = 1u;"],
    ["if (u32(i32(g.x)) >= arrayLength(&b)) { return; } b[g.x] = 1u;"],
    [`if (g.x >= 100u) { return; } b[${FIRST}] = 1u;`],
    [`let i = ${FIRST}; if (i >= 100u) { return; } b[g.x] = 1u;`],
    ["let i = l.x + SIZE * k.x; if (g.x >= p.count) { return; } b[i] = 1u;"],
    ["let i = l.x + WIDE * k.x; if (g.x >= p.count) { return; } b[i] = 1u;"],
    ["let first = k.x * 64u; let i = first + lane; if (i >= 100u) { return; } b[g.x] = 1u;"],
    ["if (g.x >= 100u) { return; } let first = 64u * k.x; b[lane + first] = 1u;"],
    ["let ok = g.x < p.count; if (ok) { b[g.x] = 1u; }"],
    ["let i = g.x; let out_of = i32(i) >= p.n; if (out_of) { return; } b[i] = 1u;"],
    ["if (!inside(g.x)) { return; } b[g.x] = 1u;"],
    ["let i = g.x; if (inside(i)) { b[i] = 1u; }"],
    ["put(g.x);"],
    ["put(l.x + k.x * 64u);"],
    ["if ((g.x < 100u) & (g.y < 1u)) { b[g.x] = 1u; }"],
    ["if ((g.x >= 100u) | (g.y > 0u)) { return; } b[g.x] = 1u;"],
    ["if (any(vec2u(g.x, 0u) >= vec2u(100u, 1u))) { return; } b[g.x] = 1u;"],
    ["let t = vec4u(g, 0u).x; if (t >= 100u) { return; } b[t] = 1u;"],
    ["let v = g; if (v.x >= 100u) { return; } b[g.x] = 1u;"],
    ["let v = g; if (g[0] >= 100u) { return; } b[v.x] = 1u;"],
    ["let v = vec3i(g); if (v.r >= 100) { return; } b[g.r] = 1u;"],
    ["var i = g.x; if (g.x >= 100u) { return; } b[i] = 1u;"],
    ["if (g.x >= arrayLength((&b))) { return; } b[g.x] = 1u;"],
    ["if (g.x + 1u > 100u) { return; } let i = g.x + 1u; b[i - 1u] = 1u;"],
  ])("of a line: %s", async (body) => {
    expect(await told(body, "line")).toEqual([]);
  });

  it.each<[guard: string]>([
    ["let q = g.xy; if (q.x >= p.w || q.y >= p.h) { return; } b[g.y * p.w + g.x] = 1u;"],
    ["let q = vec2i(g.xy); if (q.x >= 10 || q.y >= 10) { return; } b[g.y * p.w + g.x] = 1u;"],
    ["if (g.x >= p.w || g.y >= p.h) { return; } let q = vec2i(g.xy); b[q.y * 10 + q.x] = 1u;"],
    ["if (any(g.xy >= p.size)) { return; } b[g.y * p.size.x + g.x] = 1u;"],
    ["if (all(g.xy < p.size)) { b[g.x + p.w * g.y] = 1u; }"],
    ["let q = vec2i(g.xy); let s = vec2i(10); if (any(q >= s)) { return; } b[q.y * s.x + q.x] = 1u;"],
    ["let over = g.xy >= p.size; if (any(over)) { return; } b[g.y * 10u + g.x] = 1u;"],
    ["let q = g.xy; if (!all(q < vec2u(10u, 10u))) { return; } b[at(q)] = 1u;"],
    ["if (!is_in(g.xy)) { return; } b[at(g.xy)] = 1u;"],
    ["let q = vec2u(g.x, g.y); if (is_in(q)) { b[place(g)] = 1u; }"],
    ["let q = k.xy * 8u + l.xy; if (q.x >= 10u || q.y >= 10u) { return; } b[g.y * 10u + g.x] = 1u;"],
    ["if (g.x >= 10u || g.y >= 10u) { return; } let q = k.xy * 8u + l.xy; b[q.y * 10u + q.x] = 1u;"],
    ["let x = k.x * 8u + l.x; let y = k.y * 8u + l.y; if (g.x >= 10u || g.y >= 10u) { return; } b[y * 10u + x] = 1u;"],
    ["if (p.w <= g.x) { return; } if (p.h <= g.y) { return; } let at = g.x + g.y * p.w; b[at] = 1u;"],
    ["let i = g.y * p.w + g.x; if (i32(g.x) < i32(p.w) && i32(g.y) < i32(p.h)) { b[i] = 1u; }"],
    ["if (p.w * g.y + g.x < p.count) { b[g.x + g.y * p.w] = 1u; }"],
  ])("of a square: %s", async (body) => {
    expect(await told(body, "square")).toEqual([]);
  });

  // What these keep inside is not followed, and said to be so; it is no fault.
  it.each<[guard: string]>([
    ["if (l.x >= 36u) { return; } b[g.x] = 1u;"],
    ["if (k.x >= 1u) { return; } b[g.x] = 1u;"],
    ["if (l.x < 36u && k.x < 2u) { b[g.x] = 1u; }"],
    ["if (g.x / 2u >= 50u) { return; } b[g.x] = 1u;"],
    ["if (g.x % 2u == 0u && (g.x >> 1u) < 50u) { b[g.x] = 1u; }"],
    ["if (f32(g.x) >= 100.0) { return; } b[g.x] = 1u;"],
    ["if (select(g.x, 0u, g.x > 5u) < 3u && g.x < a[1]) { b[g.x] = 1u; }"],
    ["if (k.x == 1u && l.x > 35u) { return; } b[g.x] = 1u;"],
    ["for (var j = 0u; j < 2u; j++) { let e = g.x - 64u * j; if (e < 64u && j == 0u) { b[g.x] = 1u; } }"],
    ["switch (k.x) { case 0u: { b[g.x] = 1u; } default: { } }"],
    ["let r = 127u - g.x; if (r < 28u) { return; } b[g.x] = 1u;"],
    ["for (var j = l.x; j < 36u; j += 64u) { b[g.x] = 1u; }"],
  ])("and one that is not followed is no fault: %s", async (body) => {
    const words = heard(await judges.admit(packageOf(job(body, "line"))));
    expect(words.filter((text) => /with indices up to/.test(text))).toEqual([]);
  });
});

describe("an index that nothing keeps inside is refused", () => {
  it.each<[body: string, most: number]>([
    ["b[g.x] = 1u;", 127],
    [`b[${FIRST}] = 1u;`, 127],
    ["b[lane + SIZE * k.x] = 1u;", 127],
    ["let i = i32(g.x); b[i] = 1u;", 127],
    ["let i = g.x; if (i32(i) > p.n) { return; } b[i] = 1u;", 100],
    ["if (i32(g.x) <= i32(arrayLength(&b))) { b[g.x] = 1u; }", 100],
    [`if (g.x > 100u) { return; } b[${FIRST}] = 1u;`, 100],
    [`let i = ${FIRST}; if (i > 110u) { return; } b[g.x] = 1u;`, 110],
    ["let ok = g.x <= p.count; if (ok) { b[g.x] = 1u; }", 100],
    ["if (!inside(g.x)) { return; } b[g.x + 1u] = 1u;", 100],
    ["if (inside(g.x)) { b[2u * g.x] = 1u; }", 198],
    ["if (g.y < 5u) { b[g.x] = 1u; }", 127],
    ["if (g.x >= 10u) { b[g.x] = 1u; }", 127],
    ["if (any(vec2u(g.x, 0u) > vec2u(100u, 1u))) { return; } b[g.x] = 1u;", 100],
    ["let v = vec3i(g); if (v.r > 120) { return; } b[g.r] = 1u;", 120],
    ["b[4u * l.x] = 1u;", 252],
    ["for (var j = 0u; j < 4u; j++) { b[g.x + j] = 1u; }", 130],
    ["if (g.x < 50u) { for (var j = 0u; j < 4u; j++) { b[g.x * 4u + j] = 1u; } }", 199],
    ["b[100] = 1u;", 100],
    ["let i = g.x + 5u; if (g.x >= p.count) { return; } b[i] = 1u;", 104],
  ])("of a line: %s", async (body, most) => {
    const faults = refused(await judges.admit(packageOf(job(body, "line"))));
    expect(faults.map(({ wrong }) => wrong)).toEqual([expect.stringContaining(`with indices up to ${most}, and b has 100 elements`)]);
  });

  it.each<[body: string, most: number]>([
    ["b[g.y * 10u + g.x] = 1u;", 165],
    ["let q = g.xy; if (q.x > p.w || q.y >= p.h) { return; } b[g.y * p.w + g.x] = 1u;", 100],
    ["if (any(g.xy > p.size)) { return; } b[g.y * p.size.x + g.x] = 1u;", 110],
    ["let q = vec2i(g.xy); if (all(q <= vec2i(10))) { b[q.y * 10 + q.x] = 1u; }", 110],
    ["if (g.x < 10u) { b[place(g)] = 1u; }", 159],
    ["let q = k.xy * 8u + l.xy; if (q.x >= 10u) { return; } b[at(q)] = 1u;", 159],
  ])("of a square: %s", async (body, most) => {
    const faults = refused(await judges.admit(packageOf(job(body, "square"))));
    expect(faults.map(({ wrong }) => wrong)).toEqual([expect.stringContaining(`with indices up to ${most}, and b has 100 elements`)]);
  });
});

describe("an index below zero is told where some invocation is sure to have it", () => {
  it.each<[body: string, wrong: string]>([
    ["b[g.x % 100u] = 1u; b[g.x - 1u] = 1u;", "main stores b[g.x - 1u] with an index below zero, -1, which is 4294967295 in u32: "],
    ["let i = i32(g.x); if (i < p.n) { b[i - 2] = 1u; }", "main stores b[i - 2] with an index below zero, -2: "],
    ["if (g.x <= 28u) { b[g.x - 28u] = 1u; }", "main stores b[g.x - 28u] with an index below zero, -28, which is "],
    ["let x = g.x; if (x >= 100u) { return; } b[x - 3u] = a[x];", "main stores b[x - 3u] with an index below zero, -3, which is "],
  ])("%s", async (body, wrong) => {
    const faults = refused(await judges.admit(packageOf(job(body, "line"))));
    expect(faults).toEqual([
      expect.objectContaining({ wrong: expect.stringContaining(wrong), right: expect.stringMatching(/^Keep away/) }),
    ]);
  });

  it.each<[body: string]>([
    ["if (g.x > 0u && g.x < 100u) { b[g.x - 1u] = 1u; }"],
    ["if (g.x == 0u || g.x >= 100u) { return; } b[g.x - 1u] = 1u;"],
    ["let i = i32(g.x) - 1; if (i >= 0 && i < p.n) { b[i] = 1u; }"],
    ["b[max(i32(g.x) - 28, 0)] = 1u;"],
    ["b[(g.x - 1u) % 100u] = 1u;"],
    ["b[(g.x + 99u) % 100u] = 1u;"],
    ["if (g.x - 1u < 99u) { b[g.x - 1u] = 1u; }"],
  ])("and not where none has it: %s", async (body) => {
    expect(await told(body, "line")).toEqual([]);
  });
});

describe("an index that arithmetic bounds is followed", () => {
  it.each<[body: string]>([
    ["let c = unpack4xU8(a[0]); b[c.x % 100u] = 1u; b[c[1] >> 2u] = 1u;"],
    ["b[reverseBits(g.x) >> 26u] = 1u;"],
    ["b[((i32(g.x) - 1) % p.n + p.n) % p.n] = 1u;"],
    ["b[(a[0] * 2654435761u) >> 26u] = 1u;"],
    ["b[countOneBits(a[1]) + countLeadingZeros(a[2])] = 1u;"],
    ["b[extractBits(a[0], 3u, 6u)] = 1u;"],
    ["b[abs(i32(g.x % 100u) - 50)] = 1u;"],
    ["b[clamp(i32(a[0]) * 3, 0, 99)] = 1u;"],
    ["b[max(min(bitcast<i32>(a[0]), 99), 0)] = 1u;"],
    ["for (var s = 1u; s < 50u; s <<= 1u) { if (l.x < s) { b[l.x + s] = 1u; } }"],
    ["for (var s = 1u; s < 50u; s *= 2u) { if (l.x < s) { b[l.x + s] = 1u; } }"],
    ["for (var s = 99; s >= 0; s--) { b[s] = 1u; }"],
    ["for (var s = 100u; s > 0u; s -= 1u) { b[s - 1u] = 1u; }"],
    [
      "for (var s = 2u; s <= 64u; s = s << 1u) { for (var h = s >> 1u; h > 0u; h = h >> 1u) { let o = l.x ^ h; if (o > l.x) { b[o & 63u] = 1u; } } }",
    ],
  ])("%s", async (body) => {
    expect(await told(body, "line")).toEqual([]);
  });
});
