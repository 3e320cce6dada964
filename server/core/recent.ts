import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";

/** Units of one generation at most. */
export const GENERATION_UNITS = 65_536;

type Generation = Map<JobId, Map<UnitIndex, readonly AccountId[]>>;

/**
 * Accounts that had a replica of a unit that ended lately, so that a late duplicate gets its first answer. Two generations: the
 * older one is dropped whole, for a map that loses its oldest entries one by one is walked from its front each time.
 */
export class RecentUnits {
  private young: Generation = new Map();
  private old: Generation = new Map();
  private count = 0;

  add(job: JobId, unit: UnitIndex, accounts: readonly AccountId[]): void {
    if (this.count >= GENERATION_UNITS) {
      this.old = this.young;
      this.young = new Map();
      this.count = 0;
    }
    let units = this.young.get(job);
    if (!units) {
      units = new Map();
      this.young.set(job, units);
    }
    units.set(unit, accounts);
    this.count++;
  }

  /** Adds one account. False when it was there. */
  note(job: JobId, unit: UnitIndex, account: AccountId): boolean {
    if (this.has(job, unit, account)) return false;
    this.add(job, unit, [...(this.accountsOf(job, unit) ?? []), account]);
    return true;
  }

  has(job: JobId, unit: UnitIndex, account: AccountId): boolean {
    return this.accountsOf(job, unit)?.includes(account) ?? false;
  }

  private accountsOf(job: JobId, unit: UnitIndex): readonly AccountId[] | undefined {
    return this.young.get(job)?.get(unit) ?? this.old.get(job)?.get(unit);
  }
}
