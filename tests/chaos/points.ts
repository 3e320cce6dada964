/**
 * Named fail points beneath the real coordinator, put there by the entry that the chaos command starts and by nothing else:
 * file-system calls and SQL statements at which the process gets SIGKILL. Production code knows nothing of them.
 */
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watch } from "./sqlite.ts";

export const POINTS = [
  /** Nothing of the transaction is written. */
  "before-begin",
  /** All its rows are, and it is not committed. */
  "before-commit",
  /** It is written and nobody has been told. */
  "after-commit",
  /** In the middle of a blob's bytes. */
  "in-blob",
  /** The blob is whole and has no name. */
  "before-rename",
  /** It has its name, and no row refers to it. */
  "after-rename",
  /** In the transaction of a migration. */
  "in-migration",
  /** Between two migrations. */
  "after-migration",
] as const;
export type Point = (typeof POINTS)[number];

/** Kills this process when `point` is reached for the `hit`-th time. */
export async function dieAt(point: Point, hit: number): Promise<void> {
  let left = hit;
  const reach = (reached: Point) => {
    if (reached === point && --left <= 0) process.kill(process.pid, "SIGKILL");
  };
  watchStatements(reach);
  watchRenames(reach);
  await watchWrites(reach);
}

function watchStatements(reach: (point: Point) => void): void {
  let migrating = false;
  watch({
    before(sql) {
      if (BEGIN.test(sql)) reach("before-begin");
      if (COMMIT.test(sql)) reach("before-commit");
    },
    after(sql) {
      if (SCHEMA.test(sql)) {
        migrating = true;
        reach("in-migration");
      }
      if (!COMMIT.test(sql)) return;
      reach("after-commit");
      if (migrating) reach("after-migration");
      migrating = false;
    },
  });
}

const BEGIN = /^\s*begin\b/i;
const COMMIT = /^\s*commit\b/i;
const SCHEMA = /^\s*(create|alter)\s+(?!.*\bversions\b)/i;

function watchRenames(reach: (point: Point) => void): void {
  const { rename } = fs;
  fs.rename = async (from, to) => {
    reach("before-rename");
    await rename(from, to);
    reach("after-rename");
  };
  syncBuiltinESMExports();
}

async function watchWrites(reach: (point: Point) => void): Promise<void> {
  const name = join(tmpdir(), `idlewave-chaos-${process.pid}`);
  const handle = await fs.open(name, "w");
  const prototype = Object.getPrototypeOf(handle) as { write: (...args: unknown[]) => Promise<unknown> };
  await handle.close();
  await fs.rm(name);
  const { write } = prototype;
  prototype.write = async function (this: unknown, ...args: unknown[]) {
    const written = await write.apply(this, args);
    reach("in-blob");
    return written;
  };
}
