import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Coordinator, type Notice } from "../../server/coordinator.ts";
import type { Assignment } from "../../server/core/events.ts";
import { MIN_LIFE_MS } from "../../server/core/lease.ts";
import type { StoreOp } from "../../server/core/store.ts";
import { SqliteStore } from "../../server/store/sqlite.ts";
import { type AccountId, type HostId, type JobId, unitsOf } from "../../shared/ids.ts";
import { host, markOf, results } from "./core/world.ts";
import { jobRow, openStore, publicKey, SPEC, temporaryFolder, unit } from "./store/place.ts";

const PLAIN = { ...SPEC, requires: { features: [], limits: {} } };
let nextHost = 1;
let statements = 0;
let nextId = 1;

async function open(
  path: string,
  onFatal: (error: unknown) => void = unexpected,
): Promise<{ store: SqliteStore; coordinator: Coordinator }> {
  const store = openStore(path);
  const coordinator = await Coordinator.open({ store, onFatal, tickMs: 0 });
  return { store, coordinator };
}

function unexpected(error: unknown): void {
  throw error;
}

async function connect(coordinator: Coordinator, store: SqliteStore, key: number): Promise<{ host: HostId; account: AccountId }> {
  const { id } = await store.accountOf(publicKey(key), 1);
  const joined = host(nextHost++);
  await coordinator.dispatch({
    type: "host-joined",
    facts: { host: joined, account: id, cluster: `account:${id}`, features: [], limits: {} },
    record: { passed: 0, proven: 0, convictedAt: 0 },
  });
  return { host: joined, account: id };
}

async function claim(coordinator: Coordinator, by: HostId, units = 64): Promise<Assignment | undefined> {
  const random = (nextId++).toString(16).padStart(32, "0");
  const reply = await coordinator.dispatch({ type: "claim", random, host: by, units, gpuMillis: 0, job: null });
  return reply.type === "assigned" ? reply.assignment : undefined;
}

/** Submits, and signs when all is on disk. */
async function submit(coordinator: Coordinator, assignment: Assignment, liar = "") {
  const { account } = assignment;
  const mark = markOf(account, ++statements);
  const reply = await coordinator.dispatch({
    type: "submit",
    account: assignment.account,
    cluster: `account:${assignment.account}`,
    assignment,
    results: results(unitsOf(assignment.runs), { liar }),
    mark,
  });
  await coordinator.dispatch({ type: "signed", account, statement: mark.statement, signature: new Uint8Array(64) });
  return reply;
}

/** A store whose jobs' histories nobody may need. */
class Unread extends SqliteStore {
  override history(): Promise<never> {
    throw new Error("a history is read");
  }
}

/** A store whose steps to end a job wait until they are let go, and then change nothing. */
class Held extends SqliteStore {
  readonly steps: JobId[] = [];
  letGo: (failure?: Error) => void = () => {};
  private readonly gate = new Promise<void>((resolve, reject) => {
    this.letGo = (failure) => (failure ? reject(failure) : resolve());
  });

  override async endJob(job: JobId): Promise<boolean> {
    this.steps.push(job);
    await this.gate;
    return true;
  }
}

describe("the coordinator", () => {
  it("runs a job to its end and tells of it when it is on disk", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, units: 10 });
    const finals: number[] = [];
    const found: Promise<unknown>[] = [];
    coordinator.on((notice: Notice) => {
      if (notice.type !== "unit-final") return;
      finals.push(notice.unit);
      found.push(store.final(id, notice.unit));
    });
    for (const key of [1, 2]) {
      const by = await connect(coordinator, store, key);
      for (let assignment = await claim(coordinator, by.host); assignment; assignment = await claim(coordinator, by.host)) {
        expect(await submit(coordinator, assignment)).toMatchObject({ type: "verdicts" });
      }
    }
    expect(finals.sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    for (const row of await Promise.all(found)) expect(row).toBeDefined();
    expect(coordinator.jobs()).toMatchObject([{ id, state: "done" }]);
    expect(coordinator.job(id)?.finishedAt).not.toBeNull();
    expect(coordinator.counts(id)).toMatchObject({
      final: 10,
      failed: 0,
      leased: 0,
      voted: 0,
      left: 0,
      counted: 20,
      executionsPerUnit: 2,
    });
    // Ten within the last minute, at a pace that is reckoned of five seconds at least.
    const unitsPerMinute = coordinator.counts(id)?.unitsPerMinute;
    expect(unitsPerMinute).toBeGreaterThanOrEqual(10);
    expect(unitsPerMinute).toBeLessThanOrEqual(120);
    expect(await store.jobs()).toEqual(coordinator.jobs());
    await coordinator.close();
  });

  it("goes on with time where it was when its clock is set back: no lease lasts longer, and none until it is as late again", async () => {
    const store = openStore(join(await temporaryFolder(), "a.db"));
    const clock = { ms: 1e12 };
    const coordinator = await Coordinator.open({ store, onFatal: unexpected, tickMs: 0, clock: () => clock.ms });
    const job = await coordinator.addJob(jobRow(), { ...PLAIN, units: 8 });
    const first = await connect(coordinator, store, 1);
    await claim(coordinator, first.host, 8);
    const leased = async () => {
      await coordinator.dispatch({ type: "tick" });
      return coordinator.counts(job.id)?.leased;
    };
    clock.ms -= 24 * 3_600_000;
    expect(await leased()).toBeGreaterThan(0);
    clock.ms += MIN_LIFE_MS - 1;
    expect(await leased()).toBeGreaterThan(0);
    clock.ms += 1;
    expect(await leased()).toBe(0);
    await coordinator.close();
    await store.close();
  });

  it("says of a job with which devices are lost what it waits for", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, units: 1 });
    for (const key of [1, 2, 3]) {
      expect(coordinator.waitsFor(id)).toBe("");
      const by = await connect(coordinator, store, key);
      const assignment = await claim(coordinator, by.host);
      if (!assignment) throw new Error("no work");
      const lost = results(unitsOf(assignment.runs), { status: "device-lost" });
      await coordinator.dispatch({
        ...{ type: "submit", account: by.account, cluster: `account:${by.account}`, assignment },
        ...{ results: lost, mark: markOf(by.account) },
      });
    }
    expect(coordinator.waitsFor(id)).toContain("3 volunteers say that unit 0 does not run");
    await coordinator.close();
  });

  it("answers a submit when it is on disk, and a claim at once", async () => {
    const folder = await temporaryFolder();
    const store = new SlowStore(join(folder, "a.db"));
    onTestFinished(() => store.close());
    const coordinator = await Coordinator.open({ store, onFatal: unexpected, tickMs: 0 });
    await coordinator.addJob(jobRow(), PLAIN);
    const by = await connect(coordinator, store, 1);
    const assignment = await claim(coordinator, by.host, 2);
    if (!assignment) throw new Error("no work");
    store.hold();
    let answered = 0;
    const count = () => answered++;
    const first = submit(coordinator, assignment).then(count);
    // Writes nothing itself, and must not be answered before what it repeats is on disk.
    const repeated = submit(coordinator, assignment).then(count);
    await claim(coordinator, by.host, 2);
    await store.held;
    expect(answered).toBe(0);
    store.letGo();
    await Promise.all([first, repeated]);
    expect(answered).toBe(2);
    await coordinator.close();
  });

  it("says that a job is done when its last result is on disk, not before", async () => {
    const store = new SlowStore(join(await temporaryFolder(), "a.db"));
    onTestFinished(() => store.close());
    const coordinator = await Coordinator.open({ store, onFatal: unexpected, tickMs: 0 });
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, units: 1, quorum: 1 });
    const assignment = await claim(coordinator, (await connect(coordinator, store, 1)).host);
    if (!assignment) throw new Error("no work");
    store.hold();
    const submitted = submit(coordinator, assignment);
    await store.held;
    expect(coordinator.job(id)).toMatchObject({ state: "running", finishedAt: null });
    expect(await store.finals(id, unit(0), 1)).toEqual([]);
    store.letGo();
    await submitted;
    expect(coordinator.job(id)?.state).toBe("done");
    expect(coordinator.job(id)?.finishedAt).not.toBeNull();
    expect(await store.finals(id, unit(0), 1)).toHaveLength(1);
    await coordinator.close();
  });

  it("writes what many volunteers submit together", async () => {
    const folder = await temporaryFolder();
    const store = new SlowStore(join(folder, "a.db"));
    onTestFinished(() => store.close());
    const coordinator = await Coordinator.open({ store, onFatal: unexpected, tickMs: 0 });
    await coordinator.addJob(jobRow(), { ...PLAIN, units: 10_000 });
    const assignments = await Promise.all(
      Array.from({ length: 40 }, async (_, key) => claim(coordinator, (await connect(coordinator, store, key + 1)).host, 4)),
    );
    const before = store.commits;
    await Promise.all(assignments.map((assignment) => assignment && submit(coordinator, assignment)));
    expect(store.commits - before).toBeLessThanOrEqual(2);
    await coordinator.close();
  });

  it("goes on where it was after a restart; tokens from before still count", async () => {
    const path = join(await temporaryFolder(), "a.db");
    const before = await open(path);
    const { id } = await before.coordinator.addJob(jobRow(), { ...PLAIN, units: 8 });
    const [one, two] = [await connect(before.coordinator, before.store, 1), await connect(before.coordinator, before.store, 2)];
    const first = await claim(before.coordinator, one.host, 4);
    const second = await claim(before.coordinator, two.host, 4);
    if (!first || !second) throw new Error("no work");
    await submit(before.coordinator, first);
    await before.coordinator.dispatch({ type: "job-verb", job: id, verb: "pause" });
    await before.coordinator.close();
    await before.store.close();

    const { coordinator, store } = await open(path);
    expect(coordinator.jobs()).toMatchObject([{ id, state: "paused" }]);
    expect(coordinator.counts(id)).toMatchObject({ leased: 0, voted: [...unitsOf(first.runs)].length });
    await coordinator.dispatch({ type: "job-verb", job: id, verb: "resume" });
    expect(await submit(coordinator, first)).toEqual({ type: "verdicts", verdicts: [...unitsOf(first.runs)].map(() => "duplicate") });
    await submit(coordinator, second);
    for (const key of [1, 2]) {
      const by = await connect(coordinator, store, key);
      for (let assignment = await claim(coordinator, by.host); assignment; assignment = await claim(coordinator, by.host)) {
        await submit(coordinator, assignment);
      }
    }
    expect(coordinator.jobs()).toMatchObject([{ state: "done" }]);
    expect(await store.accounts(2)).toMatchObject([
      { creditEscrow: 0, creditFinal: 20 },
      { creditEscrow: 0, creditFinal: 20 },
    ]);
    await coordinator.close();
    await store.close();

    const last = await open(path);
    expect(last.coordinator.counts(id)).toMatchObject({ final: 8, counted: 16, executionsPerUnit: 2 });
    expect(await submit(last.coordinator, first)).toEqual({ type: "verdicts", verdicts: [...unitsOf(first.runs)].map(() => "late") });
    await last.coordinator.close();
  });

  it("takes up a job that was broken off by its counts alone", async () => {
    const path = join(await temporaryFolder(), "a.db");
    const before = await open(path);
    const { id } = await before.coordinator.addJob(jobRow(), { ...PLAIN, units: 8 });
    for (const key of [1, 2]) {
      const assignment = await claim(before.coordinator, (await connect(before.coordinator, before.store, key)).host, 3);
      if (!assignment) throw new Error("no work");
      await submit(before.coordinator, assignment);
    }
    const more = await claim(before.coordinator, (await connect(before.coordinator, before.store, 3)).host, 2);
    if (!more) throw new Error("no work");
    await submit(before.coordinator, more);
    await before.coordinator.dispatch({ type: "job-verb", job: id, verb: "cancel" });
    const counts = before.coordinator.counts(id);
    await before.coordinator.close();
    await before.store.close();

    const store = new Unread(path);
    onTestFinished(() => store.close());
    const coordinator = await Coordinator.open({ store, onFatal: unexpected, tickMs: 0 });
    expect(coordinator.counts(id)).toEqual({ ...counts, unitsPerMinute: 0 });
    expect(coordinator.jobs()).toMatchObject([{ state: "cancelled" }]);
    await coordinator.close();
  });

  it("answers others while it voids what a job that was broken off left open, and goes on with that at the next start", async () => {
    const path = join(await temporaryFolder(), "a.db");
    const held = new Held(path);
    onTestFinished(() => held.close());
    const before = await Coordinator.open({ store: held, onFatal: unexpected, tickMs: 0 });
    const [first, second] = await Promise.all([before.addJob(jobRow(), { ...PLAIN, units: 8 }), before.addJob(jobRow(), PLAIN)]);
    const by = await connect(before, held, 1);
    const assignment = await claim(before, by.host, 3);
    if (!assignment) throw new Error("no work");
    await submit(before, assignment);
    await before.dispatch({ type: "job-verb", job: first.id, verb: "cancel" });
    const more = await claim(before, (await connect(before, held, 2)).host, 3);
    if (!more) throw new Error("no work");
    expect(more.job).toBe(second.id);
    expect(await submit(before, more)).toMatchObject({ type: "verdicts" });
    expect(held.steps).toEqual([first.id]);
    expect(await held.account(by.account)).toMatchObject({ creditEscrow: 3 * PLAIN.creditPerUnit });
    const closing = before.close();
    held.letGo();
    await closing;
    await held.close();

    const { store, coordinator } = await open(path);
    await expect.poll(() => store.account(by.account), { timeout: 30_000 }).toMatchObject({ creditEscrow: 0 });
    await coordinator.close();
  });

  it("stops when it cannot void what a job left open", async () => {
    const store = new Held(join(await temporaryFolder(), "a.db"));
    onTestFinished(() => store.close());
    const failures: unknown[] = [];
    const coordinator = await Coordinator.open({ store, onFatal: (error) => failures.push(error), tickMs: 0 });
    const { id } = await coordinator.addJob(jobRow(), PLAIN);
    await coordinator.dispatch({ type: "job-verb", job: id, verb: "cancel" });
    store.letGo(new Error("no room"));
    await expect.poll(() => failures, { timeout: 30_000 }).toMatchObject([{ message: "no room" }]);
    await expect(coordinator.dispatch({ type: "tick" })).rejects.toThrow("no room");
  });

  it("says what a job waits for that nobody who is connected can run", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, requires: { features: ["shader-f16"], limits: {} } });
    expect(coordinator.waitsFor(id)).toBe("");
    await connect(coordinator, store, 1);
    expect(coordinator.waitsFor(id)).toBe("no connected volunteer has the feature shader-f16");
    await coordinator.dispatch({ type: "job-verb", job: id, verb: "pause" });
    expect(coordinator.waitsFor(id)).toBe("");
    await coordinator.close();
  });

  it("says that a running job's volunteers never agree", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, units: 4 });
    await connect(coordinator, store, 4);
    for (const key of [1, 2, 3]) {
      expect(coordinator.waitsFor(id)).toBe("");
      const assignment = await claim(coordinator, (await connect(coordinator, store, key)).host, 4);
      if (!assignment) throw new Error("no work");
      await submit(coordinator, assignment, `${key}`);
    }
    expect(coordinator.waitsFor(id)).toContain("3 volunteers gave 3 different answers for unit ");
    await coordinator.close();
  });

  it("stops when a commit fails: nobody gets an answer that is not on disk", async () => {
    const folder = await temporaryFolder();
    const store = new SlowStore(join(folder, "a.db"));
    onTestFinished(() => store.close());
    const fatal: unknown[] = [];
    const coordinator = await Coordinator.open({ store, onFatal: (error) => fatal.push(error), tickMs: 0 });
    await coordinator.addJob(jobRow(), PLAIN);
    const by = await connect(coordinator, store, 1);
    const assignment = await claim(coordinator, by.host, 2);
    if (!assignment) throw new Error("no work");
    store.failing = true;
    await expect(submit(coordinator, assignment)).rejects.toThrow("disk is full");
    expect(fatal).toHaveLength(1);
    await expect(claim(coordinator, by.host)).rejects.toThrow("disk is full");
    await expect(coordinator.close()).rejects.toThrow("disk is full");
  });

  it("accepts a job of 10^9 units without a row for any of them", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), { ...PLAIN, units: 1e9 });
    const assignment = await claim(coordinator, (await connect(coordinator, store, 1)).host);
    expect(assignment?.runs[0]?.start).toBe(0);
    expect(await store.history(id)).toEqual({ final: [], failed: [], open: [], due: [] });
    await coordinator.close();
  });

  it("says which bytes it wants, and of whom", async () => {
    const { store, coordinator } = await open(join(await temporaryFolder(), "a.db"));
    const { id } = await coordinator.addJob(jobRow(), PLAIN);
    const by = await connect(coordinator, store, 1);
    const assignment = await claim(coordinator, by.host, 1);
    if (!assignment) throw new Error("no work");
    const [result] = results([0], { inline: false });
    if (!result) throw new Error("no result");
    const event = { type: "submit" as const, account: by.account, cluster: "c", assignment, results: [result], mark: markOf(by.account) };
    expect(coordinator.wantedDigest(id, unit(0), by.account)).toBeUndefined();
    expect(await coordinator.dispatch(event)).toEqual({ type: "verdicts", verdicts: ["wanted"] });
    expect(coordinator.wantedDigest(id, unit(0), by.account)).toBe(result.digest);
    expect(coordinator.wantedDigest(id, unit(0), 99 as AccountId)).toBeUndefined();
    expect(coordinator.wantedDigest(9 as JobId, unit(0), by.account)).toBeUndefined();
    await coordinator.close();
    await expect(coordinator.dispatch(event)).rejects.toMatchObject({ code: "shutting-down" });
  });
});

/** The real store, whose commits can be held up or made to fail beneath it. */
class SlowStore extends SqliteStore {
  commits = 0;
  failing = false;
  /** Resolves when a commit waits. */
  held: Promise<void> = Promise.resolve();
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;
  private arrived: () => void = () => undefined;

  override async commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.failing) throw new Error("disk is full");
    this.arrived();
    await this.gate;
    this.commits++;
    await super.commit(ops);
  }

  hold(): void {
    this.gate = new Promise((resolve) => {
      this.open = resolve;
    });
    this.held = new Promise((resolve) => {
      this.arrived = resolve;
    });
  }

  letGo(): void {
    this.open();
  }
}
