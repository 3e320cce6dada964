import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CliError } from "../../../server/cli/exit.ts";
import { nameNeighbours, packageFiles, referencesOf } from "../../../server/cli/folder.ts";
import { multipart } from "../../../server/cli/multipart.ts";
import type { Fault } from "../../../shared/errors.ts";

let outside: string;
let dir: string;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "idlewave-folder-"));
  dir = join(outside, "job");
  await mkdir(join(dir, "data"), { recursive: true });
});
afterEach(() => rm(outside, { recursive: true, force: true }));

/** The faults that the package is refused with. */
async function refusedWith(): Promise<Fault[]> {
  const error: unknown = await packageFiles(dir).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exit: 3, body: { code: "refused" } });
  return (error as CliError).body.faults ?? [];
}

const manifest = {
  kernel: ["kernel.wgsl", "lib/sort.wesl"],
  units: { rows: "boards.csv" },
  bindings: { points: { init: { file: "data/points.bin" } }, zeroed: { init: "zero" } },
  passes: [{ table: "stages.csv" }, { workgroups: [1] }],
};

describe("the files a manifest names", () => {
  test("are its kernels, rows, tables and inputs, each once", () => {
    const named = referencesOf(JSON.stringify({ ...manifest, kernel: [...manifest.kernel, "kernel.wgsl"] }));
    expect(named).toEqual(["kernel.wgsl", "lib/sort.wesl", "boards.csv", "stages.csv", "data/points.bin"]);
  });

  test.each(["../secret", "/etc/passwd", "a/../b", "", ".env", "a b", "job.json"])("never include %j", (path) => {
    expect(referencesOf(JSON.stringify({ kernel: [path] }))).toEqual([]);
  });

  test("are found behind a byte order mark", () => {
    expect(referencesOf('\uFEFF{"kernel": ["kernel.wgsl"]}')).toEqual(["kernel.wgsl"]);
  });

  test("are none in what is no manifest", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(Array.isArray(referencesOf(text))).toBe(true);
      }),
    );
    expect(referencesOf("{")).toEqual([]);
    expect(referencesOf('{"kernel": 7, "passes": "x", "bindings": [1]}')).toEqual([]);
  });
});

describe("a file that is missing", () => {
  test("is told with the one of nearly its name in the folder, in whichever folder of the package, that nobody else names", async () => {
    for (const path of ["boards.bin", "notes.txt", "first.wgsl", "data/points.bin", "job.json"]) await writeFile(join(dir, path), "{}");
    const missing = (path?: string): Fault => ({
      file: "job.json",
      wrong: "It is not there.",
      right: "Add it.",
      ...(path ? { missing: path } : {}),
    });
    const paths = ["board.bin", "data/point.bin", "jobs.json", "kernel.wgsl", "elsewhere/far.bin", "../boards.bin", undefined];
    const named = await nameNeighbours(dir, paths.map(missing), await packageFiles(dir));
    expect(named.map(({ right }) => right)).toEqual([
      "Did you mean boards.bin?",
      "Did you mean data/points.bin?",
      expect.stringMatching(
        /^Add it\. Its folder has (?=.*boards\.bin)(?=.*first\.wgsl)(?=.*notes\.txt).* too, which job\.json does not name\.$/,
      ),
      "Did you mean first.wgsl?",
      ...Array<string>(3).fill("Add it."),
    ]);
  });
});

describe("a package on disk", () => {
  test("is job.json and the named files that are there", async () => {
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    await writeFile(join(dir, "kernel.wgsl"), "// kernel");
    await writeFile(join(dir, "data", "points.bin"), "12345");
    await writeFile(join(dir, "notes.txt"), "private");
    const files = await packageFiles(dir);
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ["job.json", JSON.stringify(manifest).length],
      ["kernel.wgsl", 9],
      ["data/points.bin", 5],
    ]);
  });

  test("is refused with a link out of its folder, which is named and never followed", async () => {
    await writeFile(join(outside, "secret"), "private");
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    await symlink(join(outside, "secret"), join(dir, "kernel.wgsl"));
    const [fault] = await refusedWith();
    expect(fault).toMatchObject({ file: "kernel.wgsl", wrong: "It is a link that leads out of the folder." });
  });

  test("is fine with a link that stays inside", async () => {
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    await writeFile(join(dir, "data", "real.wgsl"), "// kernel");
    await symlink(join("data", "real.wgsl"), join(dir, "kernel.wgsl"));
    expect((await packageFiles(dir)).map(({ path }) => path)).toEqual(["job.json", "kernel.wgsl"]);
  });

  test("is refused with a job.json of 10 MB by its size, before it is read", async () => {
    await writeFile(join(dir, "job.json"), Buffer.alloc(10_000_000, " "));
    const faults = await refusedWith();
    expect(faults).toEqual([
      { file: "job.json", wrong: "It has 10,000,000 bytes.", right: "At most 262,144 are allowed for such a file." },
    ]);
  });

  test("is refused with every text that is too large, in one go", async () => {
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    await mkdir(join(dir, "lib"));
    for (const path of ["kernel.wgsl", "lib/sort.wesl"]) await writeFile(join(dir, path), Buffer.alloc(300_000, " "));
    expect((await refusedWith()).map(({ file }) => file)).toEqual(["kernel.wgsl", "lib/sort.wesl"]);
  });

  test("is refused when job.json names 10,000 files", async () => {
    const kernel = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
    await writeFile(join(dir, "job.json"), JSON.stringify({ kernel }));
    expect(await refusedWith()).toEqual([
      { file: "job.json", wrong: "It names 10,000 files.", right: "At most 255 are allowed beside it." },
    ]);
  });

  test("leaves out thousands of files that job.json does not name", async () => {
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    await writeFile(join(dir, "kernel.wgsl"), "// kernel");
    for (let i = 0; i < 3_000; i++) writeFileSync(join(dir, "data", `${i}.txt`), "");
    expect((await packageFiles(dir)).map(({ path }) => path)).toEqual(["job.json", "kernel.wgsl"]);
  });

  test("without a job.json is a wrong usage", async () => {
    const todo = async (place: string) => ((await packageFiles(place).catch((error: unknown) => error)) as CliError).body;
    expect(await todo(dir)).toMatchObject({ code: "no-package", todo: expect.stringContaining("or make one with") });
    await writeFile(join(dir, "Job.json"), "{}");
    expect((await todo(dir)).todo).toBe("Did you mean Job.json? Rename it job.json.");
    expect((await todo(join(dir, "job.json"))).todo).toBe(`Name the folder that it is in: ${dir}.`);
  });

  test("travels as multipart that a foreign parser reads back", async () => {
    await writeFile(join(dir, "job.json"), '{"kernel":["kernel.wgsl"]}');
    await writeFile(join(dir, "kernel.wgsl"), Uint8Array.of(0, 13, 10, 45, 45, 255));
    let sent = 0;
    const { contentType, body } = multipart(await packageFiles(dir), (bytes) => {
      sent += bytes;
    });
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    const form = await new Response(Buffer.concat(parts), { headers: { "content-type": contentType } }).formData();
    expect([...form.keys()]).toEqual(["job.json", "kernel.wgsl"]);
    const kernel = form.get("kernel.wgsl") as File;
    expect([...new Uint8Array(await kernel.arrayBuffer())]).toEqual([0, 13, 10, 45, 45, 255]);
    expect(sent).toBe(26 + 6);
  });
});
