/** The auditor's checks at a coordinator that is a few lines long, with processes that are none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, vi } from "vitest";
import type { PartMessage } from "../../../server/cli/audit-part.ts";
import { Checks } from "../../../server/cli/checks.ts";
import type { CheckTask } from "../../../shared/checks.ts";
import { runBeside } from "./running-loop.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };
const DIGEST = "d".repeat(64);

/** What a process does with the units of a task: tells things, or ends. */
type Behaviour = (units: number[], tell: (message: PartMessage) => void, end: () => void) => void;

/** Hands out a task of two units for each of `behaviours`, and keeps what is reported. */
async function scene(behaviours: Behaviour[], limitMs = 60_000, how: CheckTask["how"] = "slices") {
  const results: (Uint8Array | undefined)[] = [];
  const reports: Record<string, unknown>[] = [];
  let given = 0;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    if (request.method === "GET") {
      const unit = Number(request.url?.split("/").at(-1));
      // One of each task is not the auditor's any more.
      response.statusCode = unit % 10 === 2 ? 404 : 200;
      response.end(unit % 10 === 2 ? JSON.stringify({ code: "not-found", message: "", todo: "" }) : Buffer.of(unit));
      return;
    }
    if (request.url !== "/api/checks") {
      reports.push(JSON.parse(body) as Record<string, unknown>);
      response.statusCode = 204;
      response.end();
      return;
    }
    const first = 10 * given;
    const units = [first, ...(how === "checker" ? [first + 2] : []), first + 1].map((unit) => ({ unit, slices: [1, 5], bytes: 8 }));
    const task = given < behaviours.length ? { job: 1, task: String(given++).padStart(32, "0"), plan: "p", how, limitMs, units } : null;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ task }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const started: { isKilled: boolean }[] = [];
  const checks = new Checks({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: undefined }, (onMessage) => {
    let end: (code: number | null) => void = () => undefined;
    const ended = new Promise<number | null>((resolve) => {
      end = resolve;
    });
    const part = {
      ended,
      isKilled: false,
      tell: ({ task, units }: { task: string; units: { unit: number; result?: Uint8Array }[] }) => {
        const numbers = units.map(({ unit }) => unit);
        results.push(...units.map(({ result }) => result));
        behaviours[Number(task)]?.(numbers, onMessage, () => part.kill());
      },
      kill: () => {
        part.isKilled = true;
        end(null);
      },
    };
    started.push(part);
    queueMicrotask(() => onMessage({ type: "ready", features: [], limits: {} }));
    return part;
  });
  const stop = runBeside(server, checks);
  return { reports, results, started, stop };
}

const right: Behaviour = (units, tell) => {
  for (const unit of units) tell({ type: "checked", unit, found: { ranges: [8, 8], digest: DIGEST } });
};
const reported = (reports: Record<string, unknown>[]) => reports.map(({ unit, digest, why }) => [unit, digest ?? why]).sort();

it("one process goes on with task after task, and each unit is told of", async () => {
  const { reports, started } = await scene([right, right]);
  await vi.waitFor(() => expect(reports).toHaveLength(4), PATIENCE);
  expect(reported(reports)).toEqual([0, 1, 10, 11].map((unit) => [unit, DIGEST]));
  expect(reports[0]).toEqual({ task: "0".repeat(32), unit: 0, ranges: [8, 8], digest: DIGEST });
  expect(started).toHaveLength(1);
});

it("that what a process had when it ended, or its GPU was lost, was not run is told once, and another goes on", async () => {
  const lost: Behaviour = ([first = 0], tell) => {
    tell({ type: "checked", unit: first, found: { ranges: [8, 8], digest: DIGEST } });
    tell({ type: "lost", why: "The device was lost." });
  };
  const { reports, started } = await scene([lost, (_, __, end) => end(), right]);
  await vi.waitFor(() => expect(reports).toHaveLength(5), PATIENCE);
  expect(reported(reports)).toEqual([
    [undefined, "The device was lost."],
    [undefined, "The process that ran them ended."],
    [0, DIGEST],
    [20, DIGEST],
    [21, DIGEST],
  ]);
  expect(reports[1]).toEqual({ task: "0".repeat(32), why: "The device was lost." });
  expect(started.slice(0, 2).every(({ isKilled }) => isKilled)).toBe(true);
});

it("a task that does not end is given up in time", async () => {
  const { reports, started } = await scene([() => undefined], 200);
  await vi.waitFor(() => expect(reports).toHaveLength(1), PATIENCE);
  expect(reported(reports)).toEqual([[undefined, "They did not end in time."]]);
  expect(started[0]?.isKilled).toBe(true);
});

it("nothing is told of what could not be fetched: it is drawn anew", async () => {
  const { reports } = await scene([(_, tell) => tell({ type: "unfetched", why: "No answer." }), right]);
  await vi.waitFor(() => expect(reports).toHaveLength(2), PATIENCE);
  expect(reported(reports)).toEqual([10, 11].map((unit) => [unit, DIGEST]));
});

it("results that a checker is to judge come with their units, and what is not there any more is left out", async () => {
  const judges: Behaviour = (units, tell) => {
    for (const unit of units) tell({ type: "checked", unit, found: { accepted: unit === 1 } });
  };
  const { reports, results } = await scene([judges], 60_000, "checker");
  await vi.waitFor(() => expect(reports).toHaveLength(2), PATIENCE);
  expect(reports.sort((one, other) => Number(one.unit) - Number(other.unit))).toEqual([
    { task: "0".repeat(32), unit: 0, accepted: false },
    { task: "0".repeat(32), unit: 1, accepted: true },
  ]);
  expect(results).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
});

it("no process is left when it stops", async () => {
  const { started, stop } = await scene([() => undefined]);
  await vi.waitFor(() => expect(started).toHaveLength(1), PATIENCE);
  await stop();
  expect(started.every(({ isKilled }) => isKilled)).toBe(true);
});
