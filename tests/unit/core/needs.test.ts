import { describe, expect, it } from "vitest";
import { meets, unmetNeeds } from "../../../server/core/needs.ts";

const host = (features: string[], limits: Record<string, number> = {}) => ({ features, limits });
const REQUIRES = { features: ["shader-f16", "subgroups"], limits: { maxBufferSize: 1000, minStorageBufferOffsetAlignment: 64 } };

describe("what a job requires", () => {
  it("is met by a host whose limits are as good or better, alignments by less", () => {
    const limits = { maxBufferSize: 1000, minStorageBufferOffsetAlignment: 64 };
    expect(meets(REQUIRES, host(["subgroups", "shader-f16"], limits))).toBe(true);
    expect(meets(REQUIRES, host(["subgroups", "shader-f16"], { ...limits, minStorageBufferOffsetAlignment: 32 }))).toBe(true);
    expect(meets(REQUIRES, host(["subgroups", "shader-f16"], { ...limits, minStorageBufferOffsetAlignment: 256 }))).toBe(false);
    expect(meets(REQUIRES, host(["subgroups", "shader-f16"], { maxBufferSize: 1000 }))).toBe(false);
    expect(meets(REQUIRES, host(["subgroups"], limits))).toBe(false);
  });

  it.each<[string, ReturnType<typeof host>[], string]>([
    ["nobody is there", [], ""],
    ["somebody can", [host([]), host(REQUIRES.features, REQUIRES.limits)], ""],
    ["a feature is nobody's", [host(["subgroups"], REQUIRES.limits)], "no connected volunteer has the feature shader-f16"],
    [
      "several needs are nobody's",
      [host(["shader-f16"], { maxBufferSize: 999, minStorageBufferOffsetAlignment: 256 })],
      "no connected volunteer has the feature subgroups or maxBufferSize >= 1000 or minStorageBufferOffsetAlignment <= 64",
    ],
    [
      "nobody has all of them",
      [host(["shader-f16"], REQUIRES.limits), host(["subgroups"], REQUIRES.limits)],
      "no connected volunteer has all the features and limits that the job requires",
    ],
  ])("tells why no host can run it when %s", (_, hosts, words) => {
    expect(unmetNeeds(REQUIRES, hosts)).toBe(words);
  });
});
