/** Faults beneath SQLite: a last write that was torn anywhere, and a file that cannot grow. */
import { spawnSync } from "node:child_process";
import { cp, mkdir, open, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteStore } from "../../../server/store/sqlite.ts";
import type { AccountId } from "../../../shared/ids.ts";
import { jobRow, publicKey, replica, SPEC, temporaryFolder } from "../store/place.ts";

const NAME = "idlewave.sqlite";
const WRITER = fileURLToPath(new URL("../../simulation/writer.ts", import.meta.url));
const TEARS = 12;

/** A store in `folder`, with a job and an account. */
async function opened(folder: string) {
  const store = new SqliteStore(join(folder, NAME));
  const { id: job } = await store.addJob(jobRow(), { ...SPEC, requires: { features: [], limits: {} } });
  const { id: account } = await store.accountOf(publicKey(1), 1);
  return { store, job, account };
}

async function copied(from: string, to: string): Promise<string> {
  await mkdir(to);
  for (const suffix of ["", "-wal"]) await cp(join(from, NAME + suffix), join(to, NAME + suffix));
  return to;
}

describe("a last write that was torn", () => {
  it("is there whole or not at all, and what was committed before it is there, wherever it was torn", async () => {
    const folder = await temporaryFolder();
    const { store, job, account } = await opened(folder);
    const commit = (...units: number[]) => store.commit(units.map((index) => replica(job, index, account, "x")));
    await commit(1, 2);
    const before = (await stat(join(folder, `${NAME}-wal`))).size;
    await commit(...Array.from({ length: 60 }, (_, index) => 10 + index));
    const whole = await readFile(join(folder, `${NAME}-wal`));
    expect(whole.byteLength).toBeGreaterThan(before);
    const counts = new Set<number>();
    for (let tear = 0; tear <= TEARS; tear++) {
      const copy = await copied(folder, join(folder, `torn-${tear}`));
      const at = before + Math.floor(((whole.byteLength - before) * tear) / TEARS);
      const garbage = Buffer.alloc(whole.byteLength - at, 0xa5);
      await writeFile(join(copy, `${NAME}-wal`), tear % 2 === 0 ? whole.subarray(0, at) : Buffer.concat([whole.subarray(0, at), garbage]));
      const torn = new SqliteStore(join(copy, NAME));
      const kept = (await torn.unitsOf(job, account)).units.map(({ unit }) => unit).sort((a, b) => a - b);
      const row = await torn.account(account);
      await torn.close();
      expect(kept.slice(0, 2)).toEqual([1, 2]);
      expect(row).toMatchObject({ unitsSubmitted: kept.length, creditEscrow: kept.length * SPEC.creditPerUnit });
      counts.add(kept.length);
    }
    await store.close();
    expect([...counts].sort((a, b) => a - b)).toEqual([2, 62]);
  });
});

describe("a commit whose log the disk does not sync", () => {
  it("is not told as done, nor before the disk has it, and the next one is", async () => {
    const folder = await temporaryFolder();
    const { store, job, account } = await opened(folder);
    const handle = await open(join(folder, "any"), "w");
    const prototype = Object.getPrototypeOf(handle) as { datasync: () => Promise<void> };
    await handle.close();
    const { datasync } = prototype;
    onTestFinished(() => {
      prototype.datasync = datasync;
    });
    prototype.datasync = () => Promise.reject(Object.assign(new Error("EIO: injected"), { code: "EIO" }));
    await expect(store.commit([replica(job, 1, account, "x")])).rejects.toMatchObject({ code: "EIO" });
    let synced: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      synced = resolve;
    });
    prototype.datasync = () => disk;
    let isDone = false;
    const committed = store.commit([replica(job, 2, account, "x")]).then(() => {
      isDone = true;
    });
    // The database is anybody's meanwhile.
    expect((await store.account(account))?.unitsSubmitted).toBe(2);
    expect(isDone).toBe(false);
    synced();
    await committed;
    await store.close();
  });
});

it("a database that a link leads to is synced where it lies", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "disk"));
  await writeFile(join(folder, "disk", "there"), "");
  await symlink(join(folder, "disk", "there"), join(folder, NAME));
  const { store, job, account } = await opened(folder);
  await store.commit([replica(job, 1, account, "x")]);
  expect((await store.account(account))?.unitsSubmitted).toBe(1);
  await store.close();
});

describe("a database file that cannot grow", () => {
  it("stops the process, and all that was acknowledged before is there", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, NAME);
    const store = new SqliteStore(path);
    const { id: job } = await store.addJob(jobRow(), { ...SPEC, units: 1e6, requires: { features: [], limits: {} } });
    await store.close();
    // In the shell's blocks. A write beyond it fails instead of ending the process by its signal.
    const command = `trap '' XFSZ; ulimit -f 1200; exec "$0" --import tsx "$1" "$2" 1`;
    const ended = spawnSync("/bin/sh", ["-c", command, process.execPath, WRITER, path], { encoding: "utf8", timeout: 50_000 });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/full|disk I\/O error/);
    const acknowledged = ended.stdout.trim().split("\n");
    expect(acknowledged.length).toBeGreaterThan(5);
    const after = new SqliteStore(path);
    const account = Number(acknowledged[0]?.split(" ")[0]) as AccountId;
    const kept = new Set((await after.unitsOf(job, account)).units.map(({ unit }) => `${account} ${unit}`));
    expect(acknowledged.filter((line) => !kept.has(line))).toEqual([]);
    expect((await after.account(account))?.creditEscrow).toBe(kept.size * SPEC.creditPerUnit);
    await after.close();
  });
});
