/** `replay`: on Dawn, in a process of its own, against units that volunteers answered rightly and wrongly. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../../../server/root.ts";
import { bytesOf } from "../gateway/volunteer.ts";
import { answer } from "../http/answers.ts";
import { startServer, type TestServer } from "../http/server.ts";
import { hornerOf, MACHINES } from "../machines.ts";

const TIMEOUT = 120_000;
const KERNEL = `struct P { first: u32, x: u32 }
@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<uniform> p: P;
@compute @workgroup_size(1) fn main() { counts[0] = p.first; counts[1] = p.x; }`;
const MANIFEST = {
  name: "rows",
  kernel: ["kernel.wgsl"],
  units: { rows: "params.csv" },
  bindings: { p: { set: { first: "$unit.index", x: "$row.x" } } },
  passes: [{ workgroups: [1] }],
  output: [{ binding: "counts", dtype: "u32", shape: [2] }],
};

let server: TestServer;
let job: number;
beforeAll(async () => {
  server = await startServer();
  job = await server.submit({ "job.json": JSON.stringify(MANIFEST), "kernel.wgsl": KERNEL, "params.csv": "x\n10\n11\n12\n13\n" });
});
afterAll(() => server.close());

const replay = (...args: string[]) => idlewave("replay", ...args);

function idlewave(name: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [join(ROOT, "scripts", "idlewave.mjs"), name, "--url", server.url, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }));
  });
}

it(
  "says of a verified unit that it came out the same, and where a replica whose bytes are kept differs",
  async () => {
    const liar = await answer(server.url, job, { 1: bytesOf(1, 99) });
    const honest = await answer(server.url, job, { 1: bytesOf(1, 11) });
    await answer(server.url, job, { 1: bytesOf(1, 11) });
    const ran = await replay(String(job), "1", "--software", "--json");
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const element = { output: "counts", dtype: "u32", index: [1], mine: "11", theirs: "99" };
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ...{ job, unit: 1, page: `${server.url}/unit?job=${job}&unit=1`, verdict: "equal", here: { software: true } },
      replicas: [
        { volunteer: liar, outcome: "refused", equal: false, difference: { byte: 12, element } },
        { volunteer: honest, outcome: "final", equal: true },
        { outcome: "final", equal: true },
      ],
    });
  },
  TIMEOUT,
);

it(
  "finds out two who lie alike: exit code 7, with the first byte and both values",
  async () => {
    for (let i = 0; i < 2; i++) await answer(server.url, job, { 2: bytesOf(2, 13) });
    const ran = await replay("rows", "2", "--software");
    expect(ran.code, ran.stderr).toBe(7);
    expect(ran.stdout).toMatch(
      /^here {7}[0-9a-f]{64}\ncanonical {2}[0-9a-f]{64} {2}differs from byte 12 on: counts\[1], u32, is 12 here and 13 there\n/,
    );
    expect(ran.stderr).toMatch(/^Unit 2 of rows on .*, in software:$/m);
  },
  TIMEOUT,
);

it(
  "computes a unit that failed, and says where each differs: exit code 6, for there is no canonical result",
  async () => {
    for (let i = 0; i < 20; i++) await answer(server.url, job, { 0: bytesOf(0, 100 + i) });
    const ran = await replay("rows", "0", "--software");
    expect(ran.code, ran.stderr).toBe(6);
    expect(ran.stdout).toContain("canonical  none, the unit failed\n");
    expect(ran.stdout).toContain(`page       ${server.url}/unit?job=${job}&unit=0\n`);
    expect(ran.stdout.match(/void .* differs from byte 12 on: counts\[1], u32, is 10 here and 1[0-9]{2} there/g)).toHaveLength(20);
  },
  TIMEOUT,
);

it(
  "believes no bytes that are not those of the digest that was told",
  async () => {
    const forger = createServer((request, response) => {
      const forged = request.url?.includes("/bytes");
      void fetch(server.url + request.url).then(async (answered) => {
        const bytes = new Uint8Array(await answered.arrayBuffer());
        response.end(forged ? bytes.map((byte) => byte + 1) : bytes);
      });
    });
    await new Promise<void>((listening) => forger.listen(0, "127.0.0.1", listening));
    const { port } = forger.address() as AddressInfo;
    const ran = await replay("rows", "2", "--software", "--json", "--url", `http://127.0.0.1:${port}`);
    forger.closeAllConnections();
    forger.close();
    expect(ran, ran.stderr).toMatchObject({ code: 1 });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: { code: "bad-answer", message: expect.stringContaining("do not have the digest") },
    });
  },
  TIMEOUT,
);

it("has a page for its units, which status names", async () => {
  const { stdout } = await idlewave("status", "rows");
  expect(stdout).toContain(`  look        at any unit, and check it in a browser: ${server.url}/unit?job=${job}\n`);
});

it("has nothing to compare before a unit has ended, and refuses what is no unit", async () => {
  const open = await replay("rows", "3");
  expect(open, open.stderr).toMatchObject({ code: 6, stdout: "" });
  expect(open.stderr).toContain("Unit 3 has not ended yet.");
  for (const unit of ["4", "x", "-1"]) {
    const none = await replay("--", "rows", unit);
    expect(none, none.stderr).toMatchObject({ code: 2, stdout: "" });
  }
  expect((await replay("rows", "4")).stderr).toContain("4 is no unit of rows. The job has the units 0 to 3.");
});

it(
  "within a job's tolerance, a real GPU and machines that round otherwise agree, which it says, and a lie beyond it differs",
  async () => {
    const text = (name: string) => readFile(join(ROOT, "tests/fixtures/jobs/horner", name), "utf8");
    const near = await server.submit({ "job.json": await text("job.json"), "kernel.wgsl": await text("kernel.wgsl") });
    await answer(server.url, near, { 3: hornerOf(MACHINES.plain, 3, (value) => value * 1.001) });
    await answer(server.url, near, { 3: hornerOf(MACHINES.upward, 3) });
    await answer(server.url, near, { 3: hornerOf(MACHINES.flushing, 3) });
    const ran = await replay(String(near), "3", "--software", "--json");
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const { verdict, canonical, replicas } = JSON.parse(ran.stdout);
    expect(verdict).toBe("alike");
    expect(canonical.difference).toMatchObject({ distance: expect.any(Number), element: { output: "values", dtype: "f32" } });
    expect(replicas[0]).toMatchObject({ outcome: "refused", equal: false });
    expect(replicas[0].difference).not.toHaveProperty("distance");
    expect(replicas.slice(1)).toMatchObject([{ outcome: "final" }, { outcome: "final" }]);
    const told = await replay(String(near), "3", "--software");
    expect(told.stdout).toMatch(/^canonical {2}[0-9a-f]{64} {2}alike, in [\d.]+ % of the tolerance; differs from byte \d+ on: values\[/m);
  },
  TIMEOUT,
);
