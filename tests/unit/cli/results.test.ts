/** Which file gets which format. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targetsOf } from "../../../server/cli/results.ts";
import type { JobStatus, ResultFormat } from "../../../shared/api.ts";
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

/** A coordinator's answers, by what is asked. Closes itself behind `use`. */
async function answering(answer: (url: string) => [status: number, body: unknown], use: (env: Record<string, string>) => Promise<void>) {
  const server = createServer(({ url = "" }, response) => {
    const [status, body] = answer(url);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await use({ IDLEWAVE_URL: url, IDLEWAVE_TOKEN: `iw_${"a".repeat(43)}` });
  } finally {
    server.close();
  }
}

let folder: string;
let status: JobStatus;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-results-"));
  const coordinator = await startServer();
  status = await coordinator.status(await coordinator.submit(packageOf(4)));
  await coordinator.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("of several files each that can be written is, and the others are named at the end", async () => {
  const body = { code: "no-picture", message: "It is no picture.", todo: "Ask for another format." };
  const answer = (url: string): [number, unknown] =>
    url.includes("format=png") ? [400, body] : [200, url.includes("/results") ? [1] : status];
  await answering(answer, async (env) => {
    const out = join(folder, "answer");
    const { code, stderr } = await idlewave(["results", "1", "--out", out, "--format", "raw,png,json"], env);
    expect(code, stderr).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(["answer.json", "answer.raw"]);
    expect(stderr).toMatch(/answer\.png was not written\. It is no picture\. .*\n.*1 of 3 files could not be written/);
  });
});

it.each<[string, JobStatus["state"][], string[], number, string]>([
  ["the newest is its newest", ["done", "done"], [], 2, ""],
  [
    "one that was cancelled hides none that is done, and it is said",
    ["done", "cancelled"],
    [],
    1,
    "Job 2, the newest counted, is cancelled: counted is job 1 here, which is done.\n",
  ],
  [
    "one that runs hides those before it",
    ["done", "running", "failed"],
    [],
    2,
    "Job 3, the newest counted, is failed: counted is job 2 here, which is running.\n",
  ],
  ["of what is partial the newest is meant", ["done", "cancelled"], ["--partial"], 2, ""],
  ["there is none but those that were cancelled", ["cancelled", "cancelled"], [], 2, ""],
])("by name: %s", async (_, states, options, job, said) => {
  const jobs = states.map((state, index) => ({ ...status, name: "counted", id: index + 1, state }));
  await answering(
    (url) => [200, url === "/api/jobs?own=true" ? { jobs } : url],
    async (env) => {
      const out = join(folder, "counted.json");
      const { stderr } = await idlewave(["results", "counted", "--out", out, ...options], env);
      expect(await readFile(out, "utf8")).toContain(`/api/jobs/${job}/results`);
      expect(stderr.replace(/^.* bytes, json\.\n/m, "")).toBe(said);
    },
  );
});
