/** The k largest or smallest elements with their unit and index; ties by lower unit, then index. NaN never ranks. */
import type { OutputPlan } from "../plan.ts";
import { elementsOf } from "./elements.ts";
import type { Pieces } from "./pieces.ts";
import { type Reduced, type Seen, slices, type TopEntry } from "./reduced.ts";

export async function topk(output: OutputPlan, k: number, order: "largest" | "smallest", pieces: Pieces): Promise<Reduced> {
  const seen: Seen = { units: 0, holes: [] };
  const best = new BoundedHeap(k, order === "largest" ? largestFirst : smallestFirst);
  for await (const { unit, from, bytes } of slices(output, pieces, seen)) {
    const elements = elementsOf(output.dtype, bytes);
    for (let i = 0; i < elements.length; i++) {
      const value = elements.at(i);
      if (!Number.isNaN(value)) best.offer({ value, unit, index: from + i });
    }
  }
  return { value: { kind: "topk", type: output.dtype, entries: best.sorted() }, ...seen };
}

type Order = (a: TopEntry, b: TopEntry) => number;

const byPlace: Order = (a, b) => a.unit - b.unit || a.index - b.index;
const largestFirst: Order = (a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : byPlace(a, b));
const smallestFirst: Order = (a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : byPlace(a, b));

/** Keeps the first `limit` entries in `order`, the last of them at the root. */
class BoundedHeap {
  private readonly heap: TopEntry[] = [];
  private readonly limit: number;
  private readonly order: Order;

  constructor(limit: number, order: Order) {
    this.limit = limit;
    this.order = order;
  }

  offer(entry: TopEntry): void {
    if (this.heap.length < this.limit) {
      this.heap.push(entry);
      this.rise(this.heap.length - 1);
    } else if (this.order(entry, this.heap[0] as TopEntry) < 0) {
      this.heap[0] = entry;
      this.sink(0);
    }
  }

  sorted(): TopEntry[] {
    return [...this.heap].sort(this.order);
  }

  private isWorse(a: number, b: number): boolean {
    return this.order(this.heap[a] as TopEntry, this.heap[b] as TopEntry) > 0;
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a] as TopEntry;
    this.heap[a] = this.heap[b] as TopEntry;
    this.heap[b] = held;
  }

  private rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isWorse(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(from: number): void {
    let at = from;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.heap.length && this.isWorse(child, worst)) worst = child;
      if (worst === at) return;
      this.swap(at, worst);
      at = worst;
    }
  }
}
