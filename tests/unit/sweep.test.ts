import { utimes } from "node:fs/promises";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { Coordinator } from "../../server/coordinator.ts";
import type { StoreOp } from "../../server/core/store.ts";
import { DiskBlobs } from "../../server/store/blobs.ts";
import { SqliteStore } from "../../server/store/sqlite.ts";
import { Sweep } from "../../server/sweep.ts";
import type { BlobHash, HostId, JobId, UnitIndex } from "../../shared/ids.ts";
import { markOf, results } from "./core/world.ts";
import { bytesOf, digest, final, jobRow, publicKey, replica, SPEC, temporaryFolder, unit } from "./store/place.ts";

const PLAIN = { ...SPEC, quorum: 1, requires: { features: [], limits: {} } };
const HOUR = 3_600_000;
const LIE = digest("lie") as BlobHash;

/** Lets a test do something after the store has said what is garbage and before anything is removed. */
class Paused extends SqliteStore {
  meanwhile: () => Promise<unknown> = async () => undefined;

  override async garbage(limit: number): Promise<BlobHash[]> {
    const found = await super.garbage(limit);
    await this.meanwhile();
    return found;
  }
}

/** A folder in which the blob "lie" has lost, two hours ago. */
async function place(jobs: Partial<Parameters<typeof jobRow>[0]> = {}) {
  const folder = await temporaryFolder();
  const store = new Paused(join(folder, "a.db"));
  onTestFinished(() => store.close());
  const blobs = await DiskBlobs.open(join(folder, "blobs"));
  await blobs.put(new TextEncoder().encode("lie"));
  await age(folder);
  const { id } = await store.addJob(jobRow(), { ...PLAIN, units: 1 });
  const [{ id: one }, { id: two }] = [await store.accountOf(publicKey(1), 1), await store.accountOf(publicKey(2), 1)];
  const lost: StoreOp = { type: "bytes", job: id, unit: unit(0), digest: LIE, bytes: null };
  await store.commit([replica(id, 0, one, "a"), bytesOf(id, 0, "a"), replica(id, 0, two, "lie"), lost]);
  await store.commit([
    final(id, 0, "a", [one, [two, "lie"]]),
    { type: "page-ended", job: id, page: 0 },
    { type: "job-state", job: id, state: "done", reason: "", at: 5 },
  ]);
  const { id: job } = await store.addJob(jobRow(jobs), { ...PLAIN, units: 4 });
  const onFatal = (error: unknown) => {
    throw error;
  };
  const coordinator = await Coordinator.open({ store, onFatal, tickMs: 0 });
  onTestFinished(() => coordinator.close());
  const sweep = new Sweep({ store, blobs, coordinator, clock: Date.now, log: pino({ level: "silent" }) });
  return { folder, store, blobs, coordinator, sweep, job, account: one };
}

async function age(folder: string): Promise<void> {
  const then = new Date(Date.now() - 2 * HOUR);
  await utimes(join(folder, "blobs", LIE.slice(0, 2), LIE), then, then);
}

/** Answers unit 0 with the digest of the blob; its bytes are asked for. */
async function answer({ coordinator, account }: Pick<Awaited<ReturnType<typeof place>>, "coordinator" | "account">): Promise<UnitIndex> {
  const host = 7 as HostId;
  await coordinator.dispatch({
    type: "host-joined",
    facts: { host, account, cluster: "c", features: [], limits: {} },
    record: { passed: 0, proven: 0, convictedAt: 0 },
  });
  const claimed = await coordinator.dispatch({ type: "claim", random: "1".repeat(32), host, units: 1, gpuMillis: 0, job: null });
  if (claimed.type !== "assigned") throw new Error("no work");
  const start = claimed.assignment.runs[0]?.start as UnitIndex;
  const told = results([start], { inline: false }).map((result) => ({ ...result, digest: LIE }));
  const event = { type: "submit" as const, account, cluster: "c", assignment: claimed.assignment, results: told, mark: markOf(account) };
  expect(await coordinator.dispatch(event)).toEqual({ type: "verdicts", verdicts: ["wanted"] });
  return start;
}

describe("the sweep", () => {
  it("removes the blob of a result that lost, once", async () => {
    const { sweep, blobs, store } = await place();
    expect(await store.garbage(9)).toEqual([LIE]);
    expect(await sweep.run()).toBe(1);
    expect(await blobs.size(LIE)).toBeUndefined();
    expect(await store.garbage(9)).toEqual([]);
    expect(await sweep.run()).toBe(0);
  });

  it("keeps what a job refers to, for good", async () => {
    const { sweep, blobs, store } = await place({ source: LIE });
    expect(await sweep.run()).toBe(0);
    expect(await blobs.size(LIE)).toBe(3);
    expect(await store.garbage(9)).toEqual([]);
  });

  it("keeps what a volunteer was asked for, until the unit has ended", async () => {
    const there = await place();
    await answer(there);
    expect(await there.sweep.run()).toBe(0);
    expect(await there.blobs.size(LIE)).toBe(3);
    await there.coordinator.dispatch({ type: "job-verb", job: there.job, verb: "cancel" });
    expect(await there.sweep.run()).toBe(1);
  });

  it("keeps what became a result after the store was asked", async () => {
    const there = await place();
    const { coordinator, account, job } = there;
    const asked = await answer(there);
    there.store.meanwhile = async () => {
      there.store.meanwhile = async () => undefined;
      await coordinator.dispatch({ type: "bytes", account, job, unit: asked, digest: LIE, bytes: null });
      expect(coordinator.counts(job)).toMatchObject({ final: 1, voted: 0 });
    };
    expect(await there.sweep.run()).toBe(0);
    expect(await there.blobs.size(LIE)).toBe(3);
    expect(await there.store.final(job as JobId, asked)).toMatchObject({ digest: LIE, bytes: null });
    expect(await there.sweep.run()).toBe(0);
    expect(await there.blobs.size(LIE)).toBe(3);
  });

  it("keeps what came again lately: a package may have brought it, whose job has no row yet", async () => {
    const { sweep, blobs, folder } = await place();
    await blobs.put(new TextEncoder().encode("lie"));
    expect(await sweep.run()).toBe(0);
    await age(folder);
    expect(await sweep.run()).toBe(1);
  });

  it("removes nothing while a backup is open, also one that begins in the middle", async () => {
    const { sweep, blobs, store } = await place();
    const opened: { close(): Promise<void> }[] = [];
    const open = () => sweep.waitFor(async () => ({ parts: (async function* () {})(), close: async () => undefined }));
    store.meanwhile = async () => {
      store.meanwhile = async () => undefined;
      opened.push(await open());
    };
    expect(await sweep.run()).toBe(0);
    expect(await blobs.size(LIE)).toBe(3);
    await expect(sweep.waitFor(() => Promise.reject(new Error("no room")))).rejects.toThrow("no room");
    expect(await sweep.run()).toBe(0);
    for (const backup of opened) await backup.close();
    expect(await sweep.run()).toBe(1);
  });
});
