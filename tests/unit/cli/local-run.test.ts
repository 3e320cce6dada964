/** `run`: packages on Dawn, in a process of its own, against what the CPU computes. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../../server/cli/root.ts";
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
    execFile(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], (error, stdout, stderr) =>
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
      const counted = countPrimes(2, 1_000_000).reduce((sum, primes) => sum + primes, 0);
      expect(JSON.parse(primes.stdout)).toMatchObject({ units: 2, software: true, result: { value: String(counted) } });
    },
    TIMEOUT,
  );
});

describe("what cannot be run", () => {
  it(
    "says so in one sentence with its way out",
    async () => {
      const package_ = join(GALLERY, "n-queens");
      for (const units of ["4-2", "0-156", "x", "-1"]) {
        const ran = await idlewave("run", package_, `--units=${units}`);
        expect(ran).toMatchObject({ code: 2 });
        expect(ran.stderr).toContain("the job has the units 0 to 155");
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
});
