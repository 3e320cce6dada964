/** What a site's visitors gave: counted by a real coordinator, told to everybody, and drawn. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { badgeSvg } from "../../../server/http/badge.ts";
import { ToldSites } from "../../../server/http/told-sites.ts";
import type { StatementId } from "../../../shared/ids.ts";
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
    const { sites } = (await (await server.get("/api/sites", server.token)).json()) as { sites: Supporter[] };
    const { units, credit } = sites.find((site) => site.origin === origin) as Supporter;
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
    expect(sites.map(({ origin, units }) => [origin, units])).toEqual([
      [BLOG, 5],
      [SHOP, 2],
    ]);
    for (const named of ["1", "blog.example", encodeURIComponent(BLOG)]) {
      const { site } = (await (await server.get(`/api/supporter?site=${named}`)).json()) as SupporterFacts;
      expect(site).toEqual(sites[0]);
      const badge = await server.get(`/badge.svg?site=${named}`);
      expect(badge.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
      expect(badge.headers.get("cache-control")).toBe("public, max-age=600");
      expect(badge.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
      expect(badge.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
      expect(badge.headers.get("set-cookie")).toBeNull();
      expect(await badge.text()).toBe(badgeSvg(5, "Idlewave"));
      const again = await server.get(`/badge.svg?site=${named}`, undefined, { "if-none-match": badge.headers.get("etag") ?? "" });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    for (const named of ["", "99", "x.example", "https://a<b"]) {
      expect([400, 404]).toContain((await server.get(`/badge.svg?site=${encodeURIComponent(named)}`)).status);
    }
  });
});

describe("figures of sites", () => {
  it("are taken once an hour; a site that is new is told at once, and one that is off no more", async () => {
    const store = openStore(join(await temporaryFolder(), "idlewave.db"));
    let now = 10 * 3_600_000;
    const told = new ToldSites(store, () => now);
    const { id } = await store.putSite(BLOG, "Blog", now);
    expect(await told.all()).toMatchObject({ asOf: "1970-01-01T10:00:00.000Z", sites: [{ id, units: 0 }] });
    const { id: account } = await store.accountOf(publicKey(1), now);
    const { id: job } = await store.addJob(jobRow(), SPEC);
    const earned = (unit: number) => [
      replica(job, unit, account, "a", { site: id }),
      storedBytes(job, unit, "a"),
      final(job, unit, "a", [account], { statement: 0 as StatementId, signed: true, site: id }),
    ];
    await store.commit([...earned(0), ...earned(1)]);
    now += 3_599_999;
    expect((await told.one(String(id)))?.site).toMatchObject({ units: 0 });
    now += 1;
    expect(await told.one(BLOG)).toMatchObject({ asOf: "1970-01-01T11:00:00.000Z", site: { units: 2, credit: 5 } });
    const late = await store.putSite(SHOP, "Shop", now);
    expect((await told.all()).sites.map((site) => site.id)).toEqual([id, late.id]);
    // A clock that was set back tells no old figures for long.
    now -= 7_200_000;
    expect((await told.all()).asOf).toBe("1970-01-01T09:00:00.000Z");
    await store.switchSiteOff(id, now);
    expect((await told.all()).sites.map((site) => site.id)).toEqual([late.id]);
  });
});

describe("a badge", () => {
  it.each([NAME, "]]>\u0000\ud800", "A network of a name that is as long as names of networks can become", "水".repeat(40)])(
    "holds no markup but its own, whatever a network is called: %s",
    (network) => {
      const svg = badgeSvg(1_234_567, network);
      expect(svg.match(/<[a-z/]+/g)).toEqual(badgeSvg(1, "N").match(/<[a-z/]+/g));
      expect(svg).toContain("1,234,567 units verified");
      expect(svg.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      expect(svg).not.toMatch(/script|href|url\(|style/);
    },
  );

  it("keeps a long name within its edges, and leaves a short one as it is", () => {
    expect(badgeSvg(1, "N")).not.toContain("textLength");
    expect(badgeSvg(1, "n".repeat(80)).match(/textLength="\d+"/g)).toHaveLength(1);
  });

  it("says what it shows in words too", () => {
    expect(badgeSvg(1, "Tides & co")).toContain("<title>1 unit verified, given to Tides &amp; co</title>");
  });
});
