/** `run`: packages on Dawn, in a process of its own, against what the CPU computes. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../../server/root.ts";
import { FOREIGN, GALLERY } from "../../browser/kernels.packages.ts";
import { completions, countPrimes, readBoards } from "../../browser/kernels.references.ts";
import * as bitonic from "../../fixtures/foreign/bitonic/expected.ts";
import * as life from "../../fixtures/foreign/life/expected.ts";
import * as matmul from "../../fixtures/foreign/matmul/expected.ts";
import * as prefixSum from "../../fixtures/foreign/prefix-sum/expected.ts";

const TIMEOUT = 120_000;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-run-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

function idlewave(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    // A shell of a service or a container has no folder for a screen's sockets.
    const env = { ...process.env, XDG_RUNTIME_DIR: undefined };
    execFile(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const software = (...args: string[]) => idlewave("run", ...args, "--software");

describe("a package that runs on this machine", () => {
  it.each([
    ["bitonic", bitonic.expected],
    ["life", life.expected],
    ["matmul", matmul.expected],
    ["prefix-sum", prefixSum.expected],
  ] as const)(
    "%s gives the bytes that the CPU gives",
    async (name, expected) => {
      const out = join(folder, `${name}.bin`);
      const ran = await software(join(FOREIGN, name), "--out", out, "--format", "raw", "--json");
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      const { units } = JSON.parse(ran.stdout) as { units: number };
      const wanted = Array.from({ length: units }, (_, unit) => [...expected(unit)]).flat();
      expect([...(await readFile(out))]).toEqual(wanted);
    },
    TIMEOUT,
  );

  it(
    "computes the units that are asked for, from rows and from files, and prints a short answer",
    async () => {
      const boards = (await readBoards()).slice(2, 5);
      const queens = await software(join(GALLERY, "n-queens"), "--units", "2-4");
      expect(JSON.parse(queens.stdout)).toMatchObject({
        value: String(boards.reduce((sum, board) => sum + completions(14, board), 0)),
        units: 3,
        holes: [
          { start: 0, length: 2 },
          { start: 5, length: 151 },
        ],
      });
      const primes = await software(join(GALLERY, "prime-count"), "--units", "0-1", "--json");
      expect(primes.stderr).not.toContain("XDG_RUNTIME_DIR");
      const counted = countPrimes(2, 1_000_000).reduce((sum, primes) => sum + primes, 0);
      expect(JSON.parse(primes.stdout)).toMatchObject({ units: 2, software: true, result: { value: String(counted) } });
    },
    TIMEOUT,
  );
});

/** Records of a u32, 100 in all, of which a unit gets the first that are left of its `recordsPerUnit`. */
const leftJob = (recordsPerUnit: number) => ({
  name: "left",
  kernel: ["kernel.wgsl"],
  units: { split: "src" },
  bindings: {
    src: { init: { file: "src.bin", split: { recordBytes: 4, recordsPerUnit } } },
    left: { set: { "": { of: "$unit.index", scale: -recordsPerUnit, offset: 100 } } },
  },
  passes: [{ workgroups: [1] }],
  output: [
    { binding: "dst", dtype: "u32", shape: [recordsPerUnit] },
    { binding: "taken", dtype: "u32", shape: [1], reduce: { kind: "sum" } },
  ],
});
const LEFT = (recordsPerUnit: number) => `@group(0) @binding(0) var<storage, read> src: array<u32>;
@group(0) @binding(1) var<uniform> left: u32;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;
@group(0) @binding(3) var<storage, read_write> taken: atomic<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= min(left, ${recordsPerUnit})) { return; }
  dst[id.x] = src[id.x] + 1u;
  atomicAdd(&taken, 1u);
}`;

describe("a short last unit, told of by the map that the warning names", () => {
  it.each([
    ["more invocations than records", 30],
    ["as many", 64],
  ])(
    "takes each record once and none beyond, with %s",
    async (_, recordsPerUnit) => {
      const package_ = join(folder, `left-${recordsPerUnit}`);
      await mkdir(package_);
      await writeFile(join(package_, "job.json"), JSON.stringify(leftJob(recordsPerUnit)));
      await writeFile(join(package_, "kernel.wgsl"), LEFT(recordsPerUnit));
      await writeFile(
        join(package_, "src.bin"),
        Uint32Array.from({ length: 100 }, (_, record) => record),
      );
      const out = join(folder, `left-${recordsPerUnit}.json`);
      const ran = await software(package_, "--out", out, "--format", "json", "--output", "dst");
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      expect(ran.stderr).not.toMatch(/recordsPerUnit|stays inside|indices up to/);
      const { value } = JSON.parse(await readFile(out, "utf8")) as { value: number[][] };
      const padded = Math.ceil(100 / recordsPerUnit) * recordsPerUnit;
      expect(value.flat()).toEqual(Array.from({ length: padded }, (_, record) => (record < 100 ? record + 1 : 0)));
      const taken = await software(package_, "--output", "taken", "--out", out, "--format", "json");
      expect(taken, taken.stderr).toMatchObject({ code: 0 });
      expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({ value: "100" });
    },
    TIMEOUT,
  );
});

/** Each workgroup stores its number where the next of them is to go: in which order they run is the driver's choice. */
const RACE = `@group(0) @binding(0) var<storage, read_write> order: array<u32>;
@group(0) @binding(1) var<storage, read_write> next: atomic<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  order[atomicAdd(&next, 1u)] = id.x;
}`;
const RACE_JOB = {
  name: "race",
  kernel: ["kernel.wgsl"],
  units: { count: 3 },
  bindings: { next: { scratch: true } },
  passes: [{ workgroups: [4096] }],
  output: [{ binding: "order", dtype: "u32", shape: [262_144] }],
};

describe("where the results go", () => {
  it(
    "writes to stdout, and prints the beginning of what is long",
    async () => {
      const package_ = join(FOREIGN, "life");
      const piped = await software(package_, "--units", "0", "--out", "-", "--format", "ndjson");
      expect(piped, piped.stderr).toMatchObject({ code: 0 });
      const [line = ""] = piped.stdout.split("\n");
      expect(JSON.parse(line)).toMatchObject({ unit: 0 });
      const printed = await software(package_, "--units", "0");
      expect(printed).toMatchObject({ code: 0 });
      expect(printed.stdout).toMatch(/^{"job":0,"name":"life",.*"value":\[.*, …\n$/);
      expect(printed.stdout.length).toBeLessThan(2_010);
      expect(printed.stderr).toContain("--out <file> writes them all");
      expect(printed.stderr).not.toContain("gave other bytes");
    },
    TIMEOUT,
  );

  it(
    "is known before anything is computed",
    async () => {
      const package_ = join(FOREIGN, "life");
      const nowhere = await idlewave("run", package_, "--out", join(folder, "none", "x.csv"));
      expect(nowhere).toMatchObject({ code: 2, stdout: "" });
      expect(nowhere.stderr).toContain(`There is no folder ${join(folder, "none")}. Make it first`);
      const unnamed = await idlewave("run", package_, "--format", "png");
      expect(unnamed).toMatchObject({ code: 2, stdout: "" });
      expect(unnamed.stderr).toContain("--out - for stdout");
    },
    TIMEOUT,
  );
});

describe("a kernel that gives other bytes each time", () => {
  it(
    "is told of its first two units, after check's warnings, and fails",
    async () => {
      const package_ = join(folder, "race");
      await mkdir(package_);
      await writeFile(join(package_, "kernel.wgsl"), RACE);
      await writeFile(join(package_, "job.json"), JSON.stringify(RACE_JOB));
      const ran = await software(package_, "--out", join(folder, "race.bin"));
      expect(ran, ran.stderr).toMatchObject({ code: 7, stdout: "" });
      expect(ran.stderr).toContain("Unit 0 gave other bytes the second time");
      expect(ran.stderr).not.toContain("Unit 2 ");
      expect(ran.stderr).toMatch(/gflopPerUnit: it is missing/);
      const json = await software(package_, "--out", join(folder, "race.bin"), "--json");
      expect(json, json.stderr).toMatchObject({ code: 7 });
      expect(JSON.parse(json.stdout)).toMatchObject({
        unstable: [0, 1],
        warnings: expect.arrayContaining([expect.stringMatching(/gflopPerUnit/)]),
      });
    },
    TIMEOUT,
  );
});

describe("a kernel whose numbers are a little off each time", () => {
  it.each([
    [{ rtol: 0.001 }, 0],
    [{ ulps: 1 }, 7],
  ])(
    "passes within the job's tolerance, and fails beyond it: %j",
    async (compare, code) => {
      const package_ = join(folder, `near-${code}`);
      await mkdir(package_);
      const near = RACE.replace("array<u32>", "array<f32>").replace("= id.x;", "= 1.0 + f32(id.x / 64u % 64u) * 0.000001;");
      await writeFile(join(package_, "kernel.wgsl"), near);
      const output = [{ ...RACE_JOB.output[0], dtype: "f32", compare }];
      await writeFile(join(package_, "job.json"), JSON.stringify({ ...RACE_JOB, output }));
      const ran = await software(package_, "--out", join(folder, "near.bin"));
      expect(ran, ran.stderr).toMatchObject({ code });
      if (code === 7) expect(ran.stderr).toContain("Unit 0 gave another result the second time, beyond the job's tolerance");
      else expect(ran.stderr).not.toContain("the second time");
    },
    TIMEOUT,
  );
});

describe("a kernel whose numbers are not finite", () => {
  it.each([
    [{ rtol: 0.001 }, undefined, 7, "output[0].compare"],
    [undefined, { compare: { rtol: 0.001 } }, 7, "verify.compare"],
    [{ rtol: 0.001, nonFinite: "allow" }, undefined, 0, ""],
  ])(
    "is told of it with the place that allows it: %j, %j",
    async (compare, verify, code, place) => {
      const package_ = await mkdtemp(join(folder, "infinite-"));
      const kernel = `@group(0) @binding(0) var<uniform> unit: u32;
@group(0) @binding(1) var<storage, read_write> o: array<f32>;
@compute @workgroup_size(1) fn main() { o[0] = bitcast<f32>(select(unit, 0x7f800000u, unit >= 2u)); }`;
      await writeFile(join(package_, "kernel.wgsl"), kernel);
      const output = [{ binding: "o", dtype: "f32", shape: [1], compare }];
      const bindings = { unit: { set: { "": "$unit.index" } } };
      const job = { ...RACE_JOB, units: { count: 5 }, bindings, passes: [{ workgroups: [1] }], output, verify };
      await writeFile(join(package_, "job.json"), JSON.stringify(job));
      const ran = await software(package_, "--out", join(folder, "infinite.bin"));
      expect(ran, ran.stderr).toMatchObject({ code });
      expect(ran.stderr).not.toContain("the second time");
      if (code === 0) expect(ran.stderr).not.toContain("infinity");
      else
        expect(ran.stderr).toContain(
          `o of unit 2 has NaN or an infinity, and 2 more units like it: volunteers' results with such are refused. Mend the kernel, or write "nonFinite": "allow" in ${place}.`,
        );
    },
    TIMEOUT,
  );
});

describe("what cannot be run", () => {
  it(
    "says so in one sentence with its way out",
    async () => {
      const package_ = join(GALLERY, "n-queens");
      for (const units of ["4-2", "0-156", "x", "-1", "3-5,29"]) {
        const ran = await idlewave("run", package_, `--units=${units}`);
        expect(ran).toMatchObject({ code: 2 });
        expect(ran.stderr).toContain("several as 0-3, no list; the job has the units 0 to 155");
      }
      const raw = await software(package_, "--units", "0", "--out", join(folder, "x.csv"), "--output", "nothing");
      expect(raw).toMatchObject({ code: 1 });
      expect(raw.stderr).toContain("output nothing");
      const missing = await idlewave("run", folder);
      expect(missing).toMatchObject({ code: 2 });
      expect(missing.stderr).toContain("There is no job.json");
    },
    TIMEOUT,
  );

  it(
    "is a kernel that does not end, and the command does",
    async () => {
      const ran = await software(join(ROOT, "tests", "fixtures", "jobs", "endless"), "--json");
      expect(ran.code, ran.stderr).toBe(1);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        error: { code: "endless-kernel", message: expect.stringMatching(/^The kernel of endless did not end on /) },
      });
    },
    TIMEOUT,
  );
});
