/**
 * State of a job's units in pages of 4,096, made when a unit of theirs is first touched and dropped again when all of theirs
 * have ended. A unit has a byte of flags and the serial number of one lease on it; further leases are in a sparse map. A job
 * of 10^9 units costs nothing until work begins, and then what is in progress, not what was done.
 *
 *   untouched ──lease or vote──▶ touched ──agreed, bytes there──▶ final
 *                                   │  ▲
 *                    (queued: waits in the ring for a replica)
 *                                   └──────replicas used up─────▶ failed
 */
import type { UnitIndex, UnitRun } from "../../shared/ids.ts";
import { PAGE_UNITS, pageOf } from "./store.ts";

const Flag = {
  Final: 1,
  Failed: 2,
  /** In the ring; a unit is there at most once. */
  Queued: 4,
  Touched: 8,
} as const;
const ENDED = Flag.Final | Flag.Failed;

interface Page {
  flags: Uint8Array;
  /** Serial of a lease on the unit, 0 = none. */
  holder: Uint32Array;
  ended: number;
}

export class Pages {
  final = 0;
  readonly failed = new Set<UnitIndex>();
  /** Units with at least one lease. */
  leased = 0;
  readonly units: number;
  private readonly open = new Map<number, Page>();
  /** The page that was looked at last, open or not: a step asks many times of one. */
  private lastNumber = -1;
  private lastPage: Page | undefined;
  /** Pages below this one have ended, every unit of them. */
  private endedBelow = 0;
  private readonly endedAbove = new Set<number>();
  private readonly moreHolders = new Map<UnitIndex, number[]>();
  /** Holders of a unit that nobody waits for any more; none: no entry. */
  private readonly waived = new Map<UnitIndex, number>();

  constructor(units: number) {
    this.units = units;
  }

  get ended(): number {
    return this.final + this.failed.size;
  }

  /** Pages that use memory now. */
  get openPages(): number {
    return this.open.size;
  }

  isFinal(unit: UnitIndex): boolean {
    if (this.isEndedPage(pageOf(unit))) return !this.failed.has(unit);
    return (this.flags(unit) & Flag.Final) !== 0;
  }

  isEnded(unit: UnitIndex): boolean {
    return this.isEndedPage(pageOf(unit)) || (this.flags(unit) & ENDED) !== 0;
  }

  isTouched(unit: UnitIndex): boolean {
    return this.isEndedPage(pageOf(unit)) || this.flags(unit) !== 0;
  }

  isQueued(unit: UnitIndex): boolean {
    return (this.flags(unit) & Flag.Queued) !== 0;
  }

  isEndedPage(page: number): boolean {
    return page < this.endedBelow || (this.endedAbove.size > 0 && this.endedAbove.has(page));
  }

  touch(unit: UnitIndex): void {
    this.set(unit, Flag.Touched);
  }

  setQueued(unit: UnitIndex, queued: boolean): void {
    if (queued) this.set(unit, Flag.Queued);
    else this.clear(unit, Flag.Queued);
  }

  /** Ends a unit; its leases must have been dropped. True when its whole page has ended with it. */
  end(unit: UnitIndex, how: "final" | "failed"): boolean {
    if (this.isEnded(unit)) throw new Error(`unit ${unit} has ended before`);
    if (how === "final") this.final++;
    else this.failed.add(unit);
    const number = pageOf(unit);
    const page = this.pageFor(number);
    page.flags[unit - number * PAGE_UNITS] = how === "final" ? Flag.Final | Flag.Touched : Flag.Failed | Flag.Touched;
    page.ended++;
    if (page.ended < this.sizeOf(number)) return false;
    this.endPage(number);
    return true;
  }

  /** Units that are final already: whole pages of them cost one step. */
  endRun(run: UnitRun): void {
    const last = run.start + run.length;
    for (let unit = run.start as number; unit < last; ) {
      const number = pageOf(unit);
      const size = this.sizeOf(number);
      const isWhole = unit === number * PAGE_UNITS && last - unit >= size;
      if (isWhole && !this.open.has(number) && !this.isEndedPage(number)) {
        this.final += size;
        this.endPage(number);
        unit += size;
      } else this.end(unit++ as UnitIndex, "final");
    }
  }

  /** Nothing of a job that is over changes any more: its counts are left, and which units failed. */
  endAll(final: number, failed: readonly UnitIndex[]): void {
    for (const unit of failed) this.failed.add(unit);
    this.final = final;
    this.endedBelow = Math.ceil(this.units / PAGE_UNITS);
  }

  /** Serials of the leases on a unit. */
  holders(unit: UnitIndex): readonly number[] {
    const page = this.pageAt(pageOf(unit));
    const first = page?.holder[unit % PAGE_UNITS] ?? 0;
    if (first === 0) return NO_HOLDERS;
    const more = this.moreHolders.get(unit);
    return more ? [first, ...more] : [first];
  }

  isHeldBy(unit: UnitIndex, serial: number): boolean {
    const first = this.pageAt(pageOf(unit))?.holder[unit % PAGE_UNITS] ?? 0;
    return first === serial || (first !== 0 && (this.moreHolders.get(unit)?.includes(serial) ?? false));
  }

  holderCount(unit: UnitIndex): number {
    const page = this.pageAt(pageOf(unit));
    if (!page || page.holder[unit % PAGE_UNITS] === 0) return 0;
    return this.moreHolders.size === 0 ? 1 : 1 + (this.moreHolders.get(unit)?.length ?? 0);
  }

  /** Leases on the unit whose answers are waited for. */
  awaited(unit: UnitIndex): number {
    const count = this.holderCount(unit);
    return this.waived.size === 0 ? count : count - (this.waived.get(unit) ?? 0);
  }

  /** One lease on the unit is waited for no more. */
  waive(unit: UnitIndex): void {
    this.waived.set(unit, (this.waived.get(unit) ?? 0) + 1);
  }

  /** Such a lease has let go of the unit. */
  unwaive(unit: UnitIndex): void {
    const left = (this.waived.get(unit) ?? 0) - 1;
    if (left > 0) this.waived.set(unit, left);
    else this.waived.delete(unit);
  }

  hold(unit: UnitIndex, serial: number): void {
    const page = this.pageFor(pageOf(unit));
    const slot = unit % PAGE_UNITS;
    this.touch(unit);
    if (page.holder[slot] === 0) {
      page.holder[slot] = serial;
      this.leased++;
      return;
    }
    const more = this.moreHolders.get(unit);
    if (more) more.push(serial);
    else this.moreHolders.set(unit, [serial]);
  }

  /** True when the lease did hold the unit. */
  drop(unit: UnitIndex, serial: number): boolean {
    const page = this.pageAt(pageOf(unit));
    const slot = unit % PAGE_UNITS;
    const more = this.moreHolders.size === 0 ? undefined : this.moreHolders.get(unit);
    if (page?.holder[slot] === serial) {
      const next = more?.pop();
      page.holder[slot] = next ?? 0;
      if (next === undefined) this.leased--;
    } else {
      const index = more?.indexOf(serial) ?? -1;
      if (index < 0) return false;
      more?.splice(index, 1);
    }
    if (more?.length === 0) this.moreHolders.delete(unit);
    return true;
  }

  /** At most `limit` units with a lease, in page order of first touch. */
  leasedUnits(limit: number): UnitIndex[] {
    const found: UnitIndex[] = [];
    for (const [number, page] of this.open) {
      for (let slot = 0; slot < PAGE_UNITS && found.length < limit; slot++) {
        if (page.holder[slot] !== 0) found.push((number * PAGE_UNITS + slot) as UnitIndex);
      }
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Units of open pages that were touched and have not ended. */
  *inProgress(): Generator<UnitIndex> {
    for (const [number, page] of this.open) {
      for (let slot = 0; slot < PAGE_UNITS; slot++) {
        const flags = page.flags[slot] ?? 0;
        if (flags !== 0 && (flags & ENDED) === 0) yield (number * PAGE_UNITS + slot) as UnitIndex;
      }
    }
  }

  private endPage(number: number): void {
    this.open.delete(number);
    this.lastNumber = -1;
    this.endedAbove.add(number);
    while (this.endedAbove.delete(this.endedBelow)) this.endedBelow++;
  }

  /** Units of a page; the last one may be short. */
  private sizeOf(number: number): number {
    return Math.min(PAGE_UNITS, this.units - number * PAGE_UNITS);
  }

  private flags(unit: UnitIndex): number {
    return this.pageAt(pageOf(unit))?.flags[unit % PAGE_UNITS] ?? 0;
  }

  private set(unit: UnitIndex, flag: number): void {
    const page = this.pageFor(pageOf(unit));
    const slot = unit % PAGE_UNITS;
    page.flags[slot] = (page.flags[slot] ?? 0) | flag | Flag.Touched;
  }

  private clear(unit: UnitIndex, flag: number): void {
    const page = this.pageAt(pageOf(unit));
    if (!page) return;
    const slot = unit % PAGE_UNITS;
    page.flags[slot] = (page.flags[slot] ?? 0) & ~flag;
  }

  private pageAt(number: number): Page | undefined {
    if (number !== this.lastNumber) {
      this.lastNumber = number;
      this.lastPage = this.open.get(number);
    }
    return this.lastPage;
  }

  private pageFor(number: number): Page {
    const known = this.pageAt(number);
    if (known) return known;
    const page = { flags: new Uint8Array(PAGE_UNITS), holder: new Uint32Array(PAGE_UNITS), ended: 0 };
    this.open.set(number, page);
    this.lastPage = page;
    return page;
  }
}

const NO_HOLDERS: readonly number[] = [];
