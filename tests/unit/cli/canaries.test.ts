/** The auditor's canary at a coordinator that is a few lines long, with processes that are none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, vi } from "vitest";
import type { MeasureMessage, PartMessage } from "../../../server/cli/audit-part.ts";
import { Canaries } from "../../../server/cli/canaries.ts";
import { type CanaryFinding, NOTHING_FOUND } from "../../../shared/canary.ts";
import { runBeside } from "./running-loop.ts";

const FOUND: CanaryFinding = { ...NOTHING_FOUND, verdict: "T", why: "", unitMicros: 5 };
const PATIENCE = { timeout: 30_000, interval: 20 };

/** What a process does once it is told to measure the plan: tells things, or ends. */
type Behaviour = (tell: (message: PartMessage) => void, end: () => void) => void;

/** Hands out jobs 1, 2 … by the plans in `behaviours`, and keeps what is reported of them. `limitMs` of each. */
async function scene(behaviours: Behaviour[], limitMs = 60_000) {
  const reports = new Map<number, CanaryFinding>();
  let given = 0;
  let refused = false;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    const [, job, what] = /^\/api\/canary(?:\/(\d+)\/(\w+))?$/.exec(request.url ?? "") ?? [];
    if (what === undefined) {
      const run = given < behaviours.length ? { job: ++given, run: "ab".repeat(16), plan: String(given), limitMs } : null;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ run }));
      return;
    }
    if (refused) {
      response.statusCode = 409;
      response.end(JSON.stringify({ code: "wrong-state", message: "It is over.", todo: "" }));
      return;
    }
    if (what === "report") reports.set(Number(job), (JSON.parse(body) as { finding: CanaryFinding }).finding);
    response.statusCode = 204;
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const alive = new Set<object>();
  const canaries = new Canaries({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: undefined }, (onMessage) => {
    let end: (code: number | null) => void = () => undefined;
    const ended = new Promise<number | null>((resolve) => {
      end = resolve;
    });
    const part = {
      ended,
      tell: ({ plan }: MeasureMessage) => behaviours[Number(plan) - 1]?.(onMessage, () => part.kill()),
      kill: () => {
        alive.delete(part);
        end(null);
      },
    };
    alive.add(part);
    queueMicrotask(() => onMessage({ type: "ready", features: [], limits: {} }));
    return part;
  });
  const stop = runBeside(server, canaries);
  const refuse = () => {
    refused = true;
  };
  return { reports, alive, stop, refuse };
}

const done: Behaviour = (tell) => tell({ type: "done", finding: FOUND });
const told = () =>
  vi
    .mocked(process.stderr.write)
    .mock.calls.map(([text]) => String(text))
    .join("");
const never: Behaviour = () => undefined;

it("reports what was found, and measures others while one does not end", async () => {
  const { reports } = await scene([never, done, never, done]);
  await vi.waitFor(() => expect([...reports.keys()].sort()).toEqual([2, 4]), PATIENCE);
  expect(reports.get(2)).toEqual(FOUND);
});

it("reports what was known by the limit, and leaves no process behind", async () => {
  const partly: Behaviour = (tell) => tell({ type: "found", finding: { ...NOTHING_FOUND, unitMicros: 7, benchmarkMicros: 3 } });
  const { reports, alive, stop } = await scene([partly], 300);
  await vi.waitFor(() => expect(reports.size).toBe(1), PATIENCE);
  expect(reports.get(1)).toMatchObject({
    verdict: "opaque",
    why: expect.stringContaining("More could not be told"),
    unitMicros: 7,
    benchmarkMicros: 3,
  });
  await stop();
  expect(alive.size).toBe(0);
});

/** The benchmark was measured, and not one unit. */
const begun: Behaviour = (tell) => tell({ type: "found", finding: { ...NOTHING_FOUND, benchmarkMicros: 3 } });

it("refuses a job of which not one unit was computed by the limit", async () => {
  const { reports } = await scene([begun], 300);
  await vi.waitFor(() => expect(reports.size).toBe(1), PATIENCE);
  expect(reports.get(1)).toMatchObject({
    verdict: "refused",
    why: expect.stringContaining("not one unit of it computed"),
    benchmarkMicros: 3,
  });
});

it("tries again when the process or the GPU is lost, and refuses the job the second time", async () => {
  let tries = 0;
  const once: Behaviour = (tell, end) => (++tries === 1 ? end() : done(tell, end));
  const { reports } = await scene([
    once,
    (tell, end) => {
      begun(tell, end);
      end();
    },
    (tell, end) => {
      begun(tell, end);
      tell({ type: "lost", why: "The device was lost." });
    },
  ]);
  await vi.waitFor(() => expect(reports.size).toBe(3), PATIENCE);
  expect(reports.get(1)).toEqual(FOUND);
  expect(reports.get(2)).toMatchObject({ verdict: "refused", why: expect.stringContaining("lost with it twice") });
  expect(reports.get(3)).toMatchObject({ verdict: "refused", why: expect.stringContaining("The device was lost.") });
});

it.each<[string, Behaviour, number]>([
  ["lost", (tell) => tell({ type: "lost", why: "The benchmark could not be run." }), 60_000],
  ["at its limit", never, 1000],
])("reports nothing of a job before which the benchmark did not end: %s", async (_, behaviour, limitMs) => {
  const { reports } = await scene([behaviour, done], limitMs);
  await vi.waitFor(() => expect(reports.size).toBe(1), PATIENCE);
  await vi.waitFor(() => expect(told()).toContain("Job 1 could not be measured: The benchmark"), PATIENCE);
  expect([...reports.keys()]).toEqual([2]);
});

it("reports nothing of a job that it could not fetch", async () => {
  const { reports } = await scene([(tell) => tell({ type: "unfetched", why: "No answer." }), done]);
  await vi.waitFor(() => expect(reports.size).toBe(1), PATIENCE);
  expect([...reports.keys()]).toEqual([2]);
});

it("gives up a job that is not its own any more", async () => {
  const { alive, refuse, reports } = await scene([never]);
  await vi.waitFor(() => expect(alive.size).toBe(2), PATIENCE);
  refuse();
  await vi.waitFor(() => expect(alive.size).toBe(1), PATIENCE);
  expect(reports.size).toBe(0);
});
