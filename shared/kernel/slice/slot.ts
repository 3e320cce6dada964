/** A place for one more uniform beside a kernel's own bindings. */
export interface Slot {
  group: number;
  binding: number;
}

/** WebGPU's default `maxBindGroups` and `maxBindingsPerBindGroup`. */
const GROUPS = 4;
const BINDINGS = 1000;

/** The first group that is free as a whole, else the first free number of a used one; undefined when there is none. */
export function freeSlot(taken: readonly Slot[]): Slot | undefined {
  const groups = Array.from(
    { length: GROUPS },
    (_, group) => new Set(taken.filter((slot) => slot.group === group).map(({ binding }) => binding)),
  );
  const empty = groups.findIndex((bindings) => bindings.size === 0);
  if (empty >= 0) return { group: empty, binding: 0 };
  for (const [group, bindings] of groups.entries()) {
    for (let binding = 0; binding < BINDINGS; binding++) if (!bindings.has(binding)) return { group, binding };
  }
  return undefined;
}
