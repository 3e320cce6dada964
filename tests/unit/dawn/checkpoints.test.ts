import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileCheckpoints } from "../../../client/dawn/checkpoints.ts";
import type { KeptUnit } from "../../../client/donor/computing/checkpoints.ts";
import { sha256 } from "../../../client/donor/digest.ts";
import type { JobId, UnitIndex } from "../../../shared/ids.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "idlewave-checkpoints-"));
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

const unit = (index: number, done = index): KeptUnit => ({
  ...{ job: 3 as JobId, unit: index as UnitIndex, token: Uint8Array.of(9, index), row: index % 2 ? Uint8Array.of(index) : undefined },
  ...{ plan: "a plan", checkpoint: { place: { pass: 1, iteration: 2, done }, state: Uint8Array.of(1, 2, 3, index), gpuMicros: 1e7 } },
});

/** As another process finds it. */
const opened = async () => (await fileCheckpoints(join(home, "units")).load()).sort((a, b) => a.unit - b.unit);

describe("checkpoints of a donor without a browser", () => {
  it("are there for the next process, the newest of each unit, until they are dropped; no other user may read them", async () => {
    const shelf = fileCheckpoints(join(home, "units"));
    expect(await shelf.load()).toEqual([]);
    // Nobody waits for a write: they are done in order all the same.
    void shelf.keep("3:1", unit(1, 10));
    void shelf.keep("3:2", unit(2));
    void shelf.keep("3:1", unit(1, 20));
    void shelf.keep("3:5", unit(5));
    await shelf.drop(["3:2", "3:7"]);
    expect(await opened()).toEqual([unit(1, 20), unit(5)]);
    expect((await stat(join(home, "units", "3-1"))).mode & 0o777).toBe(0o600);
  });

  it("that are not whole are removed, since wrong bytes would be a wrong result", async () => {
    const shelf = fileCheckpoints(join(home, "units"));
    await shelf.load();
    for (const index of [1, 2, 3, 4]) await shelf.keep(`3:${index}`, unit(index));
    const path = (name: string) => join(home, "units", name);
    const whole = await readFile(path("3-1"));
    await writeFile(
      path("3-1"),
      whole.map((byte, at) => (at === whole.byteLength - 20 ? byte ^ 1 : byte)),
    );
    await writeFile(path("3-2"), whole.subarray(0, 40));
    await writeFile(path("3-3"), "");
    // A process that was ended in mid-write left it.
    await writeFile(path("3-6.new"), whole);
    expect(await opened()).toEqual([unit(4)]);
    expect(await readdir(join(home, "units"))).toEqual(["3-4"]);
  });

  it("that are whole and of another Node are removed, and keep nobody from the others", async () => {
    const shelf = fileCheckpoints(join(home, "units"));
    await shelf.load();
    await shelf.keep("3:1", unit(1));
    const foreign = Uint8Array.of(0xff, 0x7f, 1);
    await writeFile(join(home, "units", "3-2"), [await sha256(foreign), foreign]);
    expect(await opened()).toEqual([unit(1)]);
    expect(await readdir(join(home, "units"))).toEqual(["3-1"]);
  });

  it("that cannot be read now stay, with what else there is", async () => {
    const shelf = fileCheckpoints(join(home, "units"));
    await shelf.load();
    await shelf.keep("3:1", unit(1));
    // As a file that may not be read, also for whoever may read all.
    await mkdir(join(home, "units", "3-2"));
    await writeFile(join(home, "units", "3-2", "inner"), "kept");
    expect(await opened()).toEqual([unit(1)]);
    expect(await readdir(join(home, "units", "3-2"))).toEqual(["inner"]);
  });
});
