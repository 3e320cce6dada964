/** Faults of all stages come in one round, each once, and nothing that only follows from one of them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Files, judgesHere, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const KERNEL = `override blockSize: u32;
struct Params { first: u32, width: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lut: array<u32, 64>;
@group(0) @binding(2) var<storage, read_write> values: array<u32>;
fn helper(x: u32) -> u32 {
  return x * 2u;
}
fn spare(x: u32) -> u32 {
  return x;
}
@compute @workgroup_size(blockSize) fn fill(@builtin(global_invocation_id) id: vec3<u32>) {
  values[id.x] = params.width;
}
@compute @workgroup_size(blockSize) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  values[id.x] += helper(params.first) + lut[id.x] + u32(params.scale);
}
`;

interface Job {
  manifest: {
    [member: string]: unknown;
    bindings: Record<string, { set?: Record<string, unknown>; init?: unknown }>;
    passes: Record<string, unknown>[];
    output: Record<string, unknown>[];
    overrides: Record<string, unknown>;
  };
  kernel: string;
  rows: string[][];
}

const good = (): Job => ({
  manifest: {
    name: "together",
    kernel: ["kernel.wgsl"],
    units: { rows: "rows.csv" },
    bindings: {
      params: { set: { first: "$row.a", width: "$row.b", scale: "$row.c" } },
      lut: { init: { file: "lut.bin" } },
    },
    passes: [
      { entryPoint: "fill", workgroups: [1] },
      { entryPoint: "main", workgroups: [1] },
    ],
    overrides: { blockSize: 64 },
    output: [{ binding: "values", dtype: "u32", shape: [64], reduce: { kind: "sum" } }],
    gflopPerUnit: 0.001,
  },
  kernel: KERNEL,
  rows: [["a", "b", "c"], ...Array.from({ length: 8 }, (_, index) => [`${index}`, `${10 + index}`, `${index}.5`])],
});

const filesOf = ({ manifest, kernel, rows }: Job): Files => ({
  "job.json": manifest,
  "kernel.wgsl": kernel,
  "rows.csv": `${rows.map((row) => row.join(",")).join("\n")}\n`,
  "lut.bin": new Uint8Array(256),
});

const told = async (job: Job, more: Files = {}) => {
  const admission = await judges.admit(packageOf({ ...filesOf(job), ...more }));
  const faults = refused(admission).map(show);
  return { faults, isCut: !admission.ok && admission.more === true };
};

const cell = (job: Job, line: number, column: number, text: string) => {
  const row = job.rows[line - 1];
  if (row) row[column] = text;
};
const replace = (job: Job, from: string, to: string) => {
  job.kernel = job.kernel.replace(from, to);
};
const passOf = (job: Job, index: number): Record<string, unknown> => job.manifest.passes[index] ?? {};
const outputOf = (job: Job): Record<string, unknown> => job.manifest.output[0] ?? {};
const setOf = (job: Job): Record<string, unknown> => job.manifest.bindings.params?.set ?? {};

interface Flaw {
  name: string;
  /** Of flaws of one part a job has one. */
  part: string;
  make(job: Job): void;
  told: RegExp;
}

const FLAWS: Flaw[] = [
  {
    name: "a dtype",
    part: "dtype",
    make: (job) => Object.assign(outputOf(job), { dtype: "u23" }),
    told: /output\[0\]\.dtype: It is "u23"/,
  },
  {
    name: "a dtype that the kernel has not",
    part: "dtype",
    make: (job) => Object.assign(outputOf(job), { dtype: "f32" }),
    told: /output\[0\]\.dtype: .* made of u32, the output says f32/,
  },
  {
    name: "an unknown member",
    part: "priority",
    make: (job) => Object.assign(job.manifest, { priorty: 1 }),
    told: /priorty: "priorty" is unknown here\. Did you mean priority/,
  },
  { name: "a title", part: "title", make: (job) => Object.assign(job.manifest, { title: 5 }), told: /title: It is 5, where a text/ },
  { name: "a seed", part: "seed", make: (job) => Object.assign(job.manifest, { seed: -1 }), told: /seed: / },
  {
    name: "a member of a binding",
    part: "width",
    make: (job) => {
      const { width, ...set } = setOf(job);
      Object.assign(job.manifest.bindings, { params: { set: { ...set, widht: width } } });
    },
    told: /set\.widht: Params has no member widht\. Did you mean width/,
  },
  {
    name: "a binding that nothing fills",
    part: "lut",
    make: (job) => {
      delete job.manifest.bindings.lut;
    },
    told: /bindings: lut is read-only and nothing fills it|bindings\.lut: lut is read-only and nothing fills it/,
  },
  {
    name: "a misspelt binding",
    part: "lut",
    make: (job) => {
      const { lut, ...others } = job.manifest.bindings;
      Object.assign(job.manifest, { bindings: { ...others, lutt: lut ?? {} } });
    },
    told: /bindings\.lutt: The kernel has no binding lutt\. Did you mean lut\?/,
  },
  {
    name: "a file that is missing",
    part: "lut",
    make: (job) => Object.assign(job.manifest.bindings, { lut: { init: { file: "table.bin" } } }),
    told: /bindings\.lut\.init\.file: The package has no file table\.bin/,
  },
  {
    name: "a type in a function",
    part: "helper",
    make: (job) => replace(job, "return x * 2u;", "return 2.5;"),
    told: /kernel\.wgsl:7:\d+ : cannot convert value of type 'abstract-float' to type 'u32'/,
  },
  {
    name: "a type in an entry point",
    part: "fill",
    make: (job) => replace(job, "= params.width;", "= true;"),
    told: /kernel\.wgsl:13:\d+ : cannot assign 'bool' to 'u32'/,
  },
  {
    name: "a name in the kernel",
    part: "main",
    make: (job) => replace(job, "u32(params.scale);", "nobody;"),
    told: /kernel\.wgsl:16:\d+ : Nothing declares nobody/,
  },
  {
    name: "the syntax of a function",
    part: "spare",
    make: (job) => replace(job, "return x;", "return x"),
    told: /kernel\.wgsl:10:\d+ : Expected ';' after return statement/,
  },
  { name: "a cell", part: "line 7", make: (job) => cell(job, 7, 0, "seven"), told: /rows\.csv:7:1 a: "seven" is no number/ },
  {
    name: "another kind of cell in the same column",
    part: "line 6",
    make: (job) => cell(job, 6, 0, "99999999999999999999999"),
    told: /rows\.csv:6:1 a: 99999999999999999999999 has more than 64 bits/,
  },
  {
    name: "a cell that does not fit",
    part: "line 5",
    make: (job) => cell(job, 5, 0, "-7"),
    told: /set\.first: \$row\.a reaches -7 \(rows\.csv:5:1\), which does not fit u32/,
  },
  {
    name: "a cell that does not fit at the other end",
    part: "line 4",
    make: (job) => cell(job, 4, 0, "5000000000"),
    told: /set\.first: \$row\.a reaches 5000000000 \(rows\.csv:4:1\), which does not fit u32/,
  },
  {
    name: "a fraction",
    part: "line 3",
    make: (job) => cell(job, 3, 0, "2.5"),
    told: /set\.first: \$row\.a is not always a whole number \(rows\.csv:3:1\)/,
  },
  { name: "a short line", part: "line 8", make: (job) => job.rows.splice(7, 1, ["1", "2"]), told: /rows\.csv:8:1 : The line has 2 fields/ },
  {
    name: "a column",
    part: "scale",
    make: (job) => Object.assign(setOf(job), { scale: "$row.zz" }),
    told: /set\.scale: The units' table has no column zz/,
  },
  {
    name: "workgroups",
    part: "pass 1",
    make: (job) => Object.assign(passOf(job, 1), { workgroups: [0] }),
    told: /passes\[1\]\.workgroups\[0\]: It is 0\. The least is 1/,
  },
  {
    name: "an entry point",
    part: "pass 0",
    make: (job) => Object.assign(passOf(job, 0), { entryPoint: "fil" }),
    told: /passes\[0\]\.entryPoint: The kernel has no entry point fil\. Did you mean fill/,
  },
  {
    name: "a reducer",
    part: "reduce",
    make: (job) => Object.assign(outputOf(job), { reduce: { kind: "som" } }),
    told: /output\[0\]\.reduce\.kind: It is "som"\. Did you mean sum/,
  },
  {
    name: "a tolerance without its name",
    part: "compare",
    make: (job) => Object.assign(outputOf(job), { compare: 0.00001 }),
    told: /output\[0\]\.compare: 0\.00001 is none of the forms that are allowed here\. Write "exact" or|Write \{"rtol": 0\.00001\}/,
  },
  {
    name: "an override",
    part: "overrides",
    make: (job) => Object.assign(job.manifest, { overrides: { blokSize: 64 } }),
    told: /overrides\.blokSize: The kernel has no override blokSize\. Did you mean blockSize/,
  },
  {
    name: "an override of another type",
    part: "overrides",
    make: (job) => Object.assign(job.manifest, { overrides: { blockSize: "64" } }),
    told: /overrides\.blockSize: /,
  },
  {
    name: "a tier",
    part: "verify",
    make: (job) => Object.assign(job.manifest, { verify: { tier: "trusted" } }),
    told: /verify\.tier: A public job cannot trust/,
  },
];

/** Each flaw is told by one fault, and there are no others. */
function expectAll(faults: readonly string[], flaws: readonly Flaw[]): void {
  const left = [...faults];
  const untold = flaws.filter((flaw) => {
    const at = left.findIndex((fault) => flaw.told.test(fault));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  expect({ untold: untold.map(({ name }) => name), others: left }).toEqual({ untold: [], others: [] });
}

it("the job without a flaw is admitted", async () => {
  expect(await judges.admit(packageOf(filesOf(good())))).toMatchObject({ ok: true });
});

it.each(FLAWS)("$name alone is told alone", async (flaw) => {
  const job = good();
  flaw.make(job);
  expectAll((await told(job)).faults, [flaw]);
});

it("any of them together are all told in the first round, and no other", async () => {
  const some = fc.shuffledSubarray(FLAWS, { minLength: 2 }).map((flaws) => {
    const first = flaws.filter(({ part }, index) => flaws.findIndex((other) => other.part === part) === index);
    // As they are made, so that one that replaces a part of the manifest takes no other with it.
    return FLAWS.filter((flaw) => first.includes(flaw));
  });
  await fc.assert(
    fc.asyncProperty(some, async (flaws) => {
      const job = good();
      for (const flaw of flaws) flaw.make(job);
      expectAll((await told(job)).faults, flaws);
    }),
    { numRuns: 60 },
  );
});

/** A job whose stores, at its two passes of 64 invocations, go `by` elements beyond what its output says. */
const overrun = (by: number): Job => {
  const job = good();
  replace(job, "  values[id.x] = params.width;", `  values[id.x + ${by}u] = params.width;`);
  return job;
};
const OVERRUN = /kernel\.wgsl:13:3 : fill stores values\[id\.x \+ 3u\] with indices up to 66, and values has 64 elements/;

describe("a store beyond an array", () => {
  it.each<[string, (job: Job) => void, RegExp[]]>([
    ["a title", (job) => Object.assign(job.manifest, { title: 5 }), [/title: /]],
    ["an unknown member", (job) => Object.assign(job.manifest, { priorty: 1 }), [/priorty/]],
    ["a seed", (job) => Object.assign(job.manifest, { seed: -1 }), [/seed/]],
  ])("is told beside %s, and that is all there is", async (_, make, others) => {
    const job = overrun(3);
    make(job);
    const { faults, isCut } = await told(job);
    expect(faults).toEqual([...others.map((other) => expect.stringMatching(other)), expect.stringMatching(OVERRUN)]);
    expect(isCut).toBe(false);
  });

  it.each<[string, (job: Job) => void]>([
    ["the array's length is wrong", (job) => Object.assign(outputOf(job), { dtype: "u23" })],
    ["its output has another name", (job) => Object.assign(outputOf(job), { binding: "valeus" })],
    ["the dispatch is wrong", (job) => Object.assign(passOf(job, 0), { workgroups: [0] })],
    ["the workgroup is too large", (job) => Object.assign(job.manifest, { overrides: { blockSize: 4096 } })],
    ["the kernel has another fault", (job) => replace(job, "return x * 2u;", "return 2.5;")],
  ])("is left for later where %s, and it is said that there is more", async (_, make) => {
    const job = overrun(3);
    make(job);
    const { faults, isCut } = await told(job);
    expect(faults).toHaveLength(1);
    expect(faults.join()).not.toMatch(OVERRUN);
    expect(isCut).toBe(true);
  });

  it("is not made of a number that could not be read", async () => {
    const job = good();
    replace(job, "values[id.x] = params.width;", "if (id.x >= params.width) { values[id.x + 60u] = 1u; }");
    Object.assign(job.manifest.bindings, { params: { set: { first: "$row.a", width: "$row.zz", scale: "$row.c" } } });
    expect((await told(job)).faults).toEqual([expect.stringMatching(/has no column zz/)]);
  });
});

describe("a column with many wrong cells", () => {
  it("tells the first of each kind and counts the others", async () => {
    const job = good();
    job.rows.push(...Array.from({ length: 40 }, (_, index) => [index % 2 ? "x" : "99999999999999999999999", "1", "1"]));
    expect((await told(job)).faults.map((fault) => fault.replace(/ (Write|Whole) .*/, ""))).toEqual([
      "rows.csv:10:1 a: 99999999999999999999999 has more than 64 bits.",
      'rows.csv:11:1 a: "x" is no number.',
      "rows.csv:12:1 a: 99999999999999999999999 has more than 64 bits.",
      'rows.csv:13:1 a: "x" is no number.',
      "rows.csv:14:1 a: 99999999999999999999999 has more than 64 bits; so it is with 17 more values of this column.",
      'rows.csv:15:1 a: "x" is no number; so it is with 17 more values of this column.',
    ]);
  });

  it("counts the values that do not fit", async () => {
    const job = good();
    for (const line of [3, 4, 5, 6]) cell(job, line, 0, `${-line}`);
    expect((await told(job)).faults).toEqual([
      expect.stringMatching(/\$row\.a reaches -6 \(rows\.csv:6:1\), which does not fit u32; so it is with 3 more rows\./),
    ]);
  });

  it("has a bounded number of faults, whatever stands in it", async () => {
    const job = good();
    const names = Array.from({ length: 61 }, (_, index) => `c${index}`);
    Object.assign(job.manifest.bindings, { params: { set: Object.fromEntries(names.map((name) => [name, `$row.${name}`])) } });
    job.rows = [["a", "b", "c", ...names], ...Array.from({ length: 1_000 }, () => ["1", "1", "1", ...names.map(() => "x")])];
    const faults = (await told(job)).faults.filter((fault) => fault.startsWith("rows.csv"));
    expect(faults).toHaveLength(12 * 3 + 1);
    expect(faults.join()).toMatch(/49000 more values of other columns are wrong\./);
  });
});

describe("the rest of a manifest that has a part of another form", () => {
  it.each<[string, (job: Job) => void, RegExp[]]>([
    [
      "its units are none",
      (job) => Object.assign(job.manifest, { units: { count: "many" }, output: [{ binding: "valeus", dtype: "u32", shape: [64] }] }),
      [/units\.count: /, /output\[0\]\.binding: The kernel has no binding valeus/],
    ],
    [
      "its passes are no list",
      (job) => Object.assign(setOf(Object.assign(job, { manifest: { ...job.manifest, passes: "main" } })), { widht: 1 }),
      [/set\.widht: /, /passes: It is "main", where a list is expected/],
    ],
    [
      "its bindings are no object",
      (job) => {
        Object.assign(job.manifest, { bindings: [], seed: -1 });
        replace(job, "return x * 2u;", "return 2.5;");
      },
      [/bindings: It is a list/, /seed: /, /kernel\.wgsl:7:/],
    ],
    [
      "its kernel is a name",
      (job) => Object.assign(job.manifest, { kernel: "kernel.wgsl", seed: -1 }),
      [/kernel: It is "kernel\.wgsl", where a list is expected\. Write \["kernel\.wgsl"\]/, /seed: /],
    ],
    ["its outputs are missing", (job) => Object.assign(job.manifest, { output: undefined, priorty: 1 }), [/output is missing/, /priorty/]],
    [
      "a binding has a name that is none",
      (job) => Object.assign(job.manifest, { bindings: { "par ams": job.manifest.bindings.params, lut: job.manifest.bindings.lut } }),
      [/"par ams" is no name that WGSL allows/],
    ],
  ])("is judged where %s", async (_, make, expected) => {
    const job = good();
    make(job);
    const { faults } = await told(job);
    expect(faults).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

describe("a job.json that is no JSON", () => {
  const written = (job: Job, change: (text: string) => string) => ({ "job.json": change(JSON.stringify(job.manifest, null, 1)) });

  it("is judged all the same where only commas and comments are wrong", async () => {
    const job = good();
    Object.assign(job.manifest, { priorty: 1 });
    replace(job, "return x * 2u;", "return 2.5;");
    const text = written(job, (json) => json.replace("{", "{ // mine").replace(/\n}$/, ",\n}"));
    expect((await told(job, text)).faults).toEqual([
      expect.stringMatching(/^job\.json:1:3 : JSON has no comments/),
      expect.stringMatching(/priorty/),
      expect.stringMatching(/^job\.json:53:14 : There is a comma before the }/),
      expect.stringMatching(/^kernel\.wgsl:7:/),
    ]);
  });

  it("has its kernel judged where that is named before the fault", async () => {
    const job = good();
    replace(job, "return x * 2u;", "return 2.5;");
    const { faults, isCut } = await told(
      job,
      written(job, (json) => json.replace('"units":', '"units"')),
    );
    expect(faults).toEqual([expect.stringMatching(/A colon is missing here/), expect.stringMatching(/^kernel\.wgsl:7:/)]);
    expect(isCut).toBe(true);
  });
});
