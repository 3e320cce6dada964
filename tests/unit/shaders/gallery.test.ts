import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { iterations } from "../../../shaders/deep-mandelbrot/reference.mjs";
import { type Manifest, ManifestSchema } from "../../../shared/manifest.ts";
import { admitted, judgesHere, packageOf } from "../admit/package.ts";

const GALLERY = fileURLToPath(new URL("../../../shaders/", import.meta.url));
const FOREIGN = fileURLToPath(new URL("../../fixtures/foreign/", import.meta.url));
const JOBS = ["n-queens", "prime-count", "mersenne-factors", "deep-mandelbrot", "benchmark"];
const schema = Compile(ManifestSchema);
const judges = judgesHere();

/** A copy of all packages, so that their scripts may write. */
let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "idlewave-gallery-"));
  await cp(GALLERY, join(copy, "shaders"), { recursive: true });
  await cp(FOREIGN, join(copy, "foreign"), { recursive: true });
});
afterAll(() => rm(copy, { recursive: true, force: true }));

async function json(...path: string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}

async function manifest(...path: string[]): Promise<Manifest> {
  const value = await json(...path, "job.json");
  if (!schema.Check(value)) throw new Error(JSON.stringify(schema.Errors(value)));
  return value;
}

const script = (folder: string, name: string, ...args: string[]) =>
  execFileSync(process.execPath, [join(copy, folder, name), ...args], { encoding: "utf8" });

it.each([
  ["deep-mandelbrot", "place.mjs", [], "usage: node place.mjs RE IM STEP_EXPONENT [COLUMNS ROWS]\n"],
  ["deep-mandelbrot", "place.mjs", ["a", "0", "59"], "a is no decimal number like -0.0632\n"],
  ["deep-mandelbrot", "place.mjs", ["0", "0", "many"], "usage: node place.mjs RE IM STEP_EXPONENT [COLUMNS ROWS]\n"],
  ["prime-count", "primes.mjs", ["9"], "usage: node primes.mjs END, with 10^6 <= END <= 10^12\n"],
  ["n-queens", "boards.mjs", [], "usage: node boards.mjs N, with 6 <= N <= 31\n"],
  ["mersenne-factors", "exponents.mjs", ["4"], "usage: node exponents.mjs END, with 12 <= END <= 10000\n"],
])("%s/%s with %j says how it is used, and no more", (job, name, args, said) => {
  const { status, stderr } = spawnSync(process.execPath, [join(copy, "shaders", job, name), ...args], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 1, stderr: said });
});

describe("a package of the gallery", () => {
  it.each(JOBS)("%s says what it is, for whom, and what its answer must be", async (name) => {
    const job = await manifest(GALLERY, name);
    expect(job.name).toBe(name);
    for (const words of [job.title, job.for, job.description, job.noun]) expect(words).toBeTruthy();
    const reference = (await json(GALLERY, name, "reference.json")) as { output: string };
    expect(job.output.map(({ binding }) => binding)).toContain(reference.output);
    expect(await readFile(join(GALLERY, name, "README.md"), "utf8")).toMatch(/reference\.json/);
  });

  it.each(JOBS)("%s is admitted without a warning", async (name) => {
    const folder = join(GALLERY, name);
    const files = (await readdir(folder)).filter((file) => !file.startsWith("reference") && file !== "README.md");
    const contents = await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file))] as const));
    expect(admitted(await judges.admit(packageOf(Object.fromEntries(contents)))).warnings).toEqual([]);
  });

  it("has no package that no test knows", async () => {
    expect((await readdir(GALLERY)).sort()).toEqual([...JOBS].sort());
  });

  it.each([
    ["n-queens", "boards.mjs", "14", "boards.csv"],
    ["prime-count", "primes.mjs", "100000000", "primes.bin"],
    ["mersenne-factors", "exponents.mjs", "400", "exponents.csv"],
    ["mersenne-factors", "exponents.mjs", "400", "reference.json"],
  ])("%s holds what its script writes", async (name, program, argument, file) => {
    await rm(join(copy, "shaders", name, file));
    script(`shaders/${name}`, program, argument);
    expect(await readFile(join(copy, "shaders", name, file))).toEqual(await readFile(join(GALLERY, name, file)));
  });

  it("counts every filling of three rows once, by whole workgroups", async () => {
    const { overrides, passes, output } = await manifest(GALLERY, "n-queens");
    const fillings = Number(overrides?.N) ** Number(overrides?.DEPTH);
    expect(passes[0]?.workgroups).toEqual([Math.ceil(fillings / 64)]);
    expect(output[0]?.shape).toEqual(passes[0]?.workgroups);
  });
});

describe("the sea star", () => {
  it("lies where its script says", async () => {
    const printed = script(
      "shaders/deep-mandelbrot",
      "place.mjs",
      "-0.063211680743467030780984890228",
      "0.664408849531165975247334119313",
      "59",
    );
    const { bindings } = await manifest(GALLERY, "deep-mandelbrot");
    expect(bindings?.tile?.set).toMatchObject(JSON.parse(printed) as object);
    const around = (...tiles: string[]) =>
      JSON.parse(script("shaders/deep-mandelbrot", "place.mjs", "0", "0", "59", ...tiles)) as Record<string, { offset: string }>;
    expect(BigInt(around("38", "20").left?.offset ?? 0)).toBe(2n * BigInt(around().left?.offset ?? 0));
    expect(BigInt(around("19", "40").top?.offset ?? 0)).toBe(2n * BigInt(around().top?.offset ?? 0));
  });

  it("has four points of every tile in its reference, and BigInt counts them again", async () => {
    const { pixels } = (await json(GALLERY, "deep-mandelbrot", "reference.json")) as { pixels: [number, number, number][] };
    expect(new Set(pixels.map(([unit, element]) => `${unit} ${element}`)).size).toBe(4 * 380);
    for (const [unit, element, count] of pixels) {
      expect(iterations(32 * (unit % 19) + (element % 32), 32 * Math.floor(unit / 19) + Math.floor(element / 32))).toBe(count);
    }
  });

  it("would look the same with twice the bits after the point", async () => {
    const { pixels } = (await json(GALLERY, "deep-mandelbrot", "reference.json")) as { pixels: [number, number, number][] };
    const place = (await manifest(GALLERY, "deep-mandelbrot")).bindings?.tile?.set as Record<string, { scale: string; offset: string }>;
    const step = BigInt(String(place.step));
    const sample = pixels.filter((_, i) => i % 8 === 0);
    const same = sample.filter(([unit, element, count]) => {
      const { left, top } = place as { left: Corner; top: Corner };
      const re = BigInt(left.offset) + BigInt(left.scale) * BigInt(unit % 19) + step * BigInt(element % 32);
      const im = BigInt(top.offset) + BigInt(top.scale) * BigInt(Math.floor(unit / 19)) - step * BigInt(Math.floor(element / 32));
      return steps(re << 78n, im << 78n, 156n) === Math.floor(count / 8);
    });
    // A point whose last step ends within a rounding of the circle may fall on either side.
    expect(same.length).toBeGreaterThanOrEqual(sample.length - 2);
  });
});

interface Corner {
  scale: string;
  offset: string;
}

function steps(re: bigint, im: bigint, fraction: bigint): number {
  let [x, y] = [0n, 0n];
  for (let n = 0; n < 4000; n++) {
    const [a, b] = [x >> fraction, y >> fraction];
    if (a * a + b * b >= 4096n) return n;
    [x, y] = [((x * x - y * y) >> fraction) + re, ((2n * x * y) >> fraction) + im];
  }
  return 4000;
}

describe("a foreign package", () => {
  it("follows the schema, each of them", async () => {
    const names = (await readdir(FOREIGN, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(names.length).toBe(9);
    for (const name of names) expect((await manifest(FOREIGN, name)).name).toBe(name);
  });

  it("has the input files that the script writes", async () => {
    const files = (await readdir(FOREIGN, { recursive: true })).filter((path) => /\.bin$|stages\.csv$/.test(path));
    expect(files.length).toBe(9);
    for (const file of files) await rm(join(copy, "foreign", file));
    script("foreign", "write-inputs.mjs");
    for (const file of files) expect(await readFile(join(copy, "foreign", file))).toEqual(await readFile(join(FOREIGN, file)));
  });
});
