/** The parent's side: what a judge that dies, lies, hangs or looks around can do. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Judges } from "../../../server/admit/admit.ts";
import { encodeMessage, MessageReader } from "../../../server/admit/frames.ts";
import { admitted, builtJudge, KERNEL, manifest, packageOf, refused } from "./package.ts";

const good = packageOf({ "job.json": manifest(), "kernel.wgsl": KERNEL });
let folder: string;
let judges: Judges | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-judge-"));
});
afterEach(() => judges?.close());
afterAll(() => rm(folder, { recursive: true }));

/** A process in the judge's place: says that it is ready, then does `body` with each piece of a question. */
async function impostor(body: string): Promise<string> {
  const entry = join(folder, `impostor-${Math.random()}.mjs`);
  const script = `import { existsSync, writeFileSync, writeSync } from "node:fs";
const answer = (json) => { const b = Buffer.from(JSON.stringify(json)); const h = Buffer.alloc(8); h.writeUInt32LE(b.length, 0); writeSync(3, Buffer.concat([h, b])); };
answer({ ready: true });
const flag = ${JSON.stringify(join(folder, "flag"))};
process.stdin.once("data", () => { ${body} });`;
  await writeFile(entry, script);
  return entry;
}

const fault = (wrong: string) => `{ ok: false, faults: [{ file: "x", wrong: ${wrong}, right: "y" }] }`;

describe("a judge's process", () => {
  it("that crashes once is replaced, and the package judged again", async () => {
    const entry = await impostor(`if (!existsSync(flag)) { writeFileSync(flag, ""); process.abort(); } answer(${fault('"second"')});`);
    judges = new Judges({ entry });
    expect(refused(await judges.admit(good))).toEqual([{ file: "x", wrong: "second", right: "y" }]);
  });

  it("that crashes twice is a fault that says how", async () => {
    judges = new Judges({ entry: await impostor('console.error("alas"); process.abort();') });
    expect(refused(await judges.admit(good))[0]?.wrong).toMatch(/died of this package, twice: signal SIGABRT\.$/);
  });

  it("that hangs is killed and says what it was at", async () => {
    const entry = await impostor('answer({ stage: { file: "k.wgsl", doing: "thinking" } }); for (;;) {}');
    judges = new Judges({ entry, timeoutMs: 200, patienceMs: [60_000, 60_000] });
    expect(refused(await judges.admit(good))).toMatchObject([
      { file: "k.wgsl", wrong: "The package could not be judged within 0.2 s: it ended while thinking." },
    ]);
  });

  describe("that the machine leaves no processor time", () => {
    const STOPPED = 'process.kill(process.pid, "SIGSTOP");';

    it("is replaced, and the package judged again", async () => {
      const stopped = join(folder, "stopped");
      const entry = await impostor(
        `if (!existsSync("${stopped}")) { writeFileSync("${stopped}", ""); ${STOPPED} } else answer(${fault('"second"')});`,
      );
      judges = new Judges({ entry, timeoutMs: 10_000, patienceMs: [300, 60_000] });
      expect(refused(await judges.admit(good))).toEqual([{ file: "x", wrong: "second", right: "y" }]);
    });

    it("twice is no fault of the package: the machine is busy, and its operator told", async () => {
      const told: unknown[] = [];
      judges = new Judges({ entry: await impostor(STOPPED), patienceMs: [300, 300], onBusy: (spent) => told.push(spent) });
      await expect(judges.admit(good)).rejects.toMatchObject({ code: "busy", http: 503 });
      expect(told).toEqual([{ processorMs: expect.any(Number), waitedMs: expect.any(Number) }]);
    });

    it("at first, is no fault either when a second try runs out of what the first left it", async () => {
      const stopped = join(folder, "stopped-first");
      const entry = await impostor(`if (!existsSync("${stopped}")) { writeFileSync("${stopped}", ""); ${STOPPED} } else for (;;) {}`);
      judges = new Judges({ entry, timeoutMs: 200, patienceMs: [300, 60_000] });
      await expect(judges.admit(good)).rejects.toMatchObject({ code: "busy" });
    });
  });

  it("that takes more memory than it may is a fault, not ours to bear", async () => {
    const entry = await impostor("const kept = []; for (;;) kept.push(Buffer.alloc(1 << 26, 1));");
    judges = new Judges({ entry, memoryMiB: 1536, timeoutMs: 20_000 });
    expect(refused(await judges.admit(good))[0]?.wrong).toMatch(/within 1536 MiB|died of this package/);
  });

  it.each([
    ["an answer of four gigabytes", "const h = Buffer.alloc(8, 0xff); writeSync(3, h);"],
    ["no JSON", "const h = Buffer.alloc(10); h.writeUInt32LE(2, 0); writeSync(3, h);"],
  ])("that writes %s is killed", async (_, body) => {
    judges = new Judges({ entry: await impostor(body) });
    expect(refused(await judges.admit(good))[0]?.wrong).toMatch(/malformed answer/);
  });

  it("that answers what no judge of ours writes is an error of ours", async () => {
    judges = new Judges({ entry: await impostor("answer({ ok: true, plan: 5 });") });
    await expect(judges.admit(good)).rejects.toThrow(/malformed/);
  });

  it("knows none of our environment and nothing of where we run", async () => {
    process.env.IDLEWAVE_SECRET_OF_THE_TEST = "secret";
    const entry = await impostor(`answer(${fault("JSON.stringify([process.env, process.cwd()])")});`);
    judges = new Judges({ entry });
    const seen = refused(await judges.admit(good))[0]?.wrong ?? "";
    delete process.env.IDLEWAVE_SECRET_OF_THE_TEST;
    const [env, cwd] = JSON.parse(seen) as [Record<string, string>, string];
    expect(
      Object.keys(env).filter((name) => name !== "PATH" && name !== "PWD" && name !== "SHLVL" && name !== "_" && name !== "OLDPWD"),
    ).toEqual([]);
    expect(cwd).toBe("/");
  });

  it("that cannot start is an error that says why", async () => {
    judges = new Judges({ entry: join(folder, "missing.mjs") });
    await expect(judges.admit(good)).rejects.toThrow(/does not start: .*missing\.mjs/s);
  });
});

describe("the queue", () => {
  it("judges what comes at once, each by itself", async () => {
    judges = new Judges({ entry: await builtJudge() });
    const wrong = packageOf({ "job.json": manifest({ units: { count: 0 } }), "kernel.wgsl": KERNEL });
    const all = await Promise.all([good, wrong, good, wrong, good].map((pkg) => judges?.admit(pkg)));
    expect(all.map((admission) => admission?.ok)).toEqual([true, false, true, false, true]);
  });

  it("turns away what is too much", async () => {
    judges = new Judges({ entry: await builtJudge() });
    const all = await Promise.allSettled(Array.from({ length: 40 }, () => judges?.admit(good)));
    expect(all.filter((each) => each.status === "fulfilled")).toHaveLength(32);
    expect(all.find((each) => each.status === "rejected")).toMatchObject({ reason: { code: "too-fast" } });
  });

  it("is over after close", async () => {
    judges = new Judges({ entry: await builtJudge() });
    admitted(await judges.admit(good));
    const waiting = judges.admit(good);
    const ended = expect(waiting).rejects.toMatchObject({ code: "shutting-down" });
    await judges.close();
    await ended;
    await expect(judges.admit(good)).rejects.toMatchObject({ code: "shutting-down" });
  });
});

describe("a message", () => {
  it("comes through whole, however the stream cuts it", () => {
    const messages = [
      { json: { a: 1 }, bytes: new Uint8Array([1, 2, 3]) },
      { json: [], bytes: new Uint8Array() },
      { json: "é", bytes: new Uint8Array(1000).fill(7) },
    ];
    const stream = Buffer.concat(messages.map(encodeMessage));
    for (const step of [1, 7, 64, stream.length]) {
      const reader = new MessageReader(2000);
      const read = [];
      for (let at = 0; at < stream.length; at += step) read.push(...reader.push(stream.subarray(at, at + step)));
      expect(read.map(({ json, bytes }) => ({ json, bytes: Uint8Array.from(bytes) }))).toEqual(messages);
    }
  });

  it("that is too long is refused by its header", () => {
    expect(() => new MessageReader(100).push(encodeMessage({ json: 1, bytes: new Uint8Array(100) }).subarray(0, 8))).toThrow(/at most 100/);
  });
});
