/** What the invocations of a workgroup do with its memory between two barriers. */

/** One that a read and a write of different invocations make. */
export interface SharedRace {
  name: string;
  /** UTF-16 offsets in the kernel's text of the write and of the read. */
  written: number;
  taken: number;
  /** The index, `""` of a variable that is no array. */
  element: string;
  writer: number;
  reader: number;
}

interface Touch {
  lane: number;
  offset: number;
}

interface Element {
  writes: Map<number, Touch>;
  reads: Map<number, Touch>;
}

export class Phase {
  private readonly elements = new Map<string, Map<string, Element>>();
  private readonly found = new Map<string, SharedRace>();

  /** The first race of each variable. */
  races(): SharedRace[] {
    return [...this.found.values()];
  }

  end(): void {
    this.elements.clear();
  }

  read(name: string, keys: readonly (string | undefined)[], mask: readonly boolean[], offset: number): void {
    this.each(name, keys, mask, (element, key, lane) => {
      // Who wrote it too reads its own, or what is as good.
      if (!element.writes.has(lane)) this.tell(name, key, other(element.writes, lane), { lane, offset });
      if (!element.reads.has(lane)) element.reads.set(lane, { lane, offset });
    });
  }

  write(name: string, keys: readonly (string | undefined)[], mask: readonly boolean[], offset: number): void {
    this.each(name, keys, mask, (element, key, lane) => {
      const reader = other(element.reads, lane);
      if (reader && !element.writes.has(reader.lane)) this.tell(name, key, { lane, offset }, reader);
      if (!element.writes.has(lane)) element.writes.set(lane, { lane, offset });
    });
  }

  private tell(name: string, element: string, write: Touch | undefined, read: Touch): void {
    if (!write || this.found.has(name)) return;
    this.found.set(name, { name, element, written: write.offset, taken: read.offset, writer: write.lane, reader: read.lane });
  }

  private each(
    name: string,
    keys: readonly (string | undefined)[],
    mask: readonly boolean[],
    look: (element: Element, key: string, lane: number) => void,
  ): void {
    if (this.found.has(name)) return;
    const elements = this.elements.get(name) ?? new Map<string, Element>();
    this.elements.set(name, elements);
    for (const [lane, key] of keys.entries()) {
      if (!mask[lane] || key === undefined) continue;
      const element = elements.get(key) ?? { writes: new Map(), reads: new Map() };
      elements.set(key, element);
      look(element, key, lane);
    }
  }
}

function other(touches: ReadonlyMap<number, Touch>, lane: number): Touch | undefined {
  for (const touch of touches.values()) if (touch.lane !== lane) return touch;
  return undefined;
}
