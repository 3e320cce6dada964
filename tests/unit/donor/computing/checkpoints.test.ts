import { describe, expect, it } from "vitest";
import { Claims, type Task } from "../../../../client/donor/claims/claims.ts";
import { type CheckpointShelf, Checkpoints, type KeptUnit } from "../../../../client/donor/computing/checkpoints.ts";
import type { Checkpoint } from "../../../../client/engine/checkpoint.ts";
import type { Engine } from "../../../../client/engine/seam.ts";
import type { JobId, UnitIndex } from "../../../../shared/ids.ts";
import type { Frame } from "../../../../shared/wire.ts";

const ENGINE = { stateBytes: 4 } as Engine;
const JOB = 1 as JobId;
const unit = (index: number) => index as UnitIndex;
const at = (done: number): Checkpoint => ({ place: { pass: 0, iteration: 0, done }, state: new Uint8Array(4), gpuMicros: 1e7 });
const task = (index: number): Task => ({
  ...{ job: JOB, unit: unit(index), row: Uint8Array.of(index), token: Uint8Array.of(9, index) },
  held: { job: JOB, token: Uint8Array.of(9), waiting: [], open: new Map(), rows: undefined, deadline: 0, renewAt: 0 },
});

class MemoryShelf implements CheckpointShelf {
  readonly units = new Map<string, KeptUnit>();
  async load() {
    return [...this.units.values()];
  }
  async keep(key: string, kept: KeptUnit) {
    this.units.set(key, structuredClone(kept));
  }
  async drop(keys: string[]) {
    for (const key of keys) this.units.delete(key);
  }
}

/** A coordinator that renews what `runs` says of each token; what was asked is kept. */
function claimsOf(runs: (token: Uint8Array) => number[]): { claims: Claims; asked: Frame[] } {
  const asked: Frame[] = [];
  const claims = new Claims(async (frame) => {
    asked.push(frame);
    if (frame.type !== "renew") return { type: "done" };
    const units = runs(frame.token);
    if (units.length === 0) return { type: "error", code: "bad-token", retryMs: 0, message: "over" };
    const list = units.map((index) => ({ start: unit(index), length: 1 }));
    return { type: "assignment", job: JOB, lifeMs: 60_000, token: Uint8Array.of(8, ...frame.token), runs: list, rows: new Uint8Array(0) };
  });
  return { claims, asked };
}

describe("checkpoints", () => {
  it("are taken up by the next page under a renewed assignment, whose other units are given back", async () => {
    const shelf = new MemoryShelf();
    const first = new Checkpoints(shelf);
    for (const index of [5, 6]) first.keeper(task(index), "plan", ENGINE).take(at(index));
    const { claims, asked } = claimsOf(() => [5, 6, 7]);
    const next = new Checkpoints(shelf);
    await next.takeUp(claims);
    expect(asked.filter(({ type }) => type === "release")).toEqual(
      [5, 6].map((index) => ({ type: "release", token: Uint8Array.of(8, 9, index), units: [unit(7)] })),
    );
    const tasks = [claims.next(), claims.next()] as Task[];
    expect(tasks.map((each) => [each.unit, [...(each.row ?? [])]])).toEqual([
      [5, [5]],
      [6, [6]],
    ]);
    expect(next.keeper(tasks[0] as Task, "plan", ENGINE).from).toEqual(at(5));
    // Another kernel, or another layout of its buffers, begins anew.
    expect(next.keeper(tasks[0] as Task, "another plan", ENGINE).from).toBeNull();
    expect(next.keeper(tasks[0] as Task, "plan", { stateBytes: 8 } as Engine).from).toBeNull();
  });

  it("are dropped when the lease is over, the unit is somebody else's, or what lies on the disk is damaged", async () => {
    const shelf = new MemoryShelf();
    const first = new Checkpoints(shelf);
    for (const index of [1, 2]) first.keeper(task(index), "plan", ENGINE).take(at(index));
    shelf.units.set("1:3", { ...(shelf.units.get("1:1") as KeptUnit), unit: unit(3), token: "no bytes" as never });
    const { claims } = claimsOf((token) => (token[1] === 1 ? [] : [7]));
    await new Checkpoints(shelf).takeUp(claims);
    expect([shelf.units.size, claims.waiting]).toEqual([0, 0]);
  });

  it("cost the time that was spent and nothing else where the shelf cannot be read", async () => {
    const shelf = new MemoryShelf();
    shelf.load = () => Promise.reject(new Error("EMFILE"));
    const { claims } = claimsOf(() => []);
    await expect(new Checkpoints(shelf).takeUp(claims)).resolves.toBeUndefined();
  });

  it("go when the unit is done, and all of them when everything was given back", () => {
    const shelf = new MemoryShelf();
    const checkpoints = new Checkpoints(shelf);
    for (const index of [1, 2, 3]) checkpoints.keeper(task(index), "plan", ENGINE).take(at(index));
    checkpoints.drop({ job: JOB, unit: unit(2) });
    expect([...shelf.units.keys()]).toEqual(["1:1", "1:3"]);
    expect(checkpoints.keeper(task(2), "plan", ENGINE).from).toBeNull();
    checkpoints.clear();
    expect(shelf.units.size).toBe(0);
  });

  it("are of four units at most: others begin anew, and one that is kept goes on being kept", () => {
    const shelf = new MemoryShelf();
    const checkpoints = new Checkpoints(shelf);
    for (const index of [1, 2, 3, 4, 5]) checkpoints.keeper(task(index), "plan", ENGINE).take(at(index));
    expect([...shelf.units.keys()]).toEqual(["1:1", "1:2", "1:3", "1:4"]);
    checkpoints.keeper(task(4), "plan", ENGINE).take(at(40));
    expect(shelf.units.get("1:4")?.checkpoint).toEqual(at(40));
    checkpoints.drop({ job: JOB, unit: unit(2) });
    checkpoints.keeper(task(5), "plan", ENGINE).take(at(5));
    expect([...shelf.units.keys()]).toEqual(["1:1", "1:3", "1:4", "1:5"]);
  });

  it("that somebody left more of than four are taken up as far as that, and the others dropped", async () => {
    const shelf = new MemoryShelf();
    for (const index of [1, 2, 3, 4, 5, 6]) new Checkpoints(shelf).keeper(task(index), "plan", ENGINE).take(at(index));
    expect(shelf.units.size).toBe(6);
    const { claims, asked } = claimsOf((token) => [token[1] ?? 0]);
    await new Checkpoints(shelf).takeUp(claims);
    expect(asked.filter(({ type }) => type === "renew")).toHaveLength(4);
    expect([...shelf.units.keys()]).toEqual(["1:1", "1:2", "1:3", "1:4"]);
  });
});
