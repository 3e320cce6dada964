/** Which file gets which format. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { targetsOf } from "../../../server/cli/results.ts";
import type { ResultFormat } from "../../../shared/api.ts";
import { packageOf, startServer } from "../http/server.ts";
import { idlewave } from "./run.ts";

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

it("of several files each that can be written is, and the others are named at the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-results-"));
  const coordinator = await startServer();
  const status = await coordinator.status(await coordinator.submit(packageOf(4)));
  await coordinator.close();
  const body = { code: "no-picture", message: "It is no picture.", todo: "Ask for another format." };
  const server = createServer((request, response) => {
    const { url = "" } = request;
    const answer = url.includes("format=png") ? body : url.includes("/results") ? [1] : status;
    response.writeHead(answer === body ? 400 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const out = join(folder, "answer");
    const { code, stderr } = await idlewave(["results", "1", "--out", out, "--format", "raw,png,json"], { IDLEWAVE_URL: url });
    expect(code, stderr).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(["answer.json", "answer.raw"]);
    expect(stderr).toMatch(/answer\.png was not written\. It is no picture\. .*\n.*1 of 3 files could not be written/);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
