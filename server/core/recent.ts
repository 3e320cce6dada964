import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";

/** Units of one generation at most. */
export const GENERATION_UNITS = 65_536;

/** Numbers alone, no object a unit: whatever lives this long would be moved and looked at by the collector again and again. */
interface Generation {
  /** Where in `accounts` those of a unit begin: how many they are, then they. */
  places: Map<JobId, Map<UnitIndex, number>>;
  accounts: number[];
}

function emptyGeneration(): Generation {
  return { places: new Map(), accounts: [] };
}

/**
 * Accounts that had a replica of a unit that ended lately, so that a late duplicate gets its first answer. Two generations: the
 * older one is dropped whole, for a map that loses its oldest entries one by one is walked from its front each time.
 */
export class RecentUnits {
  private young = emptyGeneration();
  private old = emptyGeneration();
  private count = 0;

  add(job: JobId, unit: UnitIndex, replicas: readonly { account: AccountId }[]): void {
    const accounts = this.begin(job, unit, replicas.length);
    for (const { account } of replicas) accounts.push(account);
  }

  /** Adds one account. False when it was there. */
  note(job: JobId, unit: UnitIndex, account: AccountId): boolean {
    const known = this.accountsOf(job, unit);
    if (known.includes(account)) return false;
    this.begin(job, unit, known.length + 1).push(...known, account);
    return true;
  }

  has(job: JobId, unit: UnitIndex, account: AccountId): boolean {
    return this.accountsOf(job, unit).includes(account);
  }

  /** Where the unit's so many accounts are to be added. */
  private begin(job: JobId, unit: UnitIndex, count: number): number[] {
    if (this.count >= GENERATION_UNITS) {
      this.old = this.young;
      this.young = emptyGeneration();
      this.count = 0;
    }
    this.count++;
    const { places, accounts } = this.young;
    let units = places.get(job);
    if (!units) {
      units = new Map();
      places.set(job, units);
    }
    units.set(unit, accounts.length);
    accounts.push(count);
    return accounts;
  }

  private accountsOf(job: JobId, unit: UnitIndex): readonly number[] {
    for (const { places, accounts } of [this.young, this.old]) {
      const place = places.get(job)?.get(unit);
      if (place !== undefined) return accounts.slice(place + 1, place + 1 + (accounts[place] ?? 0));
    }
    return [];
  }
}
