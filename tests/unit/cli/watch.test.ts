import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { JobStatus, NetworkInfo } from "../../../shared/api.ts";
import { packageOf, startServer } from "../http/server.ts";
import { idlewave } from "./run.ts";

let proxy: Server;
afterEach(() => {
  proxy.closeAllConnections();
  proxy.close();
});

/** Answers each request for a job with the next of `answers`; undefined hangs up. */
async function proxyOf(answers: ({ status: number; body: unknown } | undefined)[], network: object = {}): Promise<string> {
  const known: NetworkInfo = {
    name: "n",
    operator: "o",
    purpose: "p",
    contact: "c",
    source: "s",
    wire: 1,
    version: "1",
    allowSoftware: false,
    volunteers: 0,
    measures: false,
  };
  proxy = createServer((request, response) => {
    const answer = request.url === "/api/network" ? { status: 200, body: { ...known, ...network } } : answers.shift();
    if (!answer) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

async function statusOfAJob(): Promise<JobStatus> {
  const server = await startServer();
  const status = await server.status(await server.submit(packageOf(4)));
  await server.close();
  return status;
}

test("watching a job outlives a coordinator that is away for a moment, and says so once", async () => {
  const running = { status: 200, body: await statusOfAJob() };
  const done = { status: 200, body: { ...running.body, state: "done" } };
  const away = { status: 502, body: { error: "bad gateway" } };
  const url = await proxyOf([running, running, away, undefined, running, done]);
  const { code, stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(code).toBe(0);
  expect(stderr.match(/Trying again/g)).toHaveLength(1);
});

test.each<[string, object, RegExp]>([
  ["nobody", { volunteers: 0 }, /Nobody is connected: open http:\S+ in a browser.* serve --allow-software/],
  ["one volunteer who has only come", { volunteers: 1, allowSoftware: true }, /0 a minute, 0 volunteers at work\n/],
  ["enough", { volunteers: 2 }, /0 a minute, 0 volunteers at work\n/],
])("watching a job with %s connected says what it needs, and ends with the job's line", async (_, network, said) => {
  const running = { status: 200, body: await statusOfAJob() };
  const url = await proxyOf([running, running, { status: 200, body: { ...running.body, state: "done" } }], network);
  const { code, stdout, stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(code).toBe(0);
  expect(stderr).toMatch(said);
  expect(stdout).toMatch(/^ +1 {2}done +test-job .*\n$/);
});

test("units that go on waiting for a second volunteer are told, with what to do", async () => {
  const body = await statusOfAJob();
  const waiting = { status: 200, body: { ...body, units: { ...body.units, voted: 2 } } };
  const done = { status: 200, body: { ...body, state: "done" } };
  const url = await proxyOf([...new Array<typeof waiting>(9).fill(waiting), done], { volunteers: 1, allowSoftware: true });
  const { code, stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(code).toBe(0);
  const [first = "", ...later] = stderr.split("\n");
  expect(first).toMatch(/0 volunteers at work, 2 units wait for another volunteer$/);
  expect(later.join("\n")).toMatch(/1 volunteer connected, and a unit needs 2: open http:\S+ in another browser or profile too\.\n/);
}, 60_000);

test("units that are refused are not said to wait for another volunteer", async () => {
  const body = await statusOfAJob();
  const reason = "2 volunteers gave numbers for unit 0 that are not finite";
  const refused = { status: 200, body: { ...body, reason, units: { ...body.units, voted: 1 } } };
  const url = await proxyOf([refused, refused, { status: 200, body: { ...body, state: "done" } }]);
  const { stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain("another volunteer");
});

test("units of a job that is computed once wait for the coordinator's check", async () => {
  const body = await statusOfAJob();
  const verification = { ...body.verification, tier: "sampled", quorum: 1 };
  const running = { status: 200, body: { ...body, verification, units: { ...body.units, voted: 1 } } };
  const url = await proxyOf([running, running, { status: 200, body: { ...running.body, state: "done" } }]);
  expect((await idlewave(["watch", "1"], { IDLEWAVE_URL: url })).stderr).toMatch(/1 unit waits for the coordinator's check\. /);
});

test.each<[string, number, RegExp]>([
  ["whom nobody serves", 0, /0 members at work\. No member of lab is at work: open the pool's link \(\S+ .*pool invite 3 makes a new one/],
  ["that a member serves", 1, /^(?!.*No member).* 1 member at work\n/s],
])(
  "watching a job of a pool %s says so, whatever volunteers there are for the public",
  async (_, volunteers, said) => {
    const body = await statusOfAJob();
    const verification = { ...body.verification, tier: "trusted", quorum: 1 };
    const running = { status: 200, body: { ...body, verification, volunteers, pool: { id: 3, name: "lab" } } };
    const between = { status: 200, body: { ...running.body, volunteers: 0 } };
    const done = { status: 200, body: { ...running.body, state: "done" } };
    const url = await proxyOf([running, running, ...new Array<typeof between>(7).fill(between), done]);
    const { code, stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
    expect(code).toBe(0);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/in a browser|volunteer/);
  },
  60_000,
);

test("what a coordinator says reaches the terminal without what a terminal would obey", async () => {
  const body = { ...(await statusOfAJob()), title: "a\u001b]0;evil\u0007b", name: "n\u202eame", reason: "one\ntwo" };
  const url = await proxyOf([
    { status: 200, body },
    { status: 200, body },
    { status: 200, body },
  ]);
  const { stdout } = await idlewave(["status", "1"], { IDLEWAVE_URL: url });
  expect(stdout).toContain("a\ufffd]0;evil\ufffdb (job 1, n\ufffdame)");
  expect(stdout).toContain(": one two\n");
  const json = (await idlewave(["status", "1", "--json"], { IDLEWAVE_URL: url })).stdout;
  expect(json).toContain("\\u202e");
  expect(JSON.parse(json)).toEqual(body);
});

test("watching ends when the coordinator says that there is no such job", async () => {
  const running = { status: 200, body: await statusOfAJob() };
  const gone = { status: 404, body: { code: "not-found", message: "There is no job 1.", todo: "Check the number or name." } };
  const url = await proxyOf([running, running, gone]);
  expect(await idlewave(["watch", "1"], { IDLEWAVE_URL: url })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no job 1."),
  });
});

test("volunteers who hold no unit at the moment of a poll are still at work", async () => {
  const status = { ...(await statusOfAJob()), volunteers: 2 };
  const answers = [2, 0, 0, 0, 0, 0, 0].map((volunteers, final) => ({
    status: 200,
    body: { ...status, volunteers, units: { ...status.units, final: Math.min(final, 3) } },
  }));
  const url = await proxyOf([answers[0], ...answers, { status: 200, body: { ...status, state: "done" } }], { volunteers: 2 });
  const { stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(stderr).toMatch(/: [1-3] of 4 units 0 a minute, 2 volunteers at work/);
  expect(stderr).not.toMatch(/ 0 volunteers/);
});
