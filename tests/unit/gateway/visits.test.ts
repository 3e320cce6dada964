/** Of one site so many visitors may lend in its name at a time. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "./network.ts";
import { Volunteer } from "./volunteer.ts";

const BLOG = "https://blog.example";
const SHOP = "https://shop.example";

let network: TestNetwork;
const volunteers: Volunteer[] = [];
beforeEach(async () => {
  network = await startNetwork({ visitorsPerSite: 2 });
  for (const origin of [BLOG, SHOP]) await network.store.putSite(origin, origin, Date.now());
});
afterEach(async () => {
  for (const volunteer of volunteers.splice(0)) volunteer.leave();
  await network.close();
  expect(network.failures).toEqual([]);
});

async function visit(site?: string): Promise<{ volunteer: Volunteer; reply: unknown }> {
  const volunteer = await new Volunteer(network.url).connected();
  volunteers.push(volunteer);
  return { volunteer, reply: await volunteer.hello(site === undefined ? {} : { site }) };
}

it("one more than it may have is told to wait, and comes in when another has gone; other sites and other volunteers are let in", async () => {
  const { volunteer: first, reply } = await visit(BLOG);
  expect(reply).toMatchObject({ ok: true });
  expect((await visit(BLOG)).reply).toMatchObject({ ok: true });
  expect((await visit(`${BLOG}\0`)).reply).toMatchObject({ ok: false, code: "bad-message" });
  expect((await visit(BLOG)).reply).toMatchObject({
    ok: false,
    code: "too-fast",
    message: expect.stringContaining("visitors of this site"),
    retrySeconds: 60,
  });
  for (const other of [SHOP, undefined]) expect((await visit(other)).reply).toMatchObject({ ok: true });
  first.leave();
  await expect.poll(async () => (await visit(BLOG)).reply, { timeout: 10_000 }).toMatchObject({ ok: true });
});

it("who named a site that is not on takes no room of it once it has gone", async () => {
  for (let i = 0; i < 3; i++)
    expect((await visit("https://unknown.example")).reply).toMatchObject({ ok: false, code: expect.stringMatching(/forbidden|too-fast/) });
  await network.store.putSite("https://unknown.example", "Known now", Date.now());
  await expect.poll(async () => (await visit("https://unknown.example")).reply, { timeout: 10_000 }).toMatchObject({ ok: true });
});
