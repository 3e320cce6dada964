/**
 * The pool that the page's address names, `?pool=3`, as this browser has joined it: what is asked of the coordinator for it
 * carries its pass.
 */

import { PASS_HEADER } from "../../shared/pool.ts";
import type { Donation } from "../donation/donation.ts";
import type { KeptPool } from "../donor/pools/kept-pools.ts";

let pool: KeptPool | undefined;

/** Looks for what is kept of it; before anything is asked. A browser that never joined it is told how one joins. */
export async function openPool(): Promise<void> {
  const id = Number(new URLSearchParams(location.search).get("pool"));
  if (!Number.isSafeInteger(id) || id <= 0) return;
  const { keptPool } = await import("../donor/pools/kept-pools.ts");
  pool = await keptPool(id);
  if (!pool) location.replace("/join");
}

/** Undefined where the page is everybody's. */
export function servedPool(): KeptPool | undefined {
  return pool;
}

/** The donor has a newer pass. */
export function takePass(newer: KeptPool | undefined): void {
  if (newer && newer.id === pool?.id) pool = newer;
}

/** Its pass is good no more, and only lending gives a new one: the page that asks for it. */
export function askAgain(): void {
  if (pool) location.replace(`/join?pool=${pool.id}`);
}

/** The account is no member any more, and everybody's page comes. */
export async function leaveServedPool({ control }: Donation): Promise<void> {
  if (pool) await control.leavePool(location.origin, pool.id);
  location.assign("/");
}

/** For requests of what is the pool's. */
export function passHeaders(): Record<string, string> {
  return pool ? { [PASS_HEADER]: pool.pass } : {};
}
