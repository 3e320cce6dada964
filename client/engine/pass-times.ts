/**
 * What is known of the time that workgroups of one pass take on this device: `perGroup * max(n, width)`. A host runs `width`
 * workgroups at once, so fewer take as long as that many; fixed costs of a slice look the same and count as width too.
 *
 *   unknown ─(one workgroup)─▶ growing ─(time rises with size)─▶ settled
 *
 * While growing, each slice is several times the one before, and its time replaces what was believed. Once settled, times
 * correct it, several chunks at a time: without time stamps two queued chunks are told to end together, and a single one lies.
 */

/** Steady chunks aim below the target: half of them are longer than believed. */
const AIM = 0.9;
/** Growth from one slice to the next, where the last was far below the target and where it was not. */
const GROWTH = { far: 8, near: 2 };
/** "Far": below this share of the target, so that a slice of far growth is no longer than half of it. */
const FAR_SHARE = 1 / 16;
/** Times within this factor of the shortest are flat: the host is not full yet. */
const FLAT = 1.25;
/** A slice is not doubled to look for the width when that might take longer. */
const LONGEST_PROBE_MICROS = 60_000;
/** Clocks are quantised to this: what is shorter cannot be told apart. */
const CLOCK_MICROS = 100;
/** Weight of the newest chunks. */
const LEARNING_RATE = 0.5;
/** Two chunks whose times are within this factor of each other are believed; else so many are taken together. */
const AGREEING = 2;
const DISAGREEING = 4;
/** So many times longer or shorter than believed is believed at once; longer only when no clock can be to blame for it. */
const SURPRISE = 3;
const ALARM_MICROS = 8_000;

export class PassTimes {
  private perGroup: number | undefined;
  private width = 1;
  /** Shortest slice seen while growing, microseconds. */
  private shortest = Number.POSITIVE_INFINITY;
  private settled = false;
  private measurements = 0;
  /** Most workgroups that were measured in one chunk, and the time they took, at least as was believed. */
  private proven = 0;
  private provenMicros = 0;
  /** Since the last correction. */
  private readonly recent: { predicted: number; measured: number }[] = [];

  get isUnknown(): boolean {
    return this.perGroup === undefined;
  }

  /** Chunks that were measured. */
  get samples(): number {
    return this.measurements;
  }

  /** Whether so many have to be tried alone first. */
  isNew(workgroups: number): boolean {
    return this.perGroup === undefined || (!this.settled && workgroups > this.proven);
  }

  /** Microseconds that `workgroups` of one dispatch are believed to take; of an unknown pass 0. */
  predict(workgroups: number): number {
    return (this.perGroup ?? 0) * Math.max(workgroups, this.width);
  }

  /** Workgroups of one slice at `targetMicros`, not less than the host runs at once, since fewer would not be done sooner. */
  wanted(targetMicros: number): number {
    if (this.perGroup === undefined) return 1;
    const steady = Math.max(1, Math.floor(this.width), Math.floor((AIM * targetMicros) / this.perGroup));
    const probes = !this.settled && 2 * this.predict(this.proven) <= LONGEST_PROBE_MICROS;
    return Math.min(this.limit(targetMicros), probes ? Math.max(steady, 2 * this.proven) : steady);
  }

  /** Microseconds of `targetMicros` to plan with. */
  aim(targetMicros: number): number {
    return AIM * targetMicros;
  }

  /** Most workgroups of one chunk, however many dispatches they are in: none is much larger than what was measured. */
  limit(targetMicros: number): number {
    if (this.perGroup === undefined) return 1;
    return this.proven * (this.provenMicros <= FAR_SHARE * targetMicros ? GROWTH.far : GROWTH.near);
  }

  /** A slice that ran alone on an empty queue to find out how long so many take. */
  grow(workgroups: number, measuredMicros: number): void {
    const micros = Math.max(CLOCK_MICROS, measuredMicros);
    this.shortest = Math.min(this.shortest, micros);
    this.perGroup = micros / workgroups;
    this.width = Math.max(1, this.shortest / this.perGroup);
    this.prove(workgroups, micros);
    if (micros > FLAT * this.shortest) this.settled = true;
  }

  /** A chunk with `workgroups` of this pass, believed to take `predicted`, took `measured` microseconds. */
  correct(workgroups: number, predicted: number, measured: number): void {
    this.prove(workgroups, Math.max(predicted, measured));
    if (this.perGroup === undefined) return;
    this.recent.push({ predicted, measured });
    const ratio = Math.max(sum(this.recent, "measured"), CLOCK_MICROS / 2) / sum(this.recent, "predicted");
    const isAlarm = ratio > SURPRISE && measured > ALARM_MICROS;
    const isAgreed = this.recent.length > 1 && this.agree();
    if (!isAlarm && !isAgreed && this.recent.length < DISAGREEING) return;
    this.recent.length = 0;
    const isSurprise = isAlarm || (isAgreed && ratio < 1 / SURPRISE);
    this.perGroup *= isSurprise ? ratio : 1 + LEARNING_RATE * (Math.min(ratio, SURPRISE) - 1);
  }

  private agree(): boolean {
    const ratios = this.recent.map(({ predicted, measured }) => Math.max(measured, CLOCK_MICROS / 2) / predicted);
    return Math.max(...ratios) <= AGREEING * Math.min(...ratios);
  }

  private prove(workgroups: number, micros: number): void {
    this.measurements++;
    if (workgroups < this.proven) return;
    this.proven = workgroups;
    this.provenMicros = micros;
  }
}

function sum(times: readonly { predicted: number; measured: number }[], what: "predicted" | "measured"): number {
  return times.reduce((total, time) => total + time[what], 0);
}
