import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Choice } from "../../../../client/donor/claims/choice.ts";
import { Claims } from "../../../../client/donor/claims/claims.ts";
import { Supply } from "../../../../client/donor/claims/supply.ts";
import type { Frame } from "../../../../shared/wire.ts";

/** Longer than it takes to ask again where there may be room. */
const SOON_MS = 1_000;
/** What a coordinator that has nothing wishes for. */
const RETRY_MS = 15_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A supply whose every claim is answered so; how often it has claimed. */
function scene(answer: Frame): { supply: Supply; claimed(): number } {
  let count = 0;
  const claims = new Claims(async () => {
    count++;
    return answer;
  });
  const supply = new Supply(claims, new Choice(0, async () => []), {
    onChange: () => void supply.refill(null),
    onDry: async () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  return { supply, claimed: () => count };
}

describe("a claim that was refused", () => {
  it.each([
    ["quota", "asked again as soon as something is answered", 2],
    ["all-assigned", "asked again when the coordinator wishes, whatever is answered", 1],
  ] as const)("for %s is %s", async (reason, _what, claims) => {
    const { supply, claimed } = scene({ type: "idle", reason, retryMs: RETRY_MS });
    await supply.refill(null);
    expect(claimed()).toBe(1);
    supply.answered();
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(claimed()).toBe(claims);
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(claimed()).toBe(claims + 1);
    supply.close();
  });

  it("for quota is asked again once for all that is answered in the meantime", async () => {
    const { supply, claimed } = scene({ type: "idle", reason: "quota", retryMs: RETRY_MS });
    await supply.refill(null);
    for (let answers = 0; answers < 5; answers++) supply.answered();
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect(claimed()).toBe(2);
    supply.close();
  });
});
