import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeptPool } from "../../../client/donor/pools/kept-pools.ts";
import { Serving } from "../../../client/donor/pools/serving.ts";

const POOL = { id: 3, name: "Lab", pass: "iwp_kept" };
const passOf = (pass: string, lifeMs = 1_000) => ({ ...POOL, pass, lifeMs });

describe("a session's pool", () => {
  let now = 0;
  let passes: KeptPool[];
  let answers: (() => Promise<ReturnType<typeof passOf>>)[];
  const socket = { pass: () => (answers.shift() ?? (() => Promise.reject(new Error("no answer"))))() };
  beforeEach(() => {
    now = 0;
    [passes, answers] = [[], []];
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());
  const at = async (ms: number, serving: Serving) => {
    now = ms;
    serving.tick(socket);
    await Promise.resolve();
    await Promise.resolve();
  };

  it("is none for who lends to the public: no header, and nothing is renewed", async () => {
    const serving = new Serving(undefined, (pool) => passes.push(pool));
    await at(1e12, serving);
    expect([serving.id, serving.headers(), passes]).toEqual([undefined, {}, []]);
  });

  it("is read with the kept pass until the handshake brings a newer one, which is kept", () => {
    const serving = new Serving(POOL, (pool) => passes.push(pool));
    expect(serving.headers()).toEqual({ "idlewave-pass": "iwp_kept" });
    serving.take(passOf("iwp_new"));
    expect(serving.headers()).toEqual({ "idlewave-pass": "iwp_new" });
    expect(passes).toEqual([{ ...POOL, pass: "iwp_new" }]);
  });

  it("has its pass renewed when half of its life is over, and is asked again after a while when that failed", async () => {
    const serving = new Serving(POOL, (pool) => passes.push(pool));
    serving.take(passOf("one"));
    await at(499, serving);
    expect(passes).toHaveLength(1);
    await at(500, serving); // no answer
    answers.push(async () => passOf("two"));
    await at(501, serving);
    expect(passes).toHaveLength(1);
    await at(60_500, serving);
    expect(passes.map(({ pass }) => pass)).toEqual(["one", "two"]);
    expect(serving.headers()).toEqual({ "idlewave-pass": "two" });
  });
});
