/** `pool` and `donate --join`: a teacher makes a pool, machines without a browser compute its job, and are removed again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "uqr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../../server/cli/exit.ts";
import { ROOT } from "../../../server/root.ts";
import type { JobStatus } from "../../../shared/api.ts";
import type { Member, PoolInfo } from "../../../shared/pool-api.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";
import { idlewave, inTerminal } from "./run.ts";

const TIMEOUT = 180_000;
let server: TestServer;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  server = await startServer({ allowSoftware: true });
  folder = await mkdtemp(join(tmpdir(), "idlewave-pool-"));
  const { token } = (await (await server.post("/api/tokens", { name: "teacher" }, server.token)).json()) as { token: string };
  env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: token };
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await idlewave([...args, "--json"], env);
  if (code !== EXIT.ok) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

const donate = (...options: string[]) => start("donate", "--home", join(folder, "machine"), ...options);

function start(...verb: string[]): { process: ChildProcess; said: () => string; ended: Promise<number> } {
  const args = [...verb, "--software"];
  const child = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { env: { ...process.env, ...env } });
  let said = "";
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (part) => {
      said += String(part);
    });
  return { process: child, said: () => said, ended: once(child, "close").then(([code]) => code as number) };
}

async function submit(name: string, manifest: Record<string, unknown>): Promise<number> {
  const dir = await mkdtemp(join(folder, name));
  for (const [path, content] of Object.entries(packageOf(6, 1, { name, ...manifest }))) await writeFile(join(dir, path), content);
  return (await json<{ id: number }>("submit", dir)).id;
}

describe("a pool", () => {
  it("is made, listed, invited to again and switched off", async () => {
    const { code, stdout, stderr } = await idlewave(["pool", "new", "Physics lab"], env);
    expect(code).toBe(EXIT.ok);
    expect(stdout.trim()).toMatch(new RegExp(`^${server.url}/join#[\\w-]{43}$`));
    expect(stderr).toContain('"pool": 1 in its job.json');
    const again = await json<{ link: string; until: string }>("pool", "invite", "1", "--days", "1");
    expect(again.link).not.toBe(stdout.trim());
    expect((await idlewave(["pool", "list"], env)).stdout).toContain("Physics lab");
    const few = await idlewave(["pool", "invite", "1", "--uses", "30"], env);
    expect(few.stderr).toContain("30 machines can join by this link; it is not shown again.");
    expect((await idlewave(["pool", "list"], env)).stdout).toMatch(/its link is good until \S+ for 30 machines more/);
    expect(await json("pool", "revoke", "1")).toEqual({ revoked: 1 });
    expect((await idlewave(["pool", "list"], env)).stdout).toContain("it has no link");
    expect(await json("pool", "off", "1")).toEqual({ off: 1 });
    expect((await json<{ pools: PoolInfo[] }>("pool", "list")).pools[0]?.offAt).not.toBe("");
    expect(await idlewave(["donate", "--join", again.link, "--home", join(folder, "late")], env)).toMatchObject({
      code: EXIT.failure,
      stderr: expect.stringContaining("This link joins no pool"),
    });
  });

  it("says when no other machine can open its link", async () => {
    const words = "No other machine can open this link";
    const made = await idlewave(["pool", "new", "Here"], env);
    expect(made.stderr).toContain(words);
    expect(made.stderr).toContain("serve --host 0.0.0.0 --tls");
    const reached = await startServer({ publicUrl: "https://lab.example" });
    try {
      const { code, stderr } = await idlewave(["pool", "new", "Lab"], { IDLEWAVE_URL: reached.url, IDLEWAVE_TOKEN: reached.token });
      expect(code).toBe(EXIT.ok);
      expect(stderr).not.toContain(words);
    } finally {
      await reached.close();
    }
  });

  it("shows its link as a QR code in a terminal that has room for it, and to no program", async () => {
    const create = (columns: number, ...more: string[]) => inTerminal(columns, () => idlewave(["pool", "create", "Lab", ...more], env));
    const [link, ...code] = (await create(80)).stdout.trimEnd().split("\n");
    expect(link).toMatch(/\/join#[\w-]{43}$/);
    // A full block is two light modules, one above the other: what is drawn is what is light.
    const halves: Record<string, [boolean, boolean]> = { " ": [true, true], "▀": [false, true], "▄": [true, false], "█": [false, false] };
    const rows = code.flatMap((line) => [0, 1].map((half) => [...line].map((character) => halves[character]?.[half])));
    expect(rows.slice(0, -1)).toEqual(encode(link ?? "", { ecc: "M", border: 2 }).data);
    const narrow = await create(40);
    expect(narrow.stdout.trim()).toMatch(/#[\w-]{43}$/);
    expect(narrow.stderr).toMatch(/Its QR code takes \d+ columns, and this terminal has 40\./);
    expect(JSON.parse((await create(80, "--json")).stdout)).toMatchObject({ name: "Lab" });
  });

  it.each([
    ["pool", "invite", "x"],
    ["pool", "new", "x", "--days", "400"],
    ["pool", "new", "x", "--uses", "0"],
    ["pool", "revoke", "x"],
    ["donate", "--pool", "1", "--name", "Lab PC"],
    ["donate", "--join", `https://idlewave.example/join#${"a".repeat(43)}`, "--name", "x".repeat(41)],
    ["donate", "--join", `https://idlewave.example/join#${"a".repeat(43)}`, "--name", "\u2800"],
    ["donate", "--join", `https://idlewave.example/join#${"a".repeat(43)}`, "--name", " \u0301 "],
    ["donate", "--join", "https://idlewave.example/join"],
    ["donate", "--join", `https://idlewave.example/other#${"a".repeat(43)}`],
    ["donate", "--pool", "one"],
    ["donate", "--pool", "1", "--job", "by-name"],
  ])("is asked for in the right words: %s %s %s", async (...args) => {
    expect(await idlewave(args, env)).toMatchObject({ code: EXIT.usage });
  });

  it(
    "is joined by a machine without a browser, which computes its job alone, comes back, and is removed",
    async () => {
      const { id, link } = await json<{ id: number; link: string }>("pool", "new", "Class 7b");
      const publicly = await submit("public-job", {});
      const first = await submit("first-job", { pool: id, verify: { tier: "trusted" } });
      const joined = donate("--join", link, "--name", "Lab PC 7", "--until-idle", "2");
      expect(await joined.ended, joined.said()).toBe(0);
      expect(joined.said()).toContain(`The link is to pool ${id}, Class 7b, of teacher`);
      expect(await json<JobStatus>("status", String(first))).toMatchObject({ state: "done", units: { final: 6 }, executionsPerUnit: 1 });
      expect(await json<JobStatus>("status", String(publicly))).toMatchObject({ units: { final: 0, voted: 0 } });

      const replayed = start("replay", String(first), "0");
      expect(await replayed.ended, replayed.said()).toBe(EXIT.ok);

      const second = await submit("second-job", { pool: id, verify: { tier: "trusted" } });
      const later = donate("--pool", String(id), "--until-idle", "2");
      expect(await later.ended, later.said()).toBe(0);
      expect(await json<JobStatus>("status", String(second))).toMatchObject({ state: "done" });

      const told = await idlewave(["status", String(first)], env);
      expect(told.stdout).toContain("checked by  trusted, exact: Each unit is computed once");
      expect(told.stdout).toContain(`pool        ${id}, Class 7b: its members alone`);

      const [member] = (await json<{ members: Member[] }>("pool", "members", String(id))).members;
      expect(member).toMatchObject({ name: "Lab PC 7", units: { submitted: 12, final: 12 } });
      expect((await idlewave(["pool", "members", String(id)], env)).stdout).toMatch(/^[0-9a-f]{12} {2}Lab PC 7 {2}since /);
      await json("pool", "remove", String(id), String(member?.id));
      const removed = donate("--pool", String(id));
      expect(await removed.ended).toBe(EXIT.failure);
      expect(removed.said()).toContain(`no member of pool ${id}`);
    },
    TIMEOUT,
  );
});
