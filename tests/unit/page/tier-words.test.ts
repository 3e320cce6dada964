import { expect, it } from "vitest";
import { checkedWords } from "../../../client/page/tier-words.ts";
import type { JobStatus } from "../../../shared/api.ts";

const words = (tier: JobStatus["verification"]["tier"], quorum: number) =>
  checkedWords({ verification: { tier, quorum } } as unknown as JobStatus);

it("a job that is computed once says who looks at it, and one whose auditor is not here that it is computed twice", () => {
  expect(words("checker", 1)).toBe("each computed once, and judged by a checker that is run by the coordinator");
  expect(words("sampled", 1)).toBe("each computed once, and in part again by the coordinator");
  expect(words("audited", 1)).toBe("each computed once, and again by the coordinator");
  for (const tier of ["checker", "sampled", "audited", "quorum"] as const)
    expect(words(tier, 2)).toBe("each computed twice, by volunteers who don't know each other");
});
