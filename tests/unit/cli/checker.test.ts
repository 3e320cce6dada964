/** The tier checker with all its parts: a coordinator, its auditor and a donor on Dawn with SwiftShader, and one who lies. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { ROOT } from "../../../server/root.ts";
import type { JobStatus } from "../../../shared/api.ts";
import { unitsOf } from "../../../shared/ids.ts";
import type { Unit } from "../../../shared/unit.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { startServer } from "../http/server.ts";

const TIMEOUT = 600_000;
const UNITS = 14;

const PROGRAM = join(ROOT, "scripts", "idlewave.mjs");
const read = (name: string) => readFile(join(ROOT, "shaders", "mersenne-factors", name), "utf8");

/** The gallery's job with its first exponents. */
async function job(): Promise<Record<string, string>> {
  const exponents = (await read("exponents.csv")).split("\n").slice(0, UNITS + 1);
  return { "job.json": await read("job.json"), "kernel.wgsl": await read("kernel.wgsl"), "exponents.csv": `${exponents.join("\n")}\n` };
}

function start(...args: string[]): void {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
}

it(
  "units are computed once, a number that is no factor is refused without a second computation, and the answer is the published one",
  async () => {
    const server = await startServer({ allowSoftware: true });
    const folder = await mkdtemp(join(tmpdir(), "idlewave-checker-"));
    onTestFinished(async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    });
    const common = ["--url", server.url, "--software", "--json"];
    start("audit", ...common, "--token", server.token, "--home", join(folder, "auditor"));
    const metrics = async () => await (await server.get("/metrics", server.token)).text();
    while (!/^idlewave_auditing 1$/m.test(await metrics())) await delay(200);
    const id = await server.submit(await job());
    const until = async (holds: (status: JobStatus) => boolean) => {
      // Before it was measured it is its owner's to see.
      const status = async () => (await (await server.get(`/api/jobs/${id}`, server.token)).json()) as JobStatus;
      let now = await status();
      for (; !holds(now); now = await status()) await delay(200);
      return now;
    };
    const measured = await until(({ state }) => state !== "canary");
    // A bit of a factor that is changed is another number, which divides nothing.
    expect(measured).toMatchObject({
      state: "running",
      canary: { checker: { tried: 48, missed: 0 } },
      verification: { tier: "checker", quorum: 1, checker: { price: expect.any(Number), judged: 0 } },
    });
    expect(measured.verification.limits).toMatch(
      /runs the owner's checker over each result, for .* of an execution, and computes 2 % .*accepted none/,
    );
    expect(measured.quote?.executions).toBeLessThan(1.5 * UNITS);

    const liar = await new Volunteer(server.url).join();
    const claimed = await liar.claim(2, id);
    const lied = [...unitsOf(claimed.runs)];
    await liar.send({ type: "submit", token: claimed.token, results: lied.map((unit) => resultOf(unit, bytesOf(25))) });

    start("donate", ...common, "--home", join(folder, "donor"));
    const done = await until(({ state }) => state === "done");
    expect(done).toMatchObject({ units: { final: UNITS, failed: 0 }, replicas: { refused: lied.length } });
    expect(done.verification.checker?.judged).toBe(UNITS);
    const { value } = JSON.parse(await read("reference.json")) as { value: number[][] };
    const results = (await (await server.get(`/api/jobs/${id}/results`, server.token)).json()) as { value: number[][] };
    expect(results.value).toEqual(value.slice(0, UNITS));
    // Nobody computed a unit twice but those that the liar told of, and what the auditor looks at of 2 %.
    const { audited } = done.verification;
    expect(done.replicas.counted).toBe(UNITS + lied.length + audited);

    const unit = (await (await server.get(`/api/jobs/${id}/units/${lied[0]}`)).json()) as Unit;
    expect(["checker", "not-kept"]).toContain(unit.rule);
    const replayed = await promisify(execFile)(process.execPath, [PROGRAM, "replay", `${id}`, "0", ...common]);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ verdict: "equal", canonical: { accepted: true } });
  },
  TIMEOUT,
);
