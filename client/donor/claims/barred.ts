/**
 * Kernels that did not end here: this host takes no unit of them again, over reloads too. A kernel is known by the hash of its
 * job's plan.
 */
import { keys, set } from "idb-keyval";
import { KEPT, storeAt } from "../kept.ts";

export interface Barred {
  has(plan: string): Promise<boolean>;
  /** Resolves when it is kept. */
  add(plan: string): Promise<void>;
}

/** A job whose kernel did not end here. */
export class BarredKernel extends Error {
  override readonly name = "BarredKernel";
  constructor(title: string) {
    super(`The kernel of "${title}" did not end here once, so the job is left to others.`);
  }
}

export function browserBarred(): Barred {
  const plans = storeAt(KEPT.barred);
  return {
    has: async (plan) => (await keys(plans)).includes(plan),
    add: async (plan) => await set(plan, true, plans),
  };
}
