/** `donate` when its process or its machine stops in the middle of something, at a real coordinator whose clock is the test's. */
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { fileCheckpoints } from "../../../client/dawn/checkpoints.ts";
import { EVERY_MICROS } from "../../../client/donor/computing/checkpoints.ts";
import type { Checkpoint } from "../../../client/engine/checkpoint.ts";
import { ROOT } from "../../../server/root.ts";
import type { NetworkInfo } from "../../../shared/api.ts";
import { expected } from "../../fixtures/jobs/lcg/expected.ts";
import { startServer, type TestServer } from "../http/server.ts";
import { type DonorProcess, donorProcess } from "./donor-process.ts";

const TIMEOUT = 600_000;
const PATIENCE = { timeout: 240_000, interval: 50 };
const LCG = join(ROOT, "tests", "fixtures", "jobs", "lcg");
const MINUTE_MS = 60_000;

/** What the coordinator's clock is ahead, ms; while it stands still, where. */
const clock: { ahead: number; still: number | undefined } = { ahead: 0, still: undefined };
let server: TestServer;
let folder: string;
let donors: DonorProcess[] = [];
beforeAll(async () => {
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => clock.still ?? now() + clock.ahead);
  server = await startServer({ allowSoftware: true });
  folder = await mkdtemp(join(tmpdir(), "idlewave-again-"));
});
afterEach(() => {
  for (const { process, signalAll } of donors) if (process.exitCode === null && process.signalCode === null) signalAll("SIGKILL");
  donors = [];
});
afterAll(async () => {
  await server?.close();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

function donor(home: string, ...options: string[]): DonorProcess {
  const made = donorProcess(server.url, join(folder, home), ...options);
  donors.push(made);
  return made;
}

/** The fixture, changed. */
async function submit(changes: Record<string, unknown>): Promise<number> {
  const manifest = JSON.parse(await readFile(join(LCG, "job.json"), "utf8")) as Record<string, unknown>;
  const kernel = await readFile(join(LCG, "kernel.wgsl"), "utf8");
  return await server.submit({ "job.json": JSON.stringify({ ...manifest, ...changes }), "kernel.wgsl": kernel });
}

const until = (holds: () => unknown) => vi.waitFor(async () => expect(await holds()).toBe(true), PATIENCE);

describe("a volunteer without a browser", () => {
  it(
    "goes on with a long unit where it was when its process was killed, and keeps it when it is ended for an update",
    async () => {
      const values = 131_072;
      const steps = 2_000_000;
      const job = await submit({
        ...{ units: { count: 1 }, passes: [{ workgroups: [values / 64] }] },
        bindings: { params: { set: { unit: "$unit.index", steps } } },
        output: [{ binding: "sums", dtype: "u32", shape: [values], reduce: { kind: "concat" } }],
      });
      const kept = async () => (await fileCheckpoints(join(folder, "copy")).load())[0]?.checkpoint;
      const copied = async () => {
        await rm(join(folder, "copy"), { recursive: true, force: true });
        await cp(join(folder, "long", "checkpoints"), join(folder, "copy"), { recursive: true }).catch(() => undefined); // it may be there soon
        return await kept();
      };
      const killed = donor("long");
      await until(async () => (await copied()) !== undefined);
      // A coordinator waits half a minute for who is gone: a busy machine may take longer to start a process.
      clock.still = Date.now();
      killed.signalAll("SIGKILL");
      await killed.ended;
      const first = (await copied()) as Checkpoint;
      const ended = donor("long");
      // The next is taken as much later as the first was: whoever had begun anew would not have spent as much.
      await until(async () => ((await copied())?.gpuMicros ?? 0) >= first.gpuMicros + EVERY_MICROS);
      clock.still = undefined;
      ended.process.kill("SIGTERM");
      expect((await ended.ended).code).toBe(0);
      expect((await server.status(job)).units).toMatchObject({ leased: 1, voted: 0 });
      const { place, state } = (await copied()) as Checkpoint;
      expect(place.done).toBeGreaterThan(first.place.done);
      // What either of them computed is right.
      const right = Buffer.from(expected(values / 512, steps).subarray(0, place.done * 64 * Uint32Array.BYTES_PER_ELEMENT));
      expect(Buffer.from(state).includes(right)).toBe(true);
      const stopped = donor("long");
      await until(() => stopped.told().some(({ phase }) => phase === "running"));
      stopped.process.kill("SIGINT");
      expect((await stopped.ended).code).toBe(0);
      expect((await server.status(job)).units).toMatchObject({ leased: 0, voted: 0 });
      expect(await copied()).toBeUndefined();
      await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
    },
    TIMEOUT,
  );

  it(
    "sleeps with its machine while the clock leaps ahead, and wakes when it is set back: all it finished counts, and once",
    async () => {
      const units = 48;
      const job = await submit({ units: { count: units } });
      const unitsNow = async () => (await server.status(job)).units;
      const sleeper = donor("sleeper");
      await until(async () => (await unitsNow()).voted > 0);
      sleeper.signalAll("SIGSTOP");
      clock.ahead = 20 * MINUTE_MS;
      donor("other");
      await until(async () => {
        const { final, voted } = await unitsNow();
        return final + voted === units;
      });
      // It is known that the sleeper's connection is gone.
      await until(async () => (await connected()) === 1);
      clock.ahead = -24 * 60 * MINUTE_MS;
      sleeper.signalAll("SIGCONT");
      await until(async () => (await server.status(job)).state === "done");
      expect((await server.status(job)).replicas).toEqual({ counted: 2 * units, refused: 0 });
      const { volunteers } = (await (await server.get("/api/volunteers")).json()) as { volunteers: { units: unknown }[] };
      const whole = { submitted: units, final: units, refused: 0 };
      expect(volunteers.slice(0, 2).map((each) => each.units)).toEqual([whole, whole]);
    },
    TIMEOUT,
  );
});

const connected = async () => ((await (await server.get("/api/network")).json()) as NetworkInfo).volunteers;
