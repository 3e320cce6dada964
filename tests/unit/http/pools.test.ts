import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobStatus } from "../../../shared/api.ts";
import { readJoinLink } from "../../../shared/pool.ts";
import type { Member, PoolInfo } from "../../../shared/pool-api.ts";
import { bytesOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

const TITLE = "Alloys nobody knows of";
const POOL = "Hidden Physics lab";
const NOBODYS_JOB = 4242;
const NOBODYS_POOL = 4343;

interface Made {
  id: number;
  link: string;
  until: string;
}

describe("pools", () => {
  let server: TestServer;
  let teacher: string;
  let stranger: string;
  let made: Made;
  const opened: Volunteer[] = [];

  const token = async (name: string) =>
    ((await (await server.post("/api/tokens", { name }, server.token)).json()) as { token: string }).token;
  const pool = async (name: string, by = teacher) => (await (await server.post("/api/pools", { name }, by)).json()) as Made;
  const secretOf = ({ link }: Made) => {
    const read = readJoinLink(link);
    if ("why" in read) throw new Error(read.why);
    return read.secret;
  };
  const member = async (of: Made) => {
    const joined = await new Volunteer(server.url).joinPool(secretOf(of));
    opened.push(joined.volunteer);
    return joined;
  };
  const privateJob = (of: Made, changes: Record<string, unknown> = {}) =>
    server.submit(
      packageOf(3, 1, { name: "secret-alloys", title: TITLE, pool: of.id, verify: { tier: "trusted" }, ...changes }),
      "",
      teacher,
    );
  const members = async (id: number, by = teacher) =>
    ((await (await server.get(`/api/pools/${id}/members`, by)).json()) as { members: Member[] }).members;

  beforeAll(async () => {
    server = await startServer();
    [teacher, stranger] = [await token("teacher"), await token("stranger")];
    made = await pool(POOL);
  });
  afterAll(async () => {
    for (const volunteer of opened) volunteer.leave();
    await server.close();
  });

  it("are made by any owner, whose link says who asks", async () => {
    expect(made.link).toMatch(new RegExp(`^${server.url}/join#[A-Za-z0-9_-]{43}$`));
    expect((await server.post("/api/pools", { name: "x" })).status).toBe(401);
    for (const name of ["", " ", "\u3164", "\ud800", "a\udc00b", "a\u202eb", "a\nb"])
      expect((await server.post("/api/pools", { name }, teacher)).status).toBe(400);
    const asked = await server.post("/api/pools/invited", { secret: secretOf(made) });
    expect(await asked.json()).toEqual({ id: made.id, name: POOL, owner: "teacher" });
    const refused = await server.post("/api/pools/invited", { secret: "x" });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ code: "bad-invite", todo: expect.stringContaining("new one") });
  });

  it("have a link that lets in so many, which is told, and which its owner takes back", async () => {
    for (const uses of [0, 1.5, 1001, "1", null]) expect((await server.post("/api/pools", { name: "x", uses }, teacher)).status).toBe(400);
    const lab = (await (await server.post("/api/pools", { name: "Two", uses: 2 }, teacher)).json()) as Made;
    expect(lab).toMatchObject({ uses: 2 });
    await member(lab);
    const shown = async () =>
      ((await (await server.get("/api/pools", teacher)).json()) as { pools: PoolInfo[] }).pools.find(({ id }) => id === lab.id);
    expect(await shown()).toMatchObject({ inviteUses: 1, members: 1 });
    expect((await server.remove(`/api/pools/${lab.id}/invite`, stranger)).status).toBe(404);
    expect((await server.remove(`/api/pools/${lab.id}/invite`, teacher)).status).toBe(204);
    expect(await shown()).toMatchObject({ inviteUses: null, inviteUntil: "", offAt: "", members: 1 });
    expect((await server.post("/api/pools/invited", { secret: secretOf(lab) })).status).toBe(404);
    const next = (await (await server.post(`/api/pools/${lab.id}/invite`, { uses: 1 }, teacher)).json()) as Made;
    await member(next);
    const used = await server.post("/api/pools/invited", { secret: secretOf(next) });
    expect([used.status, ((await used.json()) as { message: string }).message]).toEqual([
      404,
      "This link joins no pool: it has let in as many as it was made for.",
    ]);
  });

  it("are their owner's and an administrator's to see and change", async () => {
    const mine = await pool("Mine", stranger);
    const ids = async (by: string) =>
      ((await (await server.get("/api/pools", by)).json()) as { pools: PoolInfo[] }).pools.map(({ id }) => id);
    expect(await ids(stranger)).toEqual([mine.id]);
    expect(await ids(server.token)).toContain(mine.id);
    expect((await server.post(`/api/pools/${mine.id}/invite`, {}, teacher)).status).toBe(404);
    expect((await server.remove(`/api/pools/${mine.id}`, teacher)).status).toBe(404);
    expect((await server.remove(`/api/pools/${mine.id}`, server.token)).status).toBe(204);
    expect((await server.remove(`/api/pools/${mine.id}`, stranger)).status).toBe(404);
    const { pools } = (await (await server.get("/api/pools", stranger)).json()) as { pools: PoolInfo[] };
    expect(pools[0]).toMatchObject({ inviteUntil: "", members: 0, connected: 0 });
    expect(pools[0]?.offAt).not.toBe("");
  });

  it("have jobs that members compute once, and see; their status says in words what that is worth", async () => {
    const job = await privateJob(made);
    const { volunteer, pool: passed } = await member(made);
    while (await volunteer.work((unit) => bytesOf(unit))) {}
    const pass = { "idlewave-pass": passed.pass };
    const status = (await (await server.get(`/api/jobs/${job}`, undefined, pass)).json()) as JobStatus;
    expect(status).toMatchObject({
      ...{ state: "done", creditPerUnit: 0, executionsPerUnit: 1, answerSoFar: "3", pool: { id: made.id, name: POOL } },
      verification: { tier: "trusted", quorum: 1, auditor: "none", limits: expect.stringContaining("believed") },
    });
    const { jobs } = (await (await server.get("/api/jobs", undefined, pass)).json()) as { jobs: JobStatus[] };
    expect(jobs.map(({ id }) => id)).toEqual([job]);
    const blob = await server.get(`/blobs/${status.plan}`, undefined, pass);
    expect(blob.status).toBe(200);
    expect(blob.headers.get("cache-control")).toBe("no-store");
    expect(blob.headers.get("access-control-allow-origin")).toBeNull();
    expect((await server.get(`/blobs/${status.plan}`, teacher)).status).toBe(200);
    expect((await server.get(`/api/jobs/${job}/units/0/bytes`, undefined, pass)).status).toBe(200);
    expect((await server.get(`/api/jobs/${job}/picture`, undefined, pass)).status).toBe(200);
    expect((await server.get(`/api/jobs/${job}/results`, teacher)).status).toBe(200);
    expect((await server.get(`/api/jobs/${job}/results`, undefined, pass)).status).toBe(401);
    volunteer.leave();
    const lonely = await privateJob(made);
    const reason = async () => ((await (await server.get(`/api/jobs/${lonely}`, teacher)).json()) as JobStatus).reason;
    await expect.poll(reason).toBe("no member of its pool lends to it now");
    await server.post(`/api/jobs/${lonely}/cancel`, undefined, teacher);
    const [one] = await members(made.id);
    expect(one).toMatchObject({ leftAt: "", units: { submitted: 3, final: 3, refused: 0 } });
    expect((await server.get(`/api/pools/${made.id}/members`, undefined, pass)).status).toBe(200);
  });

  it("are named in job.json by their number, and only by their owner while they are on", async () => {
    const faults = async (manifest: Record<string, unknown>, by = teacher) => {
      const form = new FormData();
      for (const [path, content] of Object.entries(packageOf(3, 1, manifest))) form.append(path, new Blob([content]));
      const answer = await server.post("/api/jobs", form, by);
      return [answer.status, ((await answer.json()) as { faults?: { field: string; wrong: string }[] }).faults];
    };
    const closed = await pool("Closed");
    await server.remove(`/api/pools/${closed.id}`, teacher);
    expect(await faults({ pool: NOBODYS_POOL })).toMatchObject([
      422,
      [{ field: "pool", wrong: `There is no pool ${NOBODYS_POOL} of yours.` }],
    ]);
    expect(await faults({ pool: made.id }, stranger)).toMatchObject([422, [{ wrong: `There is no pool ${made.id} of yours.` }]]);
    expect(await faults({ pool: closed.id })).toMatchObject([422, [{ wrong: `Pool ${closed.id}, Closed, is off.` }]]);
    expect(await faults({ verify: { tier: "trusted" } })).toMatchObject([422, [{ field: "verify.tier" }]]);
    expect(await faults({ pool: made.id, verify: { tier: "trusted", quorum: 3 } })).toMatchObject([422, [{ field: "verify.quorum" }]]);
  });

  it("lose a member who is removed, by name", async () => {
    const lab = await pool("Lab");
    await member(lab);
    const [one] = await members(lab.id);
    expect((await server.remove(`/api/pools/${lab.id}/members/${one?.id}`, stranger)).status).toBe(404);
    expect((await server.remove(`/api/pools/${lab.id}/members/${one?.id}`, teacher)).status).toBe(204);
    expect((await server.remove(`/api/pools/${lab.id}/members/${one?.id}`, teacher)).status).toBe(404);
    expect((await members(lab.id))[0]?.leftAt).not.toBe("");
  });

  describe("and everybody else: another owner, another pool's member, nobody", () => {
    interface Described {
      paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>;
    }
    let routes: { method: string; path: string }[];
    let job: number;
    let secrets: string[];
    let theirs: { headers: Record<string, string> }[];

    beforeAll(async () => {
      const { paths } = (await (await server.get("/docs/json")).json()) as Described;
      routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
      );
      job = await privateJob(made);
      const { volunteer } = await member(made);
      while (await volunteer.work((unit) => bytesOf(unit))) {}
      const status = (await (await server.get(`/api/jobs/${job}`, teacher)).json()) as JobStatus;
      secrets = [TITLE, POOL, "secret-alloys", status.plan, status.source, ...(await members(made.id)).map(({ id }) => id)];
      const other = await pool("Other", stranger);
      const { pool: passed } = await member(other);
      const kinds: Record<string, string>[] = [{}, { authorization: `Bearer ${stranger}` }, { "idlewave-pass": passed.pass }];
      theirs = kinds.map((headers) => ({ headers }));
    });

    const filled = (path: string, jobId: number, poolId: number, hash: string) =>
      path
        .replace("/pools/{id}", `/pools/${poolId}`)
        .replace("{id}", String(jobId))
        .replace("{unit}", "0")
        .replace("{hash}", hash)
        .replace("{member}", (secrets[5] as string) ?? "0".repeat(12));

    const asked = async (method: string, path: string, headers: Record<string, string>) => {
      const body = method === "POST" && !/\/(pause|resume|cancel)$/.test(path) ? { body: "{}" } : {};
      const type: Record<string, string> = "body" in body ? { "content-type": "application/json" } : {};
      const answer = await fetch(server.url + path, { method, headers: { ...headers, ...type }, ...body });
      return { status: answer.status, text: await answer.text() };
    };

    it("are told of a job and a pool by no route more than of those that are not there", async () => {
      expect(routes.filter(({ path }) => path.includes("{id}")).length).toBeGreaterThan(12);
      const missing = "f".repeat(64);
      for (const { headers } of theirs) {
        for (const { method, path } of routes) {
          // These name neither: the walk must not revoke tokens and sites.
          if (/^\/api\/(tokens|sites|keys|backup)/.test(path) && method !== "GET") continue;
          for (const hash of secrets.slice(3, 5)) {
            const real = await asked(method, filled(path, job, made.id, hash), headers);
            const none = await asked(method, filled(path, NOBODYS_JOB, NOBODYS_POOL, missing), headers);
            for (const secret of secrets)
              expect(real.text, `${method} ${path}`).not.toContain(secret === hash ? "nothing-in-particular" : secret);
            if (!path.includes("{")) continue;
            const alike = (text: string, of: number[], blob: string) =>
              of.reduce((so, id) => so.replaceAll(new RegExp(`\\b${id}\\b`, "g"), "N"), text).replaceAll(blob, "H");
            expect([real.status, alike(real.text, [job, made.id], hash)], `${method} ${path}`).toEqual([
              none.status,
              alike(none.text, [NOBODYS_JOB, NOBODYS_POOL], missing),
            ]);
          }
        }
      }
    });

    it("see the job on no page and in no widget", async () => {
      await server.post("/api/sites", { origin: "https://tides.example" }, server.token);
      const running = await privateJob(made);
      for (const path of [
        "/",
        "/join",
        `/?job=${running}`,
        `/widget?site=tides.example&cause=${running}`,
        "/widget?site=tides.example&cause=secret-alloys",
      ]) {
        const text = await (await server.get(path)).text();
        for (const secret of secrets) expect(text, path).not.toContain(secret);
      }
    });

    it("get no unit of it, be it by its number, with its members' tokens or their passes", async () => {
      const running = await privateJob(made);
      const { volunteer, pool: passed } = await member(made);
      const held = await volunteer.claim(2, running);
      const thief = await new Volunteer(server.url).join();
      opened.push(thief);
      expect(await thief.send({ type: "claim", units: 0, gpuMillis: 0, job: running })).toMatchObject({ type: "idle", reason: "no-jobs" });
      expect(await thief.send({ type: "submit", token: held.token, results: [] })).toMatchObject({ type: "error", code: "foreign-token" });
      expect(await thief.units(running as never)).toEqual({ units: [] });
      await server.remove(`/api/pools/${made.id}/members/${Buffer.from(volunteer.publicKey).toString("hex").slice(0, 12)}`, teacher);
      const late = await server.get(`/api/jobs/${running}`, undefined, { "idlewave-pass": passed.pass });
      expect([late.status, await late.json()]).toMatchObject([401, { code: "bad-pass" }]);
      const put = await fetch(`${server.url}/api/results?unit=0`, {
        method: "PUT",
        headers: { "content-type": "application/octet-stream", "idlewave-token": Buffer.from(held.token).toString("base64url") },
        body: bytesOf(1),
      });
      expect(put.status).toBe(409);
    });
  });
});
