/** When the GPU may be given work, and how much at once. */
export interface Pace {
  /** GPU time that one chunk should take, its target, microseconds. */
  targetMicros(): number;
  /** What cannot be cut shorter than so many microseconds is not begun. */
  longestMicros(): number;
  /** Resolves when something may be submitted. */
  turn(): Promise<void>;
  /** The queue is no longer empty; it is empty again. */
  busy(): void;
  idle(): void;
  /** The driver stops: `turn` resolves at once from now on. */
  end(): void;
}

/** The whole GPU, at once, in chunks of so many microseconds: where somebody asked for one result and waits for it. */
export function eagerPace(targetMicros: number): Pace {
  return {
    targetMicros: () => targetMicros,
    longestMicros: () => Number.POSITIVE_INFINITY,
    turn: () => Promise.resolve(),
    busy: () => undefined,
    idle: () => undefined,
    end: () => undefined,
  };
}
