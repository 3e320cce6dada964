/**
 * The assignments this donor holds. A unit is `waiting` (claimed), then `open` (on the GPU), then gone: finished, given back,
 * or lost with an assignment that ran out. Work is claimed before it runs dry, sized by measured speed.
 */
import { toHex } from "../../../shared/bytes.ts";
import { type JobId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { type AssignmentFrame, type Frame, MAX_BATCH_UNITS } from "../../../shared/wire.ts";

/** GPU time that a volunteer holds. */
export const CLAIM_HORIZON_MS = 30_000;
/** Below this share of the horizon more is claimed. */
const REFILL_SHARE = 1 / 3;
/** Units claimed while the speed is unknown; a batch at most doubles, so one wrong measurement does no harm. */
const FIRST_BATCH = 4;
/** An assignment is renewed when this share of its life is over. */
const RENEW_SHARE = 0.5;
/** Shortest life that is believed, so that a hostile answer cannot make us renew without end. */
const SHORTEST_LIFE_MS = 2_000;

/** One unit to compute, and the right to return it. */
export interface Task {
  job: JobId;
  unit: UnitIndex;
  row: Uint8Array | undefined;
  /** Of the newest assignment that lists the unit: a renewal may leave out what was given to others meanwhile. */
  token: Uint8Array;
  held: Held;
}

export interface Held {
  job: JobId;
  token: Uint8Array;
  waiting: UnitIndex[];
  open: Map<UnitIndex, Task>;
  rows: Map<UnitIndex, Uint8Array> | undefined;
  /** On the clock that `now` reads. */
  deadline: number;
  renewAt: number;
}

interface Released {
  job?: JobId;
  goesOn?: (unit: Pick<Task, "job" | "unit">) => boolean;
}

export class Claims {
  private readonly request: (frame: Frame) => Promise<Frame>;
  private readonly now: () => number;
  private held: Held[] = [];
  private lastBatch = FIRST_BATCH / 2;

  constructor(request: (frame: Frame) => Promise<Frame>, now: () => number = () => performance.now()) {
    this.request = request;
    this.now = now;
  }

  get waiting(): number {
    let count = 0;
    for (const held of this.held) count += held.waiting.length;
    return count;
  }

  get open(): number {
    let count = 0;
    for (const held of this.held) count += held.open.size;
    return count;
  }

  /** How much to claim now, or null while there is enough. `unitMillis`: GPU time a unit, or null when unknown. */
  need(unitMillis: number | null): { units: number; gpuMillis: number } | null {
    const { waiting } = this;
    if (unitMillis === null) return waiting > 0 ? null : { units: FIRST_BATCH, gpuMillis: CLAIM_HORIZON_MS };
    const stock = waiting * unitMillis;
    if (stock >= CLAIM_HORIZON_MS * REFILL_SHARE || (waiting >= 2 && unitMillis >= CLAIM_HORIZON_MS)) return null;
    const gpuMillis = Math.ceil(CLAIM_HORIZON_MS - stock);
    const units = Math.max(1, Math.min(Math.floor(gpuMillis / unitMillis), 2 * this.lastBatch, MAX_BATCH_UNITS));
    return { units, gpuMillis };
  }

  /** Claims; what is not an assignment is given to the caller. Rejects when the connection is down. */
  async claim(need: { units: number; gpuMillis: number }, job: number): Promise<Exclude<Frame, AssignmentFrame> | "assigned"> {
    const answer = await this.request({ type: "claim", ...need, job });
    if (answer.type !== "assignment") return answer;
    const waiting = [...unitsOf(answer.runs)];
    this.lastBatch = Math.max(FIRST_BATCH / 2, waiting.length);
    const held: Held = {
      job: answer.job,
      token: answer.token.slice(),
      waiting,
      open: new Map(),
      rows: rowsOf(waiting, answer.rows),
      deadline: 0,
      renewAt: 0,
    };
    this.live(held, answer.lifeMs);
    this.held.push(held);
    return "assigned";
  }

  /**
   * Units that an earlier page had begun, by renewing their assignments: answers those that are still ours, which come first.
   * What else their assignments hold is given back: its rows went with that page. Rejects when the connection is down.
   */
  async takeUp<Begun extends Pick<Task, "job" | "unit" | "token" | "row">>(begun: readonly Begun[]): Promise<Begun[]> {
    const ours: Begun[] = [];
    const rests: { token: Uint8Array; units: UnitIndex[] }[] = [];
    const taken: Held[] = [];
    for (const { job, token: old, tasks } of byToken(begun)) {
      const answer = await this.request({ type: "renew", token: old });
      if (answer.type !== "assignment" || answer.job !== job) continue;
      const units = new Set(unitsOf(answer.runs));
      const token = answer.token.slice();
      rests.push({ token, units: [...units].filter((unit) => !begun.some((other) => other.job === job && other.unit === unit)) });
      const still = tasks.filter(({ unit }) => units.has(unit));
      if (still.length === 0) continue;
      const rows = new Map(still.flatMap(({ unit, row }) => (row ? [[unit, row]] : [])));
      const held: Held = { job, token, waiting: still.map(({ unit }) => unit), open: new Map(), rows, deadline: 0, renewAt: 0 };
      this.live(held, answer.lifeMs);
      taken.push(held);
      ours.push(...still);
    }
    this.held.unshift(...taken);
    for (const { token, units } of rests) if (units.length > 0) await this.request({ type: "release", token, units });
    return ours;
  }

  /** The next unit, of the oldest assignment; what ran out is dropped first. */
  next(): Task | undefined {
    this.expire();
    for (const held of this.held) {
      const unit = held.waiting.shift();
      if (unit === undefined) continue;
      const task = { job: held.job, unit, row: held.rows?.get(unit), token: held.token, held };
      held.open.set(unit, task);
      return task;
    }
    return undefined;
  }

  /** The units of a job that are not begun, next first. */
  *upcoming(job: JobId): Iterable<UnitIndex> {
    for (const held of this.held) if (held.job === job) yield* held.waiting;
  }

  /** The units that are claimed and not finished, by job. */
  byJob(): Map<JobId, UnitIndex[]> {
    const units = new Map<JobId, UnitIndex[]>();
    for (const held of this.held) units.set(held.job, [...(units.get(held.job) ?? []), ...held.open.keys(), ...held.waiting]);
    return units;
  }

  finished(task: Task): void {
    task.held.open.delete(task.unit);
    task.held.rows?.delete(task.unit);
    this.tidy();
  }

  /** The unit was interrupted and is to be computed again, first of all, unless it is not ours any more. */
  again(task: Task): void {
    if (!task.held.open.delete(task.unit)) return;
    if (this.held.includes(task.held) && task.token === task.held.token) task.held.waiting.unshift(task.unit);
  }

  /** Renews what is due; `all` after a reconnection, when the coordinator may have forgotten everything. */
  async renew(all = false): Promise<void> {
    const now = this.now();
    for (const held of [...this.held]) {
      if (!all && now < held.renewAt) continue;
      held.renewAt = now + SHORTEST_LIFE_MS;
      const answer = await this.request({ type: "renew", token: held.token });
      if (answer.type === "assignment") {
        held.token = answer.token.slice();
        const still = new Set(unitsOf(answer.runs));
        held.waiting = held.waiting.filter((unit) => still.has(unit));
        for (const task of held.open.values()) if (still.has(task.unit)) task.token = held.token;
        this.live(held, answer.lifeMs);
      } else if (answer.type === "error" && answer.retryMs === 0) {
        // Somebody else may have the units by now: what is open is finished and counts if it comes first.
        held.waiting.length = 0;
        held.deadline = Number.NEGATIVE_INFINITY;
        held.renewAt = Number.POSITIVE_INFINITY;
      }
    }
    this.tidy();
  }

  /**
   * Gives back the units that are not finished, of one job or of all, but those that are to go on in another run. What cannot be
   * told now runs out by itself.
   */
  async release({ job, goesOn = () => false }: Released = {}): Promise<void> {
    const given = this.held.filter((held) => job === undefined || held.job === job);
    this.held = this.held.filter((held) => !given.includes(held));
    for (const held of given) {
      const open = [...held.open.values()].filter((task) => task.token === held.token);
      const units = [...held.waiting, ...open.map((task) => task.unit)].filter((unit) => !goesOn({ job: held.job, unit }));
      if (units.length > 0) await this.request({ type: "release", token: held.token, units });
    }
  }

  /** Forgets what is held of a job, which the coordinator took back. */
  drop(job: number): void {
    this.held = this.held.filter((held) => held.job !== job);
  }

  private live(held: Held, lifeMs: number): void {
    const life = Math.max(SHORTEST_LIFE_MS, lifeMs);
    held.deadline = this.now() + life;
    held.renewAt = this.now() + life * RENEW_SHARE;
  }

  private expire(): void {
    const now = this.now();
    for (const held of this.held) if (now > held.deadline) held.waiting.length = 0;
    this.tidy();
  }

  private tidy(): void {
    this.held = this.held.filter((held) => held.waiting.length + held.open.size > 0);
  }
}

/** Tasks by the assignment that they are of, in the order in which they come. */
function byToken<Begun extends Pick<Task, "job" | "token">>(
  begun: readonly Begun[],
): Iterable<Pick<Task, "job" | "token"> & { tasks: Begun[] }> {
  const groups = new Map<string, Pick<Task, "job" | "token"> & { tasks: Begun[] }>();
  for (const each of begun) {
    const { job, token } = each;
    const name = `${job} ${toHex(token)}`;
    const group = groups.get(name) ?? { job, token, tasks: [] };
    group.tasks.push(each);
    groups.set(name, group);
  }
  return groups.values();
}

function rowsOf(units: readonly UnitIndex[], rows: Uint8Array): Map<UnitIndex, Uint8Array> | undefined {
  if (rows.byteLength === 0 || units.length === 0) return undefined;
  const rowBytes = rows.byteLength / units.length;
  return new Map(units.map((unit, i) => [unit, rows.slice(i * rowBytes, (i + 1) * rowBytes)]));
}
