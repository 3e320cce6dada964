import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { newJob } from "../../../server/cli/new.ts";

it("the README shows the job.json that a new job has", async () => {
  const readme = readFileSync(fileURLToPath(new URL("../../../README.md", import.meta.url)), "utf8");
  const blocks = [...readme.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text ?? "") as Record<string, unknown>);
  const shown = blocks.find((block) => "kernel" in block);
  const folder = mkdtempSync(join(tmpdir(), "idlewave-readme-"));
  try {
    await newJob(join(folder, "my-job"), "http://localhost:8080");
    const written = JSON.parse(readFileSync(join(folder, "my-job", "job.json"), "utf8")) as Record<string, unknown>;
    for (const [key, value] of Object.entries(shown ?? {})) expect(written[key], key).toEqual(value);
    expect(Object.keys(shown ?? {})).toContain("passes");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
