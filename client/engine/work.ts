/** One unit on its way through the driver: where it is, what of it was submitted, and who waits for its outcome. */
import { allWorkgroups, workgroupsBefore } from "./amounts.ts";
import { type Keeper, Keeping } from "./checkpoint.ts";
import { type Place, START } from "./controller.ts";
import { EngineError } from "./engine-error.ts";
import type { Engine, OpenedUnit, Position, UnitInput } from "./seam.ts";

export interface UnitOutcome {
  bytes: Uint8Array;
  gpuMicros: number;
}

/** A unit that is asked for. */
interface Order {
  engine: Engine;
  input: UnitInput;
  onProgress(share: number): void;
  keeper: Keeper | null;
  resolve(outcome: UnitOutcome): void;
  reject(error: unknown): void;
}

/** A unit, until its outcome is known. */
export interface Work extends Omit<Order, "keeper"> {
  keeping: Keeping | undefined;
  opened: OpenedUnit | undefined;
  place: Place;
  /** GPU times of what was submitted of it. */
  times: Promise<number>[];
  workgroupsRecorded: number;
  workgroupsDone: number;
}

/** What of one unit is in a chunk, and where the unit is then. */
export interface Share {
  work: Work;
  positions: Position[];
  next: Place;
}

/** The unit from its beginning, or from where its keeper has it. */
export function workOf({ keeper, ...order }: Order): Work {
  const { place, gpuMicros } = keeper?.from ?? { place: START, gpuMicros: 0 };
  const done = workgroupsBefore(order.engine, place);
  return {
    ...{ ...order, keeping: keeper ? new Keeping(order.engine, keeper) : undefined, opened: undefined, place },
    ...{ times: [Promise.resolve(gpuMicros)], workgroupsRecorded: done, workgroupsDone: done },
  };
}

/** Throws `EngineError` "validation" when not all of the unit is recorded: its bytes would be those of a part. */
export function mustBeWhole({ engine, input, workgroupsRecorded }: Work): void {
  const all = allWorkgroups(engine);
  if (workgroupsRecorded === all) return;
  const what = `Unit ${input.index} came to its end with ${workgroupsRecorded} of ${all} workgroups run`;
  throw new EngineError("validation", `${what}: it is not read. This is an error of the client; please report it.`);
}
