/** What is to happen when, on a virtual clock: a binary heap; of two at one time, the first that was planned comes first. */
interface Plan {
  at: number;
  order: number;
  act: () => void;
}

export class Timeline {
  private readonly heap: Plan[] = [];
  private planned = 0;
  private time = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.time;
  }

  after(ms: number, act: () => void): void {
    const plan = { at: this.time + Math.max(0, ms), order: this.planned++, act };
    const { heap } = this;
    heap.push(plan);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isSooner(plan, heap[parent] as Plan)) break;
      heap[at] = heap[parent] as Plan;
      heap[parent] = plan;
      at = parent;
    }
  }

  /** Lets the next thing happen. False when nothing is planned. */
  advance(): boolean {
    const { heap } = this;
    const first = heap[0];
    if (!first) return false;
    const last = heap.pop() as Plan;
    if (heap.length > 0) this.sink(last);
    this.time = first.at;
    first.act();
    return true;
  }

  private sink(plan: Plan): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isSooner(heap[child + 1] as Plan, heap[child] as Plan)) child++;
      if (!isSooner(heap[child] as Plan, plan)) break;
      heap[at] = heap[child] as Plan;
      at = child;
    }
    heap[at] = plan;
  }
}

function isSooner(one: Plan, other: Plan): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
