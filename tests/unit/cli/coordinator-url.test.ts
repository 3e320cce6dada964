import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coordinatorUrl } from "../../../server/cli/coordinator-url.ts";
import { idlewave } from "./run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "idlewave-url-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const configured = (config: object) => writeFileSync(join(folder, "idlewave.json"), JSON.stringify(config));

it.each<[object, NodeJS.ProcessEnv, string]>([
  [{}, {}, "http://127.0.0.1:8080"],
  [{ port: 9000 }, {}, "http://127.0.0.1:9000"],
  [{ port: 0 }, {}, "http://127.0.0.1:8080"],
  [{ port: 9000, host: "0.0.0.0" }, {}, "http://127.0.0.1:9000"],
  [{ port: 9000, host: "::1" }, {}, "http://[::1]:9000"],
  [{ port: 9000, publicUrl: "https://idlewave.example" }, {}, "https://idlewave.example"],
  [{ port: 9000 }, { IDLEWAVE_PORT: "9001" }, "http://127.0.0.1:9001"],
])("the coordinator of a folder with %j and %j is %s", (config, env, url) => {
  configured(config);
  expect(coordinatorUrl(env, folder)).toBe(url);
});

it("a job's folder belongs to the coordinator of the folder above it, unless it has settings of its own", () => {
  configured({ port: 9000 });
  const job = join(folder, "jobs", "my-job");
  mkdirSync(job, { recursive: true });
  expect(coordinatorUrl({}, job)).toBe("http://127.0.0.1:9000");
  writeFileSync(join(job, "idlewave.json"), JSON.stringify({ port: 9002 }));
  expect(coordinatorUrl({}, job)).toBe("http://127.0.0.1:9002");
});

it("settings of somebody else above are not obeyed", () => {
  configured({ port: 9000 });
  const job = join(folder, "my-job");
  mkdirSync(job);
  vi.spyOn(process, "getuid").mockReturnValue((process.getuid?.() ?? 0) + 1);
  expect(coordinatorUrl({}, job)).toBe("http://127.0.0.1:8080");
  expect(coordinatorUrl({}, folder)).toBe("http://127.0.0.1:9000");
});

it("a new job's schema is at that coordinator, or at the one that is named, and it is said", async () => {
  configured({ port: 9000 });
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const schemaOf = (dir: string) => (JSON.parse(readFileSync(join(folder, dir, "job.json"), "utf8")) as { $schema: string }).$schema;
  const here = await idlewave(["new", join(folder, "here")]);
  expect(here).toMatchObject({ code: 0, stderr: expect.stringContaining("schema of job.json at http://127.0.0.1:9000.") });
  expect(schemaOf("here")).toBe("http://127.0.0.1:9000/schemas/job.json");
  await idlewave(["new", join(folder, "there")], { IDLEWAVE_URL: "https://idlewave.example" });
  expect(schemaOf("there")).toBe("https://idlewave.example/schemas/job.json");
  await idlewave(["new", join(folder, "far"), "--url", "http://10.0.0.9:81/"], { IDLEWAVE_URL: "https://idlewave.example" });
  expect(schemaOf("far")).toBe("http://10.0.0.9:81/schemas/job.json");
});

it("a wrong setting is named, with the way around it", async () => {
  configured({ prot: 9000 });
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  const ran = await idlewave(["status"]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(/prot .*is no setting\. Did you mean port\? Or name the coordinator with --url\./);
});
