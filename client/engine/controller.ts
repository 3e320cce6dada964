/**
 * How much of a kernel goes into one chunk: what is submitted together. The throttle says how long a chunk should take (its
 * target); the controller knows from measurements how many workgroups that is, and cuts them off the work in order. A chunk is
 * either one slice (a box of workgroups of one dispatch), or as many whole dispatches (of one unit or several) as fit the target. A
 * kernel that cannot be sliced has only whole dispatches.
 */
import { PassTimes } from "./pass-times.ts";
import type { Position } from "./seam.ts";
import { boxAt, type Grid, workgroupsOf } from "./slices.ts";

/** The dispatches of a unit, in order. */
export type Passes = readonly { readonly workgroups: Grid; readonly repeat: number }[];

/** How far a unit has come: `done` workgroups of one iteration of a pass. The end has `pass` = number of passes. */
export interface Place {
  pass: number;
  iteration: number;
  done: number;
}

/** Without time stamps one time says little: a piece is called too long after so many, or when it is so many times too long. */
const SURE_SAMPLES = 3;
const CLEARLY = 10;

export const START: Place = { pass: 0, iteration: 0, done: 0 };

export class SliceController {
  private readonly passes: Passes;
  private readonly sliceable: boolean;
  private readonly times: readonly PassTimes[];

  constructor(passes: Passes, sliceable: boolean) {
    this.passes = passes;
    this.sliceable = sliceable;
    this.times = passes.map(() => new PassTimes());
  }

  isEnd(place: Place): boolean {
    return place.pass >= this.passes.length;
  }

  /** Microseconds that the rest of a unit is believed to take; infinite when some of it was never measured. */
  left({ pass, iteration, done }: Place): number {
    let micros = 0;
    for (let index = pass; index < this.passes.length; index++) {
      const { workgroups, repeat } = this.passes[index] as Passes[number];
      const times = this.times[index] as PassTimes;
      const whole = workgroupsOf(workgroups);
      if (times.isUnknown) return Number.POSITIVE_INFINITY;
      micros += times.predict(whole) * repeat;
      if (index === pass) micros -= times.predict(whole) * (iteration + done / whole);
    }
    return micros;
  }

  /**
   * Microseconds of the longest piece which is left and cannot be cut, where it takes longer than `longestMicros` for sure;
   * undefined where none does, or where that was not measured yet.
   */
  tooLong({ pass }: Place, longestMicros: number): number | undefined {
    const pieces = this.passes.slice(pass).map(({ workgroups }, index) => {
      const times = this.times[pass + index] as PassTimes;
      const micros = times.predict(this.sliceable ? 1 : workgroupsOf(workgroups));
      return times.samples >= SURE_SAMPLES || micros > CLEARLY * longestMicros ? micros : 0;
    });
    const longest = Math.max(0, ...pieces);
    return longest > longestMicros ? longest : undefined;
  }

  /** An empty chunk for a target in microseconds. */
  chunk(targetMicros: number): Chunk {
    return new Chunk(this.passes, this.times, this.sliceable, targetMicros);
  }

  /** A chunk took `micros` of GPU time. */
  learn(chunk: Chunk, micros: number): void {
    for (const [pass, part] of chunk.parts) {
      const times = this.times[pass] as PassTimes;
      if (chunk.isProbe) times.grow(part.workgroups, micros);
      else times.correct(part.workgroups, part.micros, (micros * part.micros) / chunk.micros);
    }
  }
}

/** What is submitted together, in the making. */
export class Chunk {
  /** By pass: what of it is in the chunk, and the time it is believed to take. */
  readonly parts = new Map<number, { boxes: number; workgroups: number; micros: number }>();
  /** It is here to find out how long it takes: it should run alone. */
  isProbe = false;
  /** Believed GPU time, microseconds. */
  micros = 0;
  private readonly passes: Passes;
  private readonly times: readonly PassTimes[];
  private readonly sliceable: boolean;
  private readonly targetMicros: number;
  private isFull = false;

  constructor(passes: Passes, times: readonly PassTimes[], sliceable: boolean, targetMicros: number) {
    this.passes = passes;
    this.times = times;
    this.sliceable = sliceable;
    this.targetMicros = targetMicros;
  }

  /** Adds what comes at `place`, a slice or a whole dispatch, and tells where the unit is then; undefined when there is no room. */
  add(place: Place): { position: Position; next: Place } | undefined {
    const { pass, iteration, done } = place;
    const plan = this.passes[pass];
    const times = this.times[pass];
    if (!plan || !times || this.isFull) return undefined;
    const whole = workgroupsOf(plan.workgroups);
    const left = whole - done;
    let wanted = left;
    if (times.isNew(left) || !this.hasRoom(pass, times, left)) {
      // What does not fit, or takes nobody knows how long, is begun in a chunk of its own.
      this.isFull = true;
      if (this.parts.size > 0) return undefined;
      if (this.sliceable) wanted = Math.min(left, times.wanted(this.targetMicros));
    }
    const box = boxAt(plan.workgroups, done, wanted);
    const workgroups = workgroupsOf(box.size);
    if (this.isFull) this.isProbe = times.isNew(workgroups);
    this.count(pass, workgroups, times.predict(workgroups));
    return { position: { pass, iteration, box }, next: after(place, workgroups, whole, plan.repeat) };
  }

  private hasRoom(pass: number, times: PassTimes, workgroups: number): boolean {
    const before = this.parts.get(pass)?.workgroups ?? 0;
    return this.micros + times.predict(workgroups) <= times.aim(this.targetMicros) && before + workgroups <= times.limit(this.targetMicros);
  }

  private count(pass: number, workgroups: number, micros: number): void {
    const part = this.parts.get(pass) ?? { boxes: 0, workgroups: 0, micros: 0 };
    part.boxes++;
    part.workgroups += workgroups;
    part.micros += micros;
    this.parts.set(pass, part);
    this.micros += micros;
  }
}

function after({ pass, iteration, done }: Place, workgroups: number, whole: number, repeat: number): Place {
  if (done + workgroups < whole) return { pass, iteration, done: done + workgroups };
  return iteration + 1 < repeat ? { pass, iteration: iteration + 1, done: 0 } : { pass: pass + 1, iteration: 0, done: 0 };
}
