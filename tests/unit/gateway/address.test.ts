import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONNECT_RATE } from "../../../server/gateway/limits.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf as resultOf, Volunteer } from "./volunteer.ts";

describe("one public address", () => {
  let network: TestNetwork;
  beforeAll(async () => {
    const now = Date.now();
    network = await startNetwork({ trustProxy: 1, clock: () => now });
  });
  afterAll(() => network.close());

  it("is let in only so often, while others are", async () => {
    const connect = (address: string) => new Volunteer(network.url, undefined, { "x-forwarded-for": address }).connected();
    const opened: Volunteer[] = [];
    for (let i = 0; i < CONNECT_RATE.burst; i++) opened.push(await connect("203.0.113.9"));
    await expect(connect("203.0.113.9")).rejects.toThrow();
    opened.push(await connect("203.0.114.9"));
    for (const volunteer of opened) volunteer.leave();
  });
});

describe("one person at one address", () => {
  it("passes nothing with two keys, not even over the turn of the week", async () => {
    let now = 2900 * 7 * 24 * 3600 * 1000 - 1000;
    const network = await startNetwork({ trustProxy: 1, clock: () => now });
    const job = await network.addJob(planOf(1));
    const at = (address: string) => new Volunteer(network.url, undefined, { "x-forwarded-for": address }).join();
    const first = await at("203.0.113.7");
    await first.work(() => resultOf(666));
    now += 2000;
    const second = await at("203.0.113.8");
    expect(await second.send({ type: "claim", units: 4, gpuMillis: 60_000, job: 0 })).toMatchObject({ type: "idle" });
    const stranger = await at("198.51.100.1");
    await stranger.work(() => resultOf(666));
    expect(network.coordinator.job(job)?.state).toBe("done");
    for (const volunteer of [first, second, stranger]) volunteer.leave();
    await network.close();
  });
});
