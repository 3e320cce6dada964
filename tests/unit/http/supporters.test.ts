/** What a site's visitors gave: counted by a real coordinator, told to everybody, and drawn. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import type { StoreOp } from "../../../server/core/store.ts";
import { badgeSvg } from "../../../server/http/badge.ts";
import { coarse } from "../../../server/http/coarse.ts";
import { ToldSites } from "../../../server/http/told-sites.ts";
import type { SiteId, StatementId } from "../../../shared/ids.ts";
import { readJoinLink } from "../../../shared/pool.ts";
import type { Supporter, SupporterFacts, SupporterList } from "../../../shared/supporter.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { final, jobRow, openStore, publicKey, replica, SPEC, bytesOf as storedBytes, temporaryFolder } from "../store/place.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

const BLOG = "https://blog.example";
const SHOP = "https://shop.example";
const NAME = `Tides & <b>"Waves"</b>`;

describe("what a site's visitors gave", () => {
  let server: TestServer;
  const opened: Volunteer[] = [];
  beforeAll(async () => {
    server = await startServer();
    for (const origin of [BLOG, SHOP]) await server.post("/api/sites", { origin }, server.token);
  });
  afterEach(() => {
    for (const volunteer of opened.splice(0)) volunteer.leave();
  });
  afterAll(() => server.close());

  const comes = async (site?: string, keys?: Volunteer["keys"]) => {
    const volunteer = new Volunteer(server.url, keys);
    opened.push(volunteer);
    const reply = await volunteer.hello(site === undefined ? {} : { site });
    if (!reply.ok) throw new Error(`${reply.code}: ${reply.message}`);
    return volunteer;
  };
  const answer = async (volunteer: Volunteer, value = bytesOf) => {
    while (await volunteer.work((unit) => value(unit))) {}
  };
  /** As it is now, which an administrator alone sees. */
  const given = async (origin: string) => {
    const { sites } = (await (await server.get("/api/sites", server.token)).json()) as {
      sites: { origin: string; units: number; credit: number }[];
    };
    const { units, credit } = sites.find((site) => site.origin === origin) as { units: number; credit: number };
    return { units, credit };
  };

  it("is what was verified and earned credit, for each volunteer whose connection names it, and nothing else", async () => {
    await server.submit(packageOf(3));
    const [one, two, nobodys] = [await comes(BLOG), await comes(SHOP), await comes()];
    await answer(one);
    // Nobody else has said so yet.
    expect(await given(BLOG)).toEqual({ units: 0, credit: 0 });
    await answer(two, (unit) => bytesOf(unit === 2 ? 99 : unit));
    await answer(nobodys);
    expect(await given(BLOG)).toEqual({ units: 3, credit: 3 });
    expect(await given(SHOP)).toEqual({ units: 2, credit: 2 });
  });

  it("outlasts a restart between a vote and its verification", async () => {
    const before = await given(BLOG);
    await server.submit(packageOf(2));
    const one = await comes(BLOG);
    await answer(one);
    one.leave();
    await server.close(true);
    server = await startServer({}, server.folder, server.token);
    const two = await comes();
    await answer(two);
    expect(await given(BLOG)).toEqual({ units: before.units + 2, credit: before.credit + 2 });
  });

  it("is no more while it is switched off, and nobody comes in its name then", async () => {
    const { id } = (await (await server.post("/api/sites", { origin: "https://late.example" }, server.token)).json()) as Supporter;
    await server.submit(packageOf(2));
    const [one, two] = [await comes("https://late.example"), await comes()];
    await server.remove(`/api/sites/${id}`, server.token);
    await answer(one);
    await answer(two);
    expect(await given("https://late.example")).toEqual({ units: 0, credit: 0 });
    await expect(comes("https://late.example")).rejects.toThrow("forbidden: The site whose visitor this is said to be is none");
    await expect(comes("https://never.example")).rejects.toThrow("forbidden");
    expect((await server.get("/api/supporter?site=late.example")).status).toBe(404);
    expect((await server.get(`/badge.svg?site=${id}`)).status).toBe(404);
  });

  it("has nothing of what is submitted while it is off, on a connection that named it before, whenever that is final", async () => {
    const late = "https://late.example";
    const register = async () => (await (await server.post("/api/sites", { origin: late }, server.token)).json()) as { id: number };
    const { id } = await register();
    await server.submit(packageOf(2));
    const [one, two] = [await comes(late), await comes()];
    expect((await server.remove(`/api/sites/${id}`, server.token)).status).toBe(204);
    await answer(one);
    await register();
    await answer(two);
    expect(await given(late)).toEqual({ units: 0, credit: 0 });
    // Nor later, on the same connection: its name is lost.
    await server.submit(packageOf(2));
    await answer(one);
    await answer(two);
    expect(await given(late)).toEqual({ units: 0, credit: 0 });
    // Who names it anew is its visitor again.
    const again = await comes(late);
    await server.submit(packageOf(2));
    await answer(again);
    await answer(two);
    expect(await given(late)).toEqual({ units: 2, credit: 2 });
  });

  it("has no units of a pool, whose members nobody independent verifies", async () => {
    const before = await given(SHOP);
    const pool = (await (await server.post("/api/pools", { name: "Lab" }, server.token)).json()) as { id: number; link: string };
    const link = readJoinLink(pool.link);
    if ("why" in link) throw new Error(link.why);
    const job = await server.submit(packageOf(1, 1, { pool: pool.id, verify: { tier: "trusted" } }));
    const { volunteer } = await new Volunteer(server.url).joinPool(link.secret);
    opened.push(volunteer);
    const claimed = await volunteer.claim(64, job);
    // The same key, in a site's name, with what it claimed as a member.
    const visitor = await comes(SHOP, volunteer.keys);
    const told = await visitor.send({ type: "submit", token: claimed.token, results: [resultOf(0, bytesOf(0))] });
    expect(told).toMatchObject({ type: "answer", verdicts: ["recorded"] });
    expect(await (await server.get(`/api/jobs/${job}`, server.token)).json()).toMatchObject({ state: "done", units: { final: 1 } });
    expect(await given(SHOP)).toEqual(before);
    const both = new Volunteer(server.url, volunteer.keys);
    opened.push(both);
    expect(await both.hello({ pool: pool.id, site: SHOP })).toMatchObject({ ok: false, code: "bad-message" });
  });

  it("is told to everybody, by number and by address, in JSON and as a picture that sites may keep for a while", async () => {
    const { sites } = (await (await server.get("/api/supporters")).json()) as SupporterList;
    // All of it was given within the hour, or within two when one ended meanwhile.
    expect(sites.map(({ origin }) => origin)).toEqual([BLOG, SHOP, "https://late.example"]);
    for (const { units, credit } of sites) expect([units, credit]).toEqual([0, null]);
    for (const named of ["1", "blog.example", encodeURIComponent(BLOG)]) {
      const { site } = (await (await server.get(`/api/supporter?site=${named}`)).json()) as SupporterFacts;
      expect(site).toEqual(sites[0]);
      const badge = await server.get(`/badge.svg?site=${named}`);
      expect(badge.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
      expect(badge.headers.get("cache-control")).toBe("public, max-age=600");
      expect(badge.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
      expect(badge.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
      expect(badge.headers.get("set-cookie")).toBeNull();
      expect(await badge.text()).toBe(badgeSvg(site, "Idlewave"));
      const again = await server.get(`/badge.svg?site=${named}`, undefined, { "if-none-match": badge.headers.get("etag") ?? "" });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    for (const named of ["", "99", "x.example", "https://a<b"]) {
      expect([400, 404]).toContain((await server.get(`/badge.svg?site=${encodeURIComponent(named)}`)).status);
    }
  });
});

describe("figures of sites", () => {
  const HOUR = 3_600_000;
  async function scene() {
    const path = join(await temporaryFolder(), "idlewave.db");
    const store = openStore(path);
    const { id: account } = await store.accountOf(publicKey(1), 0);
    const { id: job } = await store.addJob(jobRow(), SPEC);
    let unit = 0;
    const give = async (site: SiteId, at: number, count = 1) => {
      for (const last = unit + count; unit < last; unit++) {
        const under = { statement: 0 as StatementId, signed: true, site };
        const ended = { ...final(job, unit, "a", [account], under), at } as StoreOp;
        await store.commit([replica(job, unit, account, "a", { site }), storedBytes(job, unit, "a"), ended]);
      }
    };
    return { path, store, give };
  }

  it("are those of the turn of the hour by the clock, whoever asks when, also over a restart", async () => {
    const { path, store, give } = await scene();
    let now = 10 * HOUR + 5;
    const { id } = await store.putSite(BLOG, "Blog", now);
    await give(id, now, 12);
    const told = new ToldSites(store, () => now);
    // Registered after the figures were taken: it has none, and `since` says so.
    expect(await told.one(BLOG)).toEqual({
      asOf: "1970-01-01T10:00:00.000Z",
      site: { id, name: "Blog", origin: BLOG, since: "1970-01-01T10:00:00.005Z", units: 0, fewerThanTen: false, credit: null },
    });
    now = 11 * HOUR - 1;
    await give(id, now, 8);
    expect((await told.one(BLOG))?.site.units).toBe(0);
    // Nobody asks while the eleventh hour begins: what is given in it is not told in it.
    now = 11 * HOUR + HOUR / 2;
    await give(id, now, 30);
    const atEleven = { asOf: "1970-01-01T11:00:00.000Z", site: { units: 20, credit: 50 } };
    expect(await told.one(BLOG)).toMatchObject(atEleven);
    expect(await new ToldSites(store, () => now).one(String(id))).toMatchObject(atEleven);
    await store.close();
    const again = openStore(path);
    expect(await new ToldSites(again, () => now).one(BLOG)).toMatchObject(atEleven);
    // Nothing was given for hours.
    now = 15 * HOUR;
    expect(await new ToldSites(again, () => now).all()).toMatchObject({
      asOf: "1970-01-01T15:00:00.000Z",
      sites: [{ id, units: 50, credit: 120 }],
    });
  });

  it("of one commit on both sides of a turn are told apart", async () => {
    const { store, give } = await scene();
    const { id } = await store.putSite(BLOG, "Blog", HOUR);
    await give(id, 2 * HOUR - 1, 9);
    const commit = store.commit.bind(store);
    const held: StoreOp[] = [];
    store.commit = async (ops) => void held.push(...ops);
    await give(id, 2 * HOUR - 1, 1);
    await give(id, 2 * HOUR, 10);
    await commit(held);
    const at = async (now: number) => (await new ToldSites(store, () => now).one(BLOG))?.site.units;
    expect([await at(2 * HOUR), await at(3 * HOUR)]).toEqual([10, 20]);
  });

  it("are told of sites that are on, in an order that tells no more than they do", async () => {
    const { store, give } = await scene();
    const [one, two, none] = [
      await store.putSite(BLOG, "Blog", 0),
      await store.putSite(SHOP, "Shop", 0),
      await store.putSite("https://n.example", "N", 0),
    ];
    await give(one.id, 0, 11);
    await give(two.id, 0, 12);
    await give(none.id, 0, 3);
    const told = new ToldSites(store, () => HOUR);
    const shown = (await told.all()).sites.map(({ id, units, fewerThanTen, credit }) => [id, units, fewerThanTen, credit]);
    expect(shown).toEqual([
      [one.id, 10, false, 25],
      [two.id, 10, false, 25],
      [none.id, 0, true, null],
    ]);
    await store.switchSiteOff(one.id, HOUR);
    expect((await told.all()).sites.map((site) => site.id)).toEqual([two.id, none.id]);
    expect(await told.one(BLOG)).toBeUndefined();
  });

  it("tell no more by credit than by units, where all are worth the same", () => {
    const told = (units: number) => JSON.stringify(coarse({ units, credit: units * 0.007 }));
    for (const [from, to] of [
      [10, 19],
      [90, 99],
      [230, 239],
      [99_000, 99_999],
    ] as const)
      for (let units = from; units <= to; units++) expect(told(units)).toBe(told(from));
  });

  test.each([
    [0, 0, 0, false, null],
    [1, 432, 0, true, null],
    [9, 0.1, 0, true, null],
    [10, 0.299, 10, false, 0.29],
    [99, 0.297, 90, false, 0.27],
    [100, 1, 100, false, 1],
    [109, 99.99, 100, false, 91],
    [2_399, 1_999_999.5, 2_300, false, 1_900_000],
    [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, 9_000_000_000_000_000, false, 1.7e308],
    [50, 1.49e-8, 50, false, 1.4e-8],
  ])("%s units of credit %s are told as %s (fewer than ten: %s) and %s", (units, credit, told, fewerThanTen, worth) => {
    expect(coarse({ units, credit })).toEqual({ units: told, fewerThanTen, credit: worth });
  });
});

describe("a badge", () => {
  const told = (units: number) => ({ units, fewerThanTen: false });
  it.each([NAME, "]]>\u0000\ud800", "A network of a name that is as long as names of networks can become", "水".repeat(40)])(
    "holds no markup but its own, whatever a network is called: %s",
    (network) => {
      const svg = badgeSvg(told(1_200_000), network);
      expect(svg.match(/<[a-z/]+/g)).toEqual(badgeSvg(told(10), "N").match(/<[a-z/]+/g));
      expect(svg).toContain("1,200,000 units verified");
      expect(svg.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      expect(svg).not.toMatch(/script|href|url\(|style/);
    },
  );

  it("keeps a long name within its edges, and leaves a short one as it is", () => {
    expect(badgeSvg(told(10), "N")).not.toContain("textLength");
    expect(badgeSvg(told(10), "n".repeat(80)).match(/textLength="\d+"/g)).toHaveLength(1);
  });

  it("says what it shows in words too", () => {
    expect(badgeSvg(told(230), "Tides & co")).toContain("<title>230 units verified, given to Tides &amp; co</title>");
    expect(badgeSvg(told(0), "N")).toContain("<title>no units verified yet, given to N</title>");
    expect(badgeSvg({ units: 0, fewerThanTen: true }, "N")).toContain("<title>fewer than 10 units verified, given to N</title>");
  });
});
