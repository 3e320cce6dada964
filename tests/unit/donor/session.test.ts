/** A session on Dawn's null backend, against a real gateway behind a real HTTP server that fails in several ways. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { create, globals } from "webgpu";
import type { BlobHash, UnitIndex } from "../../../shared/ids.ts";
import type { BufferPlan, JobPlan } from "../../../shared/plan.ts";
import { SIGN_EVERY_MS } from "../../../shared/statement.ts";
import { planOf } from "../gateway/network.ts";
import { type Front, type Lender, lend, startFront } from "./front.ts";

const PATIENCE = { timeout: 120_000, interval: 50 };
vi.setConfig({ testTimeout: 300_000 }); // everything waits for something, on a busy machine too
let front: Front;
let lender: Lender | undefined;

beforeAll(() => {
  Object.assign(globalThis, globals);
  vi.stubGlobal("navigator", { gpu: create(["backend=null"]), userAgent: "Node" });
});
beforeEach(async () => {
  front = await startFront();
});
afterEach(async () => {
  await (await lender?.session.stop())?.closed;
  lender = undefined;
  await front.close();
});

const units = (job: number) => lender?.shelved.filter((entry) => entry.job === job).map(({ status }) => status) ?? [];

describe("a session", () => {
  it.each([502, 503, 500, 429])("takes a %i of a proxy for no fault of the job, and goes on when it is over", async (code) => {
    const job = await front.network.addJob(planOf(3));
    let asked = 0;
    front.meddle = (path, response) => {
      if (!path.startsWith("/blobs/") || ++asked > 2) return false;
      response.writeHead(code).end("a proxy's own page");
      return true;
    };
    lender = lend(front);
    await vi.waitFor(() => expect(units(job).length).toBeGreaterThanOrEqual(3), PATIENCE);
    expect(asked).toBe(3);
    expect(new Set(units(job))).toEqual(new Set(["ok"]));
  });

  it("signs for what it has submitted when it is stopped, and then all of it has vested", async () => {
    const job = await front.network.addJob(planOf(40), { quorum: 1 });
    lender = lend(front);
    await vi.waitFor(() => expect(front.network.coordinator.counts(job)?.final).toBeGreaterThan(0), PATIENCE);
    await (await lender.session.stop()).closed;
    const { final } = front.network.coordinator.counts(job) ?? {};
    expect(await front.network.store.accounts(9)).toMatchObject([{ creditEscrow: 0, creditFinal: final, unitsFinal: final }]);
  });

  it("signs when there is nothing more to do", async () => {
    await front.network.addJob(planOf(3), { quorum: 1 });
    lender = lend(front);
    const vested = async () => (await front.network.store.accounts(9)).map(({ creditFinal }) => creditFinal);
    await vi.waitFor(async () => expect(await vested()).toEqual([3]), { ...PATIENCE, timeout: SIGN_EVERY_MS - 2_000 });
  });

  it("leaves a job whose inputs are not there without calling it failed, and computes another", async () => {
    const [whole] = planOf(50).buffers;
    const file = { kind: "file", blob: "f".repeat(64) as BlobHash, byteLength: 4 } as const;
    const strange = await front.network.addJob(planOf(50, 1, { buffers: [{ ...(whole as BufferPlan), init: file }] }), { priority: 9 });
    const plain = await front.network.addJob(planOf(3));
    let opened = 0;
    front.meddle = (path) => {
      if (path === `/api/jobs/${strange}`) opened++;
      return false;
    };
    lender = lend(front);
    await vi.waitFor(() => expect(units(plain).length).toBeGreaterThanOrEqual(3), PATIENCE);
    expect(units(strange)).toEqual([]);
    expect(opened).toBe(1);
    expect(lender.last().phase.kind).not.toBe("failed");
  });

  it("gives up a kernel whose compilation does not end: the coordinator is told, the kernel is barred, and the run is over", async () => {
    const job = await front.network.addJob(planOf(9));
    const real = setInterval;
    // The watchdog's ticks, fifty times as fast.
    vi.stubGlobal("setInterval", (act: () => void, ms: number) => real(act, ms / 50));
    const compiling = vi.spyOn(GPUDevice.prototype, "createComputePipelineAsync").mockReturnValue(new Promise(() => undefined));
    try {
      lender = lend(front);
      await lender.session.ended;
    } finally {
      compiling.mockRestore();
      vi.stubGlobal("setInterval", real);
    }
    expect(lender.last().phase).toMatchObject({ kind: "endless", job, compiling: true });
    expect(lender.never).toEqual([front.network.coordinator.job(job)?.plan]);
    expect(units(job)).toEqual(["device-lost"]);
    // Nothing is held any more.
    expect(front.network.coordinator.counts(job)).toMatchObject({ leased: 0, voted: 1 });
  });

  it("computes a job whose plan an older coordinator made", async () => {
    const { slicing: _, ...parts } = planOf(3);
    // As it was stored: the type knows this version only.
    const job = await front.network.addJob({ ...parts, version: 1 } as unknown as JobPlan);
    lender = lend(front);
    await vi.waitFor(() => expect(units(job).length).toBeGreaterThanOrEqual(3), PATIENCE);
    expect(new Set(units(job))).toEqual(new Set(["ok"]));
  });

  it("leaves a job whose blob is damaged alone instead of asking for it each second", async () => {
    const job = await front.network.addJob(planOf(3));
    let asked = 0;
    front.meddle = (path, response) => {
      if (!path.startsWith("/blobs/")) return false;
      asked++;
      response.end("damaged");
      return true;
    };
    lender = lend(front);
    await vi.waitFor(() => expect(lender?.last().phase).toMatchObject({ kind: "failed", message: /damaged/ }), PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect([asked, units(job)]).toEqual([1, []]);
  });

  it("tells once that a kernel does not compile here, and computes another job", async () => {
    const broken = await front.network.addJob(planOf(50, 1, { kernel: "nonsense" }), { priority: 9 });
    const plain = await front.network.addJob(planOf(3));
    lender = lend(front);
    await vi.waitFor(() => expect(units(plain).length).toBeGreaterThanOrEqual(3), PATIENCE);
    await vi.waitFor(() => expect(units(broken)).toEqual(["failed"]), PATIENCE);
  });

  it("hears of a new job while it would ask again only in a minute", async () => {
    await front.network.addJob(planOf(50), { requires: { features: ["none-has-it"], limits: {} }, priority: 9 });
    lender = lend(front);
    const phase = { kind: "waiting", reason: "needs-features", retryMs: 60_000 };
    await vi.waitFor(() => expect(lender?.last().phase).toMatchObject(phase), PATIENCE);
    const plain = await front.network.addJob(planOf(3));
    await vi.waitFor(() => expect(units(plain).length).toBeGreaterThanOrEqual(3), { ...PATIENCE, timeout: 45_000 });
  });

  it("claims again as soon as something is answered, where it was refused for what it holds", async () => {
    const job = await front.network.addJob(planOf(50));
    const { coordinator } = front.network;
    const dispatch = coordinator.dispatch.bind(coordinator);
    let claims = 0;
    let refuse = () => {};
    // The coordinator repeats a refusal for a second.
    const refused = new Promise<void>((resolve) => {
      refuse = () => setTimeout(resolve, 1_100);
    });
    vi.spyOn(coordinator, "dispatch").mockImplementation(async (event) => {
      // Nothing is answered before the second claim was refused for a minute.
      if (event.type === "submit") await refused;
      if (event.type !== "claim" || ++claims !== 2) return dispatch(event);
      refuse();
      return { type: "idle", reason: "quota", retryMs: 60_000 };
    });
    lender = lend(front);
    await vi.waitFor(() => expect(units(job).length).toBe(50), { ...PATIENCE, timeout: 45_000 });
  });

  it("counts what it computed of a cancelled job as waiting no longer", async () => {
    const job = await front.network.addJob(planOf(3));
    lender = lend(front);
    await vi.waitFor(() => expect(lender?.last().own).toEqual({ job, waiting: 3, final: 0 }), PATIENCE);
    await vi.waitFor(() => expect(lender?.kept()).toEqual([]), PATIENCE);
    await front.network.coordinator.dispatch({ type: "job-verb", job, verb: "cancel" });
    await vi.waitFor(() => expect(lender?.last().own).toEqual({ job, waiting: 0, final: 0 }), PATIENCE);
  });

  it("tells without a connection how many results an earlier page left", async () => {
    const entry = { stage: "submit", job: 1, unit: 5 as UnitIndex, token: new Uint8Array(64), status: "ok", gpuMicros: 1 } as const;
    const bytes = { digest: new Uint8Array(32), bytes: new Uint8Array(4) };
    const left = [1, 2].map((each) => ({ ...entry, ...bytes, key: `1:5:${each}` }));
    lender = lend({ url: "http://127.0.0.1:9" }, left, 500);
    await vi.waitFor(() => expect(lender?.last()).toMatchObject({ phase: { kind: "offline" }, unsent: 2 }), PATIENCE);
  });

  it("stops a job that is halted at once, sends what was finished, and goes on when it is resumed", async () => {
    const job = await front.network.addJob(planOf(100_000));
    const verb = (name: "halt" | "resume") => front.network.coordinator.dispatch({ type: "job-verb", job, verb: name });
    lender = lend(front);
    const { shelved, kept, last } = lender;
    await vi.waitFor(() => expect(shelved.length).toBeGreaterThan(3), PATIENCE);
    await verb("halt");
    await vi.waitFor(() => expect([last().phase.kind, kept().length]).toEqual(["waiting", 0]), PATIENCE);
    const finished = shelved.length;
    await new Promise((later) => setTimeout(later, 500));
    expect([shelved.length, shelved.every(({ status }) => status === "ok")]).toEqual([finished, true]);
    await verb("resume");
    // The coordinator repeats for a moment that there is nothing, and when it is worth asking again.
    await vi.waitFor(() => expect(shelved.length).toBeGreaterThan(finished), { ...PATIENCE, timeout: 30_000 });
  });

  it("sends what the GPU had finished when it was stopped, instead of leaving it on the shelf or giving it back", async () => {
    await front.network.addJob(planOf(500));
    const { subtle } = crypto;
    const digest = subtle.digest.bind(subtle);
    const slow = vi.spyOn(subtle, "digest").mockImplementation(async (...args) => {
      await new Promise((later) => setTimeout(later, 100));
      return digest(...args);
    });
    lender = lend(front);
    const { shelved, session, kept } = lender;
    await vi.waitFor(() => expect(shelved.length).toBeGreaterThan(0), PATIENCE);
    const before = shelved.length;
    await (await session.stop()).closed;
    slow.mockRestore();
    expect(shelved.length).toBeGreaterThan(before);
    expect(kept()).toEqual([]);
  });
});
