/** `audit` and `serve --audit`: an auditor on Dawn, in a process of its own, at a real coordinator. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { ROOT } from "../../../server/root.ts";
import { packageOf, startServer } from "../http/server.ts";
import { idlewave } from "./run.ts";

const TIMEOUT = 180_000;

function start(...args: string[]): ReturnType<typeof spawn> {
  const child = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
  });
  return child;
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-audit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it(
  "computes again what two volunteers agree on: while they are new none of it is final without that",
  async () => {
    // Volunteers need leave for a software adapter, the auditor does not.
    const server = await startServer({ allowSoftware: true });
    onTestFinished(() => server.close());
    const folder = await temporary();
    const common = ["--url", server.url, "--software", "--json"];
    start("audit", ...common, "--token", server.token, "--home", join(folder, "auditor"));
    const job = await server.submit(packageOf(6));
    const until = async (holds: (status: Awaited<ReturnType<typeof server.status>>) => boolean) => {
      for (let status = await server.status(job); !holds(status); status = await server.status(job)) await delay(200);
    };
    await until(({ verification }) => verification.auditor === "auditing");
    for (const home of ["one", "two"]) start("donate", ...common, "--home", join(folder, home));
    await until(({ state }) => state === "done");
    expect(await server.status(job)).toMatchObject({ units: { final: 6 }, verification: { audited: 6, held: 0 } });
  },
  TIMEOUT,
);

it(
  "is started by the coordinator itself, and ends with it",
  async () => {
    const folder = await temporary();
    const served = start("serve", "--port", "0", "--data", folder, "--audit", "software", "--json");
    const line = await new Promise<string>((resolve) => served.stdout?.once("data", (part) => resolve(String(part))));
    const { url, token } = JSON.parse(line) as { url: string; token: string };
    const metrics = async () => await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    while (!(await metrics()).includes("idlewave_auditing 1")) await delay(200);
    const ended = new Promise((resolve) => served.once("close", resolve));
    served.kill("SIGTERM");
    expect(await ended).toBe(0);
  },
  TIMEOUT,
);

it("needs a token", async () => {
  const { code, stderr } = await idlewave(["audit", "--url", "http://127.0.0.1:1"]);
  expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining("An auditor needs an administrator's token")]);
  expect(code).not.toBe(0);
});
