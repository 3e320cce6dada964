/**
 * The visitor's own unit indices, kept in IndexedDB so that their squares are yellow before the next consent, when nobody may
 * be asked for them. Written only by a page that lends; reading makes no database where there is none.
 */
import { del, entries, get, set } from "idb-keyval";
import { toHex } from "../../shared/bytes.ts";
import { MAX_OWN_UNITS } from "../../shared/picture.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { existingStoreAt, KEPT, storeAt } from "./kept.ts";

/** Jobs that are kept, the ones written last. */
const MAX_JOBS = 16;

/** Numbers of jobs start anew with a coordinator's data, so a job is named by when it was made too. */
export interface JobName {
  job: number;
  /** ISO 8601, as the coordinator tells it. */
  createdAt: string;
}

/** Unit indices, each at most MAX_OWN_UNITS, oldest first. */
export interface KeptUnits {
  final: readonly number[];
  /** Computed, and not confirmed when it was written. */
  waiting: readonly number[];
}

interface Kept {
  final: Float64Array;
  waiting: Float64Array;
  /** Milliseconds since 1970, for dropping the oldest. */
  at: number;
}

const keyOf = ({ job, createdAt }: JobName) => `${job}/${createdAt}`;

/** Undefined when there is nothing. Rejects with the browser's own error. */
export async function keptUnits(name: JobName): Promise<KeptUnits | undefined> {
  const jobs = await existingStoreAt(KEPT.units);
  const kept = jobs && (await get<Kept>(keyOf(name), jobs));
  return kept && { final: Array.from(kept.final), waiting: Array.from(kept.waiting) };
}

/** How everybody sees the account that they belong to; undefined where this browser has none. Rejects with the browser's own error. */
export async function ownVolunteerId(): Promise<string | undefined> {
  // Only a page with units of its own that were left waiting asks for it.
  const { knownIdentity } = await import("./identity.ts");
  const own = await knownIdentity();
  return own && volunteerIdOf(toHex(own.publicKey));
}

export async function keepUnits(name: JobName, units: KeptUnits): Promise<void> {
  const jobs = storeAt(KEPT.units);
  const packed = (indices: readonly number[]) => Float64Array.from(indices.slice(-MAX_OWN_UNITS));
  await set(keyOf(name), { final: packed(units.final), waiting: packed(units.waiting), at: Date.now() } satisfies Kept, jobs);
  const all = (await entries<string, Kept>(jobs)).toSorted(([, a], [, b]) => b.at - a.at);
  for (const [key] of all.slice(MAX_JOBS)) await del(key, jobs);
}
