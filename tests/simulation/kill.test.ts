import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { SqliteStore } from "../../server/store/sqlite.ts";
import type { AccountId } from "../../shared/ids.ts";
import { jobRow, SPEC, temporaryFolder, unit } from "../unit/store/place.ts";

const WRITER = fileURLToPath(new URL("writer.ts", import.meta.url));

/** Runs the writer until it has printed `lines`, kills it, and returns all it had printed. */
async function killAfter(path: string, key: number, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, path, String(key)], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (part: Buffer) => {
    errors += part.toString();
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    if (printed.length === lines) child.kill("SIGKILL");
  }
  expect(errors).toBe("");
  return printed;
}

vi.setConfig({ testTimeout: 600_000 }); // three processes, each from its sources, on a busy machine

it("keeps what was acknowledged before a SIGKILL, and goes on with it", async () => {
  const path = join(await temporaryFolder(), "idlewave.db");
  let store = new SqliteStore(path);
  const { id: job } = await store.addJob(jobRow(), { ...SPEC, units: 1e6, requires: { features: [], limits: {} } });
  await store.close();
  const acknowledged: string[] = [];
  // The second key agrees with what the first has left.
  for (const [key, lines] of [
    [1, 40],
    [2, 25],
    [1, 10],
  ] as const) {
    acknowledged.push(...(await killAfter(path, key, lines)));
    store = new SqliteStore(path);
    for (const line of acknowledged) {
      const [account, index] = line.split(" ").map(Number);
      const kept = (await store.unitsOf(job, account as AccountId)).units;
      expect(kept.map((row) => row.unit)).toContain(index);
    }
    await store.close();
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(75);
  store = new SqliteStore(path);
  expect((await store.finals(job, unit(0), 100)).length).toBeGreaterThanOrEqual(25);
  await store.close();
});
