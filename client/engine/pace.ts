/** When the GPU may be given work, and how much at once. */
export interface Pace {
  /** GPU time that one chunk should take, its target, microseconds. */
  targetMicros(): number;
  /** Resolves when something may be submitted. */
  turn(): Promise<void>;
  /** The queue is no longer empty; it is empty again. */
  busy(): void;
  idle(): void;
  /** The driver stops: `turn` resolves at once from now on. */
  end(): void;
}
