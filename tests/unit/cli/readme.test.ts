import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newJob } from "../../../server/cli/new.ts";
import { commandsWith, README, runCommands } from "../../readme.ts";
import { packageOf, startServer } from "../http/server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "idlewave-readme-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("the README shows the job.json that a new job has", async () => {
  const blocks = [...README.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text ?? "") as Record<string, unknown>);
  const shown = blocks.find((block) => "kernel" in block);
  await newJob(join(folder, "my-job"), "http://localhost:8080");
  const written = JSON.parse(readFileSync(join(folder, "my-job", "job.json"), "utf8")) as Record<string, unknown>;
  for (const [key, value] of Object.entries(shown ?? {})) expect(written[key], key).toEqual(value);
  expect(Object.keys(shown ?? {})).toContain("passes");
});

it("the README's backup of a coordinator that runs is restored and in order", async () => {
  const server = await startServer({}, join(folder, "net", "data"));
  try {
    await server.submit(packageOf(4));
    const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
    const { code, said } = await runCommands(commandsWith("npx idlewave doctor"), folder, env);
    // A machine with little room is no fault of the copy.
    expect(said.match(/^✗ (?!The disk has room|1 of)/m), said).toBeNull();
    if (code !== 0) expect(said).toContain("✗ The disk has room");
    expect(said).toMatch(/every digest is right\. It holds secrets/);
    expect(said).toMatch(/\.\.\/restored is as it was at /);
  } finally {
    await server.close();
  }
}, 60_000);

it("the README's first job is made, checked, run and submitted", async () => {
  const server = await startServer({}, join(folder, "data"));
  try {
    const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
    const [commands = ""] = commandsWith("npx idlewave new").split("npx idlewave watch");
    const { code, said } = await runCommands(commands.replace("--units 0-3", "--units 0-3 --software"), folder, env);
    expect(code, said).toBe(0);
    expect(await server.status(1)).toMatchObject({ name: "my-job", state: "running" });
  } finally {
    await server.close();
  }
}, 60_000);

it("the README's job of one's own is good, and has words and an answer of its own", async () => {
  const { code, said } = await runCommands(commandsWith("cp -R shaders/prime-count"), folder);
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining("my-primes is good: 100 units.") });
  const read = (file: string) => readFileSync(join(folder, "net", "my-primes", file), "utf8");
  const { title, for: whom, description, answer } = JSON.parse(read("job.json")) as Record<string, string>;
  expect([title, whom, description, answer].join("|")).toMatch(
    /^Primes 4k \+ 3 below 100 million\|.*A091099\|How many primes of the form 4k \+ 3 lie below.*\|Primes 4k \+ 3 below 10\^8$/,
  );
  expect(read("kernel.wgsl")).toMatch(/^\/\/ Counts primes 4k \+ 3 with/);
  expect(existsSync(join(folder, "net", "my-primes", "README.md"))).toBe(false);
  expect(JSON.parse(read("reference.json"))).toMatchObject({ value: "2880950", source: expect.stringContaining("A091099") });
}, 60_000);
