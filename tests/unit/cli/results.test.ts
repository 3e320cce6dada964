/** Which file gets which format. */
import { describe, expect, it } from "vitest";
import { targetsOf } from "../../../server/cli/results.ts";
import type { ResultFormat } from "../../../shared/api.ts";

describe("the files of one call", () => {
  it.each<[string, string[], ResultFormat[], [string, ResultFormat][]]>([
    ["one by its ending", ["a.csv"], [], [["a.csv", "csv"]]],
    ["one by what is said", ["a.txt"], ["csv"], [["a.txt", "csv"]]],
    ["one on stdout", ["-"], ["json"], [["-", "json"]]],
    [
      "several by their endings",
      ["a.csv", "b.npy"],
      [],
      [
        ["a.csv", "csv"],
        ["b.npy", "npy"],
      ],
    ],
    [
      "several formats under one name",
      ["dir.d/a"],
      ["json", "csv"],
      [
        ["dir.d/a.json", "json"],
        ["dir.d/a.csv", "csv"],
      ],
    ],
    [
      "an ending that is a format's is replaced",
      ["a.json"],
      ["json", "npy"],
      [
        ["a.json", "json"],
        ["a.npy", "npy"],
      ],
    ],
    [
      "another ending stays",
      ["a.v2"],
      ["json", "raw"],
      [
        ["a.v2.json", "json"],
        ["a.v2.raw", "raw"],
      ],
    ],
  ])("%s", (_, outs, formats, expected) => {
    expect(targetsOf(outs, formats)).toEqual(expected.map(([out, format]) => ({ out, format })));
  });

  it.each<[string, string[], ResultFormat[]]>([
    ["several names and several formats", ["a.csv", "b.csv"], ["csv", "json"]],
    ["stdout beside a file", ["-", "a.csv"], ["csv"]],
    ["several formats on stdout", ["-"], ["csv", "json"]],
  ])("are refused: %s", (_, outs, formats) => {
    expect(() => targetsOf(outs, formats)).toThrow(/which format goes where/);
  });
});
