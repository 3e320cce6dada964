declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Number of a job on one coordinator: 1, 2, 3 … (u32 on the wire). */
export type JobId = Branded<number, "JobId">;
/** Index of a unit in its job, `0 <= index < count <= 2^53 - 1`. */
export type UnitIndex = Branded<number, "UnitIndex">;
/** Number of an account on one coordinator; today every device key is an account of its own. */
export type AccountId = Branded<number, "AccountId">;
/** Number of a pool on one coordinator: 1, 2, 3 … */
export type PoolId = Branded<number, "PoolId">;
/** Number of a site on one coordinator: 1, 2, 3 … */
export type SiteId = Branded<number, "SiteId">;
/** One authenticated connection of a volunteer, unique while the process lives. */
export type HostId = Branded<number, "HostId">;
/** Number of a statement on one coordinator (statement.ts); 0: recorded before there were any, nothing to be signed. */
export type StatementId = Branded<number, "StatementId">;
/** Lower-case hexadecimal SHA-256 of a blob, 64 characters. */
export type BlobHash = Branded<string, "BlobHash">;
/** Lower-case hexadecimal Ed25519 public key, 64 characters. */
export type PublicKeyHex = Branded<string, "PublicKeyHex">;

/** A run of consecutive units: `start, start + 1, … start + length - 1`. */
export interface UnitRun {
  start: UnitIndex;
  length: number;
}

/** The units of `runs`, one by one, in order. */
export function* unitsOf(runs: readonly UnitRun[]): Generator<UnitIndex> {
  for (const run of runs) for (let i = 0; i < run.length; i++) yield (run.start + i) as UnitIndex;
}

/** Whether a unit is in `runs`, which ascend. */
export function hasUnit(runs: readonly UnitRun[], unit: number): boolean {
  let low = 0;
  let high = runs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const run = runs[middle] as UnitRun;
    if (unit < run.start) high = middle - 1;
    else if (unit >= run.start + run.length) low = middle + 1;
    else return true;
  }
  return false;
}

/** Number of units in `runs`. */
export function countUnits(runs: readonly UnitRun[]): number {
  let count = 0;
  for (const run of runs) count += run.length;
  return count;
}

/** The shortest runs that hold `units`, which must ascend. */
export function runsOf(units: readonly UnitIndex[]): UnitRun[] {
  const runs: UnitRun[] = [];
  for (const unit of units) {
    const last = runs[runs.length - 1];
    if (last && last.start + last.length === unit) last.length++;
    else runs.push({ start: unit, length: 1 });
  }
  return runs;
}
