/** Which GPU buffer lies under which binding: `swap` never copies, it renames. */
import type { PassPlan } from "./plan.ts";

/** `mapping[b]`: the physical buffer under the plan's buffer `b`. */
export type Mapping = readonly number[];

/** The mapping in each iteration of each pass; kept as the short cycle that the swaps generate. */
export class Mappings {
  private readonly cycles: Mapping[][] = [];
  private readonly keys = new Map<Mapping, string>();
  /** The mapping after everything, where outputs are read. */
  readonly last: Mapping;

  constructor(buffers: number, passes: readonly PassPlan[]) {
    let current: Mapping = Array.from({ length: buffers }, (_, i) => i);
    for (const pass of passes) {
      const cycle: Mapping[] = [current];
      for (let next = swapped(current, pass.swap); pass.swap.length > 0 && !same(next, current); next = swapped(next, pass.swap)) {
        if (cycle.length >= pass.repeat) break;
        cycle.push(next);
      }
      this.cycles.push(cycle);
      current = cycle[(pass.repeat - 1) % cycle.length] as Mapping;
    }
    this.last = current;
  }

  at(pass: number, iteration: number): Mapping {
    const cycle = this.cycles[pass] as Mapping[];
    return cycle[iteration % cycle.length] as Mapping;
  }

  /** All mappings of a pass's iterations, each once. */
  of(pass: number): readonly Mapping[] {
    return this.cycles[pass] ?? [];
  }

  /** Every distinct mapping that one pass meets. */
  key(mapping: Mapping): string {
    let key = this.keys.get(mapping);
    if (key === undefined) {
      key = mapping.join();
      this.keys.set(mapping, key);
    }
    return key;
  }
}

function swapped(mapping: Mapping, pairs: readonly [number, number][]): Mapping {
  const next = [...mapping];
  for (const [a, b] of pairs) [next[a], next[b]] = [next[b] as number, next[a] as number];
  return next;
}

function same(a: Mapping, b: Mapping): boolean {
  return a.every((value, i) => value === b[i]);
}
