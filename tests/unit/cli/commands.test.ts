import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DEFAULT_CONFIG } from "../../../server/config.ts";
import { type RunningCoordinator, startCoordinator } from "../../../server/main.ts";
import type { JobStatus } from "../../../shared/api.ts";
import { frame } from "../../../shared/result.ts";
import { Volunteer } from "../gateway/volunteer.ts";
import { packageOf, SPARE_KERNEL } from "../http/server.ts";
import { idlewave, type Ran } from "./run.ts";

let folder: string;
let coordinator: RunningCoordinator;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-cli-"));
  coordinator = await startCoordinator({ ...DEFAULT_CONFIG, data: join(folder, "data"), port: 0, logLevel: "silent" });
  env = { IDLEWAVE_URL: coordinator.url, IDLEWAVE_TOKEN: coordinator.adminToken ?? "" };
});
afterAll(async () => {
  await coordinator.close();
  await rm(folder, { recursive: true, force: true });
});

/** The last JSON line. */
function jsonOf<T>({ stdout }: Ran): T {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}

async function madeToken(revoked: boolean): Promise<{ id: number; token: string }> {
  const made = jsonOf<{ id: number; token: string }>(await idlewave(["token", "new", "one", "--json"], env));
  if (revoked) await idlewave(["token", "revoke", String(made.id)], env);
  return made;
}

async function newJob(name: string): Promise<string> {
  const dir = join(folder, name);
  expect(await idlewave(["new", dir], env)).toMatchObject({ code: 0 });
  return dir;
}

/** Result bytes of each unit: palindromes are made from their first halves, not looked for as the kernel does. */
function palindromesByUnit(): Map<number, Uint8Array> {
  const units = new Map(Array.from({ length: 256 }, (_, unit) => [unit, new Uint32Array(128)]));
  const put = (n: number) => {
    const found = units.get(n >> 16);
    if (found) found[(n & 0xffff) >> 9] = (found[(n & 0xffff) >> 9] ?? 0) + 1;
  };
  put(0);
  for (let half = 1; half < 4096; half++) {
    const digits = half.toString(2);
    const mirrored = [...digits].reverse().join("");
    put(Number.parseInt(digits + mirrored, 2));
    put(Number.parseInt(digits + mirrored.slice(1), 2));
  }
  return new Map([...units].map(([unit, found]) => [unit, frame([new Uint8Array(found.buffer)])]));
}

describe("a new job", () => {
  test("is admitted as it is, computed, and its results are what its README says", async () => {
    const dir = await newJob("First Job");
    expect(await idlewave(["check", dir])).toMatchObject({
      code: 0,
      stdout: "first-job is good: 256 units.\nIts dispatches can be sliced.\n",
    });
    const submitted = await idlewave(["submit", dir, "--json"], env);
    expect(submitted).toMatchObject({ code: 0 });
    const { id, units } = jsonOf<{ id: number; units: number }>(submitted);
    expect(units).toBe(256);

    const early = await idlewave(["results", String(id), "--out", join(folder, "early.json")], env);
    expect(early.code).toBe(6);
    expect(early.stderr).toContain(`Job ${id} is running, not done. Wait for the job, or ask for what is final so far with --partial`);

    const answers = palindromesByUnit();
    const volunteers = [await new Volunteer(coordinator.url).join(), await new Volunteer(coordinator.url).join()];
    const answer = (unit: number) => answers.get(unit) as Uint8Array;
    const statusOf = async () => jsonOf<JobStatus>(await idlewave(["status", "first-job", "--json"], env));
    while ((await statusOf()).state !== "done") {
      for (const volunteer of volunteers) {
        for (let batch = 0; batch < 64; batch++) if (!(await volunteer.work(answer))) break;
      }
    }
    for (const volunteer of volunteers) volunteer.leave();

    expect(await idlewave(["watch", "first-job"], env)).toMatchObject({ code: 0, stdout: expect.stringContaining("256 of 256 verified") });
    const out = join(folder, "answer.json");
    const results = await idlewave(["results", "first-job", "--out", out, "--json"], env);
    expect(jsonOf(results)).toMatchObject({ job: id, format: "json", holes: 0 });
    expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({ value: "8191", units: 256, holes: [] });
    const both = await idlewave(["results", "first-job", "--out", join(folder, "both.json"), "--format", "json,csv", "--json"], env);
    expect(
      both.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { file: join(folder, "both.json"), format: "json" },
      { file: join(folder, "both.csv"), format: "csv" },
    ]);
    expect(await readFile(join(folder, "both.json"))).toEqual(await readFile(out));
    const piped = await idlewave(["results", "first-job", "--out", "-", "--format", "csv"], env);
    expect(piped.stdout).toBe("value,units,holes\n8191,256,0\n");
    expect((await idlewave(["results", "first-job", "--out", join(folder, "x.png")], env)).stderr).toContain("cannot be written as png");
  });

  test("is never written over something", async () => {
    const dir = await newJob("twice");
    expect(await idlewave(["new", dir])).toMatchObject({ code: 2 });
  });
});

describe("a job", () => {
  test("is meant by its name before another owner's of the same name, who is told of none", async () => {
    const dir = await newJob("shared-name");
    const mine = (await idlewave(["submit", dir, "--draft"], env)).stdout.trim();
    const { token } = await madeToken(false);
    const others = { ...env, IDLEWAVE_TOKEN: token };
    const theirs = await idlewave(["submit", dir], others);
    expect(theirs.stderr).not.toContain("already");
    const meant = async (as: Record<string, string>) => jsonOf<JobStatus>(await idlewave(["status", "shared-name", "--json"], as)).id;
    expect([await meant(env), await meant(others)]).toEqual([Number(mine), Number(theirs.stdout.trim())]);
    // Without one of one's own the name means anybody's.
    expect(await meant({ ...env, IDLEWAVE_TOKEN: (await madeToken(false)).token })).toBe(Number(theirs.stdout.trim()));
    for (const job of [mine, theirs.stdout.trim()]) await idlewave(["cancel", job], env);
  });

  test("is drafted, started, paused, resumed and cancelled", async () => {
    const dir = await newJob("steered");
    const { id } = jsonOf<{ id: number }>(await idlewave(["submit", dir, "--draft", "--json"], env));
    const states: string[] = [];
    for (const word of ["resume", "halt", "resume", "pause", "resume", "cancel"]) {
      states.push(jsonOf<JobStatus>(await idlewave([word, String(id), "--json"], env)).state);
    }
    expect(states).toEqual(["running", "paused", "running", "paused", "running", "cancelled"]);
    const watched = await idlewave(["watch", String(id)], env);
    expect(watched).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`results ${id} --partial --out <file> writes what is final`),
    });
    const results = await idlewave(["results", String(id), "--out", join(folder, "none.json")], env);
    expect(results).toMatchObject({ code: 6, stderr: expect.stringMatching(/is cancelled, not done\. It is over: .*--partial/) });
    expect((await idlewave(["pause", String(id)], env)).code).toBe(1);
  });

  test("that cannot be moved says what can be done to it", async () => {
    const dir = await newJob("stuck");
    const { id } = jsonOf<{ id: number }>(await idlewave(["submit", dir, "--draft", "--json"], env));
    const paused = await idlewave(["pause", String(id)], env);
    expect(paused.stderr).toBe(`✗ Job ${id} is draft: it cannot be paused. It can be started (with resume) or cancelled.\n`);
    await idlewave(["resume", String(id)], env);
    expect((await idlewave(["resume", String(id)], env)).stderr).toContain("It can be paused or halted or cancelled.");
    await idlewave(["cancel", String(id)], env);
    expect((await idlewave(["resume", String(id)], env)).stderr).toContain("It is over: submit the package again");
  });

  test("with something that may not be meant is submitted with a warning, as check gives it", async () => {
    const dir = await newJob("warned");
    for (const [path, text] of Object.entries({ ...packageOf(1), "kernel.wgsl": SPARE_KERNEL })) await writeFile(join(dir, path), text);
    const [checked, submitted] = [await idlewave(["check", dir]), await idlewave(["submit", dir, "--draft"], env)];
    for (const { code, stderr } of [checked, submitted]) {
      expect(code).toBe(0);
      expect(stderr).toContain("spare is written but is neither an output");
    }
    expect(submitted.stdout).toMatch(/^\d+\n$/);
    expect(jsonOf(await idlewave(["submit", dir, "--draft", "--json"], env))).toMatchObject({ warnings: [expect.any(String)] });
  });

  test("with faults is refused with each place, by check and submit alike", async () => {
    const dir = await newJob("faulty");
    const manifest = JSON.parse(await readFile(join(dir, "job.json"), "utf8")) as Record<string, unknown>;
    manifest.output = [{ binding: "fond", dtype: "u32", shape: [128], reduce: { kind: "sum" } }];
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest, null, 2));
    await writeFile(join(dir, "kernel.wgsl"), `${await readFile(join(dir, "kernel.wgsl"), "utf8")}\nfn broken( {}\n`);
    const [checked, submitted] = [await idlewave(["check", dir]), await idlewave(["submit", dir], env)];
    for (const { code, stderr } of [checked, submitted]) {
      expect(code).toBe(3);
      expect(stderr).toMatch(/^kernel\.wgsl:\d+:\d+ .* → /m);
    }
    const { error } = jsonOf<{ error: { code: string; faults: { file: string; field?: string }[] } }>(
      await idlewave(["check", dir, "--json"]),
    );
    expect(error.code).toBe("refused");
    expect(error.faults.map(({ file, field }) => [file, field])).toEqual([
      ["job.json", "output[0].binding"],
      ["kernel.wgsl", undefined],
    ]);
  });
});

describe("tokens", () => {
  test("are made, listed, used and revoked", async () => {
    const made = jsonOf<{ id: number; token: string }>(await idlewave(["token", "new", "ada", "--json"], env));
    const hers = { ...env, IDLEWAVE_TOKEN: made.token };
    const dir = await newJob("hers");
    expect((await idlewave(["submit", dir], hers)).code).toBe(0);
    expect((await idlewave(["token", "list"], hers)).code).toBe(5);
    expect((await idlewave(["token", "list"], env)).stdout).toContain("ada");
    expect((await idlewave(["token", "revoke", String(made.id)], env)).code).toBe(0);
    expect((await idlewave(["submit", dir], hers)).code).toBe(5);
  });

  test.each<[string, () => Promise<string>, string, RegExp]>([
    [
      "missing",
      async () => "",
      "This needs an administrator's token, and none was given.",
      /printed on its first start with --token or IDLEWAVE_TOKEN\.$/,
    ],
    [
      "of another coordinator",
      async () => `iw_${"a".repeat(43)}`,
      "this coordinator does not know this one.",
      /of this coordinator and not of another/,
    ],
    ["revoked", async () => (await madeToken(true)).token, "this one was revoked.", /Use another\. .*token new <name>/],
    ["an owner's", async () => (await madeToken(false)).token, "Only an administrator's token may do this.", /printed on its first start/],
  ])("that are %s are refused with what to do", async (_, tokenOf, message, todo) => {
    const ran = await idlewave(["token", "list", "--json"], { ...env, IDLEWAVE_TOKEN: await tokenOf() });
    expect(ran.code).toBe(5);
    const { error } = jsonOf<{ error: { message: string; todo: string } }>(ran);
    expect(error.message).toContain(message);
    expect(error.todo).toMatch(todo);
  });
});

test("the entry hands its exit code to the shell", () => {
  const entry = fileURLToPath(new URL("../../../server/cli/idlewave.ts", import.meta.url));
  const ran = spawnSync(process.execPath, ["--import", "tsx", entry, "fly"], { encoding: "utf8" });
  expect(ran.status).toBe(2);
  expect(ran.stderr).toContain("unknown command 'fly'");
});

test("a start tells its address once, and ends on SIGTERM", async () => {
  const entry = fileURLToPath(new URL("../../../server/cli/idlewave.ts", import.meta.url));
  const args = ["--import", "tsx", entry, "serve", "--port", "0", "--data", join(folder, "started")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  await new Promise<void>((told, failed) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes("npx idlewave token new")) told();
      });
    child.once("exit", () => failed(new Error(said)));
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(said.match(/Idlewave is at http:\/\//g)).toHaveLength(1);
  expect(said).toContain("export IDLEWAVE_URL=http://127.0.0.1:");
}, 240_000);

describe("exit codes", () => {
  const nowhere = { IDLEWAVE_URL: "http://127.0.0.1:9", IDLEWAVE_TOKEN: "" };
  test.each<[string, string[], number]>([
    ["help is fine", ["--help"], 0],
    ["a schema is printed", ["schema"], 0],
    ["an unknown verb is a wrong usage", ["fly"], 2],
    ["a missing option is a wrong usage", ["results", "1"], 2],
    ["an unknown format is a wrong usage", ["results", "1", "--out", "x", "--format", "xls"], 2],
    ["a URL that is none is a wrong usage", ["status", "--url", "nowhere"], 2],
    ["a folder without a job is a wrong usage", ["check", "/nowhere"], 2],
    ["a coordinator that is not there is unreachable", ["status"], 4],
  ])("%s", async (_, args, code) => {
    expect((await idlewave(args, nowhere)).code).toBe(code);
  });

  test.each([
    ["owner", ["submit", "."]],
    ["owner", ["results", "1", "--out", "-"]],
    ["owner", ["cancel", "1"]],
    ["owner", ["pool", "list"]],
    ["administrator", ["site", "list"]],
    ["administrator", ["key", "rotate"]],
    ["administrator", ["backup", join(tmpdir(), "idlewave-never")]],
  ])("no token is unauthorised before anything is sent, and an %s's is asked for: %s", async (who, args) => {
    const { code, stderr } = await idlewave(args, nowhere);
    expect(code).toBe(5);
    expect(stderr).toMatch(new RegExp(`✗ This needs an ${who}'s token, and none was given\\. Give .*--token or IDLEWAVE_TOKEN\\.`));
  });

  test("an unknown job is a failure", async () => {
    expect((await idlewave(["status", "999"], env)).code).toBe(1);
    expect((await idlewave(["status", "no-such-job"], env)).code).toBe(1);
  });

  test("the printed schema is the published one", async () => {
    const published: unknown = await (await fetch(`${coordinator.url}/schemas/job.json`)).json();
    expect(JSON.parse((await idlewave(["schema"])).stdout)).toEqual(published);
  });
});

describe("a wrong usage", () => {
  test.each<[string, string[], string]>([
    ["an unknown verb", ["fly"], "unknown command 'fly'."],
    ["a misspelt verb", ["statsu"], "unknown command 'statsu' (Did you mean status?)"],
    ["an unknown option", ["status", "--loud"], "unknown option '--loud'."],
    ["a missing argument", ["watch"], "missing required argument 'job'."],
    ["a missing option", ["results", "1"], "results writes to a file, and --out names none."],
    ["one argument too many", ["schema", "x"], "too many arguments for 'schema'. Expected 0 arguments but got 1."],
    ["a port that is none", ["serve", "--port", "http"], "option '--port <port>' argument 'http' is invalid. It is no port: 0 to 65535."],
    ["no verb at all", [], "A verb is missing."],
    ["no verb of token", ["token"], "unknown option '--json'."],
    ["a folder without a job", ["submit", "/nowhere"], "There is no job.json in /nowhere."],
  ])("%s is one JSON line and nothing else, when JSON is asked for", async (_, args, message) => {
    const { code, stdout, stderr } = await idlewave([...args, "--json"], env);
    expect(code).toBe(2);
    expect(stderr).toBe("");
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; todo: string } };
    expect(error.message).toBe(message);
    expect(error.code).toMatch(/^(usage|no-package)$/);
    expect(error.todo).toContain("npx idlewave");
  });

  test("is a sentence on stderr otherwise, once", async () => {
    expect(await idlewave(["status", "--loud"], env)).toEqual({
      code: 2,
      stdout: "",
      stderr: "✗ unknown option '--loud'. See npx idlewave help.\n",
    });
  });
});

test("the help names the program as it is called, and the demo", async () => {
  const { stdout } = await idlewave(["--help"]);
  expect(stdout).toContain("Usage: npx idlewave ");
  expect(stdout).toMatch(/^ {2}demo /m);
});

describe("what an owner may mistype", () => {
  test.each(["iw_ü", "secret", `iw_${"a".repeat(42)}`])("the token %s is refused at once", async (token) => {
    const { code, stderr } = await idlewave(["status", "--token", token], env);
    expect(code).toBe(5);
    expect(stderr).toContain("This is not a token.");
  });

  test("what the formats hold of sums and pictures is told by the help and by the schema", async () => {
    const help = (await idlewave(["results", "--help"])).stdout;
    const schema = (await idlewave(["schema"])).stdout;
    for (const text of [help, schema]) {
      expect(text).toMatch(/raw and npy.*u64/);
      expect(text).toMatch(/raw, npy, csv and json.* not unit by unit/);
    }
  });

  test("a folder of --out that is not there is named", async () => {
    const gone = join(folder, "gone");
    const { code, stderr } = await idlewave(["results", "1", "--out", join(gone, "x.npy")], env);
    expect(code).toBe(2);
    expect(stderr).toContain(`There is no folder ${gone}.`);
  });

  test("a name that exists is said to mean the newest job", async () => {
    const dir = await newJob("Twice");
    const first = await idlewave(["submit", dir, "--draft"], env);
    expect(first.stderr).not.toContain("already");
    const second = await idlewave(["submit", dir, "--draft"], env);
    expect(second.stderr).toContain(`There is a job twice already: ${first.stdout.trim()}. The name now means ${second.stdout.trim()}`);
    const wayOut = `Job ${first.stdout.trim()} is draft: npx idlewave cancel ${first.stdout.trim()} ends it.`;
    expect(second.stderr).toContain(wayOut);
    for (const job of [first, second]) await idlewave(["cancel", job.stdout.trim()], env);
    const third = await idlewave(["submit", dir, "--draft"], env);
    expect(third.stderr).toContain("There is a job twice already");
    expect(third.stderr).not.toContain("ends it");
  });

  test.each([["x.xlsx"], ["x.parquet"]])("an ending of --out that is no format, %s, is refused with those there are", async (name) => {
    const { code, stderr } = await idlewave(["results", "1", "--out", join(folder, name)], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/which is no format of results\. Known are \.raw, \.npy, .*; for another name add --format\./);
    const named = await idlewave(["results", "1", "--out", join(folder, name), "--format", "csv", "--partial"], env);
    expect(named).toMatchObject({ code: 0 });
  });

  test("a number or a name of no job is answered with where the jobs are listed", async () => {
    for (const job of ["999", "999999999999", "no-such-job"]) {
      const { stderr } = await idlewave(["status", job], env);
      expect(stderr).toBe(
        `✗ There is no job ${job}. npx idlewave status lists those there are; a draft is there for its owner's token alone.\n`,
      );
    }
  });

  test("a job without words on whom it is for has none in its status", async () => {
    const dir = await newJob("plain");
    const manifest = JSON.parse(await readFile(join(dir, "job.json"), "utf8")) as Record<string, unknown>;
    delete manifest.for;
    await writeFile(join(dir, "job.json"), JSON.stringify(manifest));
    const { stdout } = await idlewave(["submit", dir, "--draft"], env);
    expect((await idlewave(["status", stdout.trim()], env)).stdout).toMatch(/^Binary palindromes below 2\^24 \(job \d+, plain\)\n/);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a host of another machine",
      { host: "192.0.2.1" },
      "192.0.2.1 is no address of this machine. Choose one of this machine's with --host",
    ],
    ["a host that is none", { host: "nowhere.invalid" }, "There is no address of the name nowhere.invalid."],
  ])("%s is named, with what to do", async (_, { host = "" }, message) => {
    const { code, stderr } = await idlewave(["serve", "--host", host, "--port", "0", "--data", join(folder, "elsewhere")], env);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test("a port in use is named, with what to do", async () => {
    const { port } = new URL(coordinator.url);
    const { code, stderr } = await idlewave(["serve", "--port", port, "--data", join(folder, "other")], env);
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} is in use. Choose another with --port, IDLEWAVE_PORT or port in idlewave.json.`);
  });
});

test("a misspelt variable is warned of on stderr, with the one that may be meant", async () => {
  vi.stubEnv("IDLEWAVE_TOKNE", "x");
  const { stdout, stderr } = await idlewave(["schema"]);
  expect(stderr).toBe("IDLEWAVE_TOKNE is no setting and changes nothing. Did you mean IDLEWAVE_TOKEN?\n");
  expect(JSON.parse(stdout)).toHaveProperty("properties");
});
