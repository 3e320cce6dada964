/** Each hostile package by itself: what it does, and the first words of its fault, with their place. The judge lives through all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Judges } from "../../../server/admit/admit.ts";
import { admitted, type Files, KERNEL, manifest, openJudges, packageOf, refused, show } from "./package.ts";

let judges: Judges;
beforeAll(async () => {
  judges = await openJudges();
});
afterAll(async () => {
  admitted(await judges.admit(packageOf({ "job.json": manifest(), "kernel.wgsl": KERNEL })));
  await judges.close();
});

const job = (kernel: string, changes: Record<string, unknown> = {}, more: Files = {}): Files => ({
  "job.json": manifest(changes),
  "kernel.wgsl": kernel,
  ...more,
});
const raw = (text: string): Files => ({ "job.json": text, "kernel.wgsl": KERNEL });
const J = JSON.stringify(manifest());
const mem = (text: string) => raw(J.replace(/}$/, `,${text}}`));
const set = (first: unknown) => job(KERNEL, { bindings: { params: { set: { first, width: 1, scale: 1 } } } });
const out = (o: object) => job(KERNEL, { output: [{ binding: "values", dtype: "u32", shape: [64], ...o }] });
const csv = (t: string | Uint8Array) =>
  job(KERNEL, { units: { rows: "r.csv" }, bindings: { params: { set: { first: "$row.a" } } } }, { "r.csv": t });

describe("a hostile manifest is refused with its place", () => {
  it.each<[string, Files, RegExp]>([
    ["a key twice", mem('"name":"x"'), /^job\.json:1:255 : The key name occurs twice\. Remove one of th/],
    ["a __proto__ key", mem('"__proto__":{"name":"x"}'), /^job\.json:1:267 __proto__: "__proto__" is unknown here\. Known/],
    ["a constructor key", mem('"constructor":1'), /^job\.json:1:269 constructor: "constructor" is unknown here\. K/],
    ["a number of 1e400", mem('"priority":1e400'), /^job\.json:1:266 : 1e400 is beyond double precision\. Write it/],
    ["a number of -1e400", mem('"seed":-1e400'), /^job\.json:1:262 : -1e400 is beyond double precision\. Write it/],
    ["half a character in a name", raw(J.replace("test-job", "\\ud800")), /^job\.json:1:9 : This text has half of a character/],
    ["half a character in a title", mem('"title":"a\\ud800"'), /^job\.json:1:263 : This text has half of a character/],
    ["NaN", mem('"priority":NaN'), /^job\.json:1:266 : NaN is no JSON value\. Put text between doub/],
    [
      "a hexadecimal number",
      mem('"priority":0x10'),
      /^job\.json:1:266 : 0x10 is hexadecimal, and JSON has decimal numbers alone\. Write 16\.$/,
    ],
    ["a plus sign", mem('"priority":+1'), /^job\.json:1:266 : A value is missing here, there is "\+"\. Writ/],
    ["an octal number", mem('"priority":010'), /^job\.json:1:267 : A comma or \} is missing here\. Put a comma b/],
    ["something after the end", raw(`${J}x`), /^job\.json:1:255 : There is something after the end of the JSON value\./],
    ["two values", raw(`${J}${J}`), /^job\.json:1:255 : There is something after the end of the JSON value\./],
    ["nothing", raw(""), /^job\.json:1:1 : The file is empty\. Write a manifest/],
    ["null", raw("null"), /^job\.json:1:1 : It is null, where an object is expected\. Writ/],
    ["a list", raw("[]"), /^job\.json:1:1 : It is a list, where an object is expected\. Wr/],
    ["a number", raw("1"), /^job\.json:1:1 : It is 1, where an object is expected\. Write a/],
    ["a text", raw('"x"'), /^job\.json:1:1 : It is "x", where an object is expected\. Write/],
    ["50,000 nested objects", raw('{"a":'.repeat(50000)), /^job\.json:1:326 : The JSON is nested more than 64 deep\. A man/],
    [
      "a line break in a text",
      mem('"title":"a\nb"'),
      /^job\.json:1:263 : This text is not closed, or has a line break or a wrong escape in it\./,
    ],
    ["an escaped NUL", mem('"title":"a\\u0000b"'), /^job\.json:1:263 title: The text has U\+0000, which is not seen, after 1 character\./],
    [
      "UTF-16",
      { "job.json": new Uint8Array(Buffer.from(J, "utf16le")), "kernel.wgsl": KERNEL },
      /^job\.json:1:2 : A key between double quotes is missing here\./,
    ],
    ["single quotes", raw(J.replaceAll('"', "'")), /^job\.json:1:2 : There is ', which is no quote of JSON\. Write straight double quotes/],
    ["no units", job(KERNEL, { units: { count: 0 } }), /^job\.json:7:14 units\.count: It is 0\. The least is 1\./],
    ["fewer units than none", job(KERNEL, { units: { count: -1 } }), /^job\.json:7:14 units\.count: It is -1\. The least is 1\./],
    [
      "a count that would be rounded",
      raw(J.replace('"count":1000', '"count":9007199254740993')),
      /^job\.json:1:62 : 9007199254740993 has more than 53 bits and would be rounded\./,
    ],
    [
      "one unit and a half",
      job(KERNEL, { units: { count: 1.5 } }),
      /^job\.json:7:14 units\.count: It is 1\.5, where a whole number is expected\./,
    ],
    ["a grid without width", job(KERNEL, { units: { grid: [0, 1, 1] } }), /^job\.json:8:7 units\.grid\[0\]: It is 0\. The least is 1\./],
    ["a grid of two sides", job(KERNEL, { units: { grid: [1, 1] } }), /^job\.json:7:13 units\.grid: It has 2 elements\. Give it exactly/],
    [
      "a grid of 10^18",
      job(KERNEL, { units: { grid: [1e6, 1e6, 1e6] } }),
      /^job\.json:7:13 units\.grid: The grid has 1000000000000000000 units\./,
    ],
    [
      "two kinds of units",
      job(KERNEL, { units: { count: 1, rows: "x.csv" } }),
      /^job\.json:\d+:\d+ units: count and rows exclude each other\. Keep one of them: count or rows\./,
    ],
    [
      "65,536 workgroups",
      job(KERNEL, { passes: [{ workgroups: [65536] }] }),
      /^job\.json:21:9 passes\[0\]\.workgroups\[0\]: It is 65536\. The most/,
    ],
    [
      "no workgroups",
      job(KERNEL, { passes: [{ workgroups: [0] }] }),
      /^job\.json:21:9 passes\[0\]\.workgroups\[0\]: It is 0\. The least is/,
    ],
    [
      "a dispatch of four dimensions",
      job(KERNEL, { passes: [{ workgroups: [1, 1, 1, 1] }] }),
      /^job\.json:20:21 passes\[0\]\.workgroups: It has 4 elements\. Give/,
    ],
    [
      "10^15 iterations",
      job(KERNEL, { passes: [{ workgroups: [1], repeat: 1e15 }] }),
      /^job\.json:23:17 passes\[0\]\.repeat: It is 1000000000000000\. The/,
    ],
    [
      "65 passes",
      job(KERNEL, { passes: Array(65).fill({ workgroups: [1] }) }),
      /^job\.json:18:13 passes: It has 65 elements\. Give it at most 6/,
    ],
    [
      "a shape of 2^60",
      out({ shape: [1073741824, 1073741824] }),
      /^job\.json:9:15 bindings\.values: values has 4611686018427388000 bytes: maxBufferSize would have to be 4611686018/,
    ],
    ["a shape of five dimensions", out({ shape: [1, 1, 1, 1, 1] }), /^job\.json:29:16 output\[0\]\.shape: It has 5 elements\. Give it a/],
    ["an empty shape", out({ shape: [0] }), /^job\.json:30:9 output\[0\]\.shape\[0\]: It is 0\. The least is 1\./],
    [
      "nine outputs",
      job(KERNEL, { output: Array(9).fill({ binding: "values", dtype: "u32", shape: [64] }) }),
      /^job\.json:25:13 output: It has 9 elements\. Give it at most 8\./,
    ],
    [
      "10^9 bins",
      out({ reduce: { kind: "histogram", bins: 1e9, range: [0, 1] } }),
      /^job\.json:34:17 output\[0\]\.reduce\.bins: It is 1000000000\. The/,
    ],
    ["the 10^9 largest", out({ reduce: { kind: "topk", k: 1e9 } }), /^job\.json:34:14 output\[0\]\.reduce\.k: It is 1000000000\. The mos/],
    [
      "a picture of half a million columns",
      out({ reduce: { kind: "image", columns: 65536, range: [1, 1] }, shape: [8, 8] }),
      /^job\.json:35:20 output\[0\]\.reduce\.columns: The picture has 524288 x 8 pixels\./,
    ],
    [
      "4 * 10^9 elements",
      job(KERNEL, { bindings: { params: { set: { first: 1 } }, values: { elements: 4e9 } } }),
      /^job\.json:16:19 bindings\.values\.elements: It is 4000000000\. T/,
    ],
    ["a number below zero", set(-1), /^job\.json:12:18 bindings\.params\.set\.first: -1 does not fit u32\./],
    ["a text of 1e400", set("1e400"), /^job\.json:12:18 bindings\.params\.set\.first: "1e400" is out of range\. Doubles reach 1\.8e308/],
    [
      "nested lists for a number",
      set([[[[[[1]]]]]]),
      /^job\.json:12:18 bindings\.params\.set\.first: It is a list, where one number is expected\./,
    ],
    ["a reference to nothing", set("$unit.nothing"), /^job\.json:12:18 bindings\.params\.set\.first: There is no \$unit\.nothing\./],
    ["a reference to Object's own", set("$row.__proto__"), /^job\.json:12:18 bindings\.params\.set\.first: The units have no rows\./],
    ["a unit's constructor", set("$unit.constructor"), /^job\.json:12:18 bindings\.params\.set\.first: There is no \$unit\.constructor\./],
    [
      "a scale of 1e300",
      set({ of: "$unit.index", scale: 1e300 }),
      /^job\.json:12:18 bindings\.params\.set\.first: \$unit\.index, scaled, is not always a whole number, and u32 holds who/,
    ],
    ["a map of a map", set({ of: { of: "$unit.index" } }), /^job\.json:12:18 bindings\.params\.set\.first: of is missing\. An/],
    [
      "a path into __proto__",
      job(KERNEL, { bindings: { params: { set: { "__proto__.x": 1 } } } }),
      /^job\.json:12:24 bindings\.params\.set\["__proto__\.x"\]: Params has no member __proto__\./,
    ],
    [
      "a path of 1,000 steps",
      job(KERNEL, { bindings: { params: { set: { ["a.".repeat(1000)]: 1 } } } }),
      /^job\.json:12:2013 bindings\.params\.set\["a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\.a\."\]: The path/,
    ],
    [
      "an index beyond 32 bits",
      job(KERNEL, { bindings: { values: { set: { "[9999999999]": 1 } } } }),
      /^job\.json:9:15 bindings\.params: params is uniform and nothing fills it\./,
    ],
    [
      "an override called __proto__",
      mem('"overrides":{"__proto__":1}'),
      /^job\.json:1:280 overrides\.__proto__: The kernel has no override __proto__\./,
    ],
    [
      "limits of Object's own",
      job(KERNEL, { requires: { limits: { __proto__x: 1, constructor: 1 } } }),
      /^job\.json:37:21 requires\.limits\.__proto__x: There is no limit __proto__x\./,
    ],
    [
      "a buffer of 2^53",
      job(KERNEL, { requires: { limits: { maxBufferSize: Number.MAX_SAFE_INTEGER } } }),
      /^job\.json:37:24 requires\.limits\.maxBufferSize: Too much is asked for: maxBufferSize would have to be 9007199254/,
    ],
    [
      "a feature that no job needs",
      job(KERNEL, { requires: { features: ["timestamp-query"] } }),
      /^job\.json:37:7 requires\.features\[0\]: It is "timestamp-query"\./,
    ],
    [
      "a seed of 67 bits",
      job(KERNEL, { seed: "99999999999999999999" }),
      /^job\.json:35:11 seed: 99999999999999999999 has more than 64 bits\./,
    ],
    ["a quorum of 10^9", job(KERNEL, { verify: { quorum: 1e9 } }), /^job\.json:36:15 verify\.quorum: It is 1000000000\. The most is/],
    ["a figure below zero", job(KERNEL, { gflopPerUnit: -1 }), /^job\.json:34:19 gflopPerUnit: It is -1\. It must be above 0\./],
    ["a figure of zero", job(KERNEL, { gflopPerUnit: 0 }), /^job\.json:34:19 gflopPerUnit: It is 0\. It must be above 0\./],
    [
      "a title whose characters take two places each",
      job(KERNEL, { title: "\u{1f30a}".repeat(80), priority: 1e9 }),
      /^job\.json:36:15 priority: It is 1000000000\. [^\n]*$/,
    ],
    ["a priority of 10^9", job(KERNEL, { priority: 1e9 }), /^job\.json:35:15 priority: It is 1000000000\. The most is 10\./],
    ["a name that is a path", job(KERNEL, { name: "../x" }), /^job\.json:2:11 name: "\.\.\/x" is no name of a job/],
    ["a name of 65 characters", job(KERNEL, { name: "a".repeat(65) }), /^job\.json:2:11 name: It has 65 characters\. At most 64 are all/],
    [
      "a name that a pattern could choke on",
      job(KERNEL, { name: `${"a-".repeat(30)}!` }),
      /^job\.json:2:11 name: "a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-… is no name of a job/,
    ],
  ])("%s", async (_, files, expected) => {
    const faults = refused(await judges.admit(packageOf(files))).map(show);
    expect(faults.length).toBeLessThanOrEqual(100);
    expect(faults[0]).toMatch(expected);
  });
});

describe("a hostile path or table is refused with its place", () => {
  it.each<[string, Files, RegExp]>([
    [
      "a kernel above the package",
      job(KERNEL, { kernel: ["../../etc/kernel.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "\.\.\/\.\.\/etc\/kernel\.wgsl" leads out of the package/,
    ],
    [
      "a kernel of the system",
      job(KERNEL, { kernel: ["/etc/kernel.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "\/etc\/kernel\.wgsl" leads out of the package/,
    ],
    [
      "a kernel by backslashes",
      job(KERNEL, { kernel: ["..\\k.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "\.\.\\\\k\.wgsl" leads out of the package/,
    ],
    [
      "a path with NUL",
      job(KERNEL, { kernel: ["k\u0000.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "k\\u0000\.wgsl" has "\\u0000", which no path/,
    ],
    [
      "a path of dots",
      job(KERNEL, { kernel: ["./././kernel.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "\.\/\.\/\.\/kernel\.wgsl" begins with \.\//,
    ],
    [
      "a path that is an address",
      job(KERNEL, { kernel: ["file:///etc/kernel.wgsl"] }),
      /^job\.json:4:5 kernel\[0\]: "file:\/\/\/etc\/kernel\.wgsl" leads out of the package/,
    ],
    [
      "a path of 1,000 characters",
      job(KERNEL, { kernel: [`${"a/".repeat(500)}k.wgsl`] }),
      /^job\.json:4:5 kernel\[0\]: It has 1006 characters\. At most 200/,
    ],
    [
      "65 kernel files",
      job(KERNEL, { kernel: Array(65).fill("kernel.wgsl") }),
      /^job\.json:3:13 kernel: It has 65 elements\. Give it at most 64/,
    ],
    [
      "one kernel file twice",
      job(KERNEL, { kernel: ["kernel.wgsl", "kernel.wgsl"] }),
      /^kernel\.wgsl:: : This file and kernel\.wgsl are the same module, package::kernel\./,
    ],
    [
      "an init file above the package",
      job(KERNEL, { bindings: { params: { init: { file: "../../x" } } } }),
      /^job\.json:12:17 bindings\.params\.init\.file: "\.\.\/\.\.\/x" leads out of the package/,
    ],
    [
      "a table above the package",
      job(KERNEL, { units: { rows: "../r.csv" } }),
      /^job\.json:7:13 units\.rows: "\.\.\/r\.csv" leads out of the package/,
    ],
    ["an empty table", csv(""), /^r\.csv:1:1 : The header line is missing\. Name the columns in/],
    ["a table without rows", csv("a\n"), /^r\.csv:2:1 : The table has no rows\. Add a line of values\./],
    ["a quote that stays open", csv('a\n"1\n'), /^r\.csv:2:1 a: A quote opens here and the line has none that closes it\./],
    ["a row too long", csv("a\n1,2\n"), /^r\.csv:2:1 : The line has 2 fields\. The header has 1: remove what is too much/],
    ["a column twice", csv("a,a\n1,2\n"), /^r\.csv:1:1 a: Two columns are called a\. Give each a name of i/],
    [
      "1,000 columns",
      csv(`${Array.from({ length: 1000 }, (_, i) => `c${i}`).join(",")}\n1\n`),
      /^r\.csv:1:1 : The table has 1000 columns\. At most 64 are allow/,
    ],
    ["a table of bytes", csv(new Uint8Array([0xff, 0xfe, 0, 1])), /^r\.csv:: : The file is not UTF-8\. Save it as UTF-8\./],
    [
      "a column called __proto__",
      csv("__proto__\n1\n"),
      /^job\.json:12:18 bindings\.params\.set\.first: The units' table has no column a\./,
    ],
    ["a cell of 1e999", csv("a\n1e999\n"), /^r\.csv:2:1 a: "1e999" is out of range\. Doubles reach/],
    ["a cell of NaN", csv("a\nNaN\n"), /^r\.csv:2:1 a: "NaN" is no number\. Write a decimal number of a/],
    [
      "a cell of 100,000 digits",
      csv(`a\n${"9".repeat(100000)}\n`),
      /^r\.csv:2:1 a: 9999999999999999999999999999999999999999… has more than 64 bits\./,
    ],
    ["a NUL in a cell", csv("a\n1\u00002\n"), /^r\.csv:2:1 a: "1\\u00002" is no number\. Write a decimal number/],
    ["a formula", csv("a\n=1+1\n"), /^r\.csv:2:1 a: "=1\+1" is no number\. Write a decimal number of/],
  ])("%s", async (_, files, expected) => {
    const faults = refused(await judges.admit(packageOf(files))).map(show);
    expect(faults.length).toBeLessThanOrEqual(100);
    expect(faults[0]).toMatch(expected);
  });
});
