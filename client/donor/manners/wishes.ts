/** What the visitor chose beside the dose, and what of it can be believed when it is read back. */

/** Minutes of the day, local time, 0 … 1439, `from` included and `to` not; over midnight when `from` is the later one. */
export interface Hours {
  from: number;
  to: number;
}

/** Which graphics card to ask for where there are two. */
export type Card = "automatic" | "saving" | "strong";
export const CARDS: readonly Card[] = ["automatic", "saving", "strong"];

const MIB = 1024 * 1024;
/** Budgets of GPU memory, in bytes. Most jobs take a few megabytes; a built-in graphics card shares its memory with everything else. */
export const MEMORY_BUDGETS: readonly number[] = [256 * MIB, 1024 * MIB, 4096 * MIB];

export interface Wishes {
  /** Only within these hours; null at any. */
  hours: Hours | null;
  onlyAway: boolean;
  card: Card;
  /** One of MEMORY_BUDGETS. */
  memoryBytes: number;
}

export const NO_WISHES: Wishes = { hours: null, onlyAway: false, card: "automatic", memoryBytes: 1024 * MIB };

const MINUTES_A_DAY = 24 * 60;

export function isWithin({ from, to }: Hours, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** "22:30" as minutes of the day, or null. */
export function minuteOf(time: string): number | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}

/** 1350 as "22:30". */
export function timeOfDay(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Hours from two times of the day, or null when they are none or the same. */
export function hoursOf(from: string, to: string): Hours | null {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  return start === null || end === null || start === end ? null : { from: start, to: end };
}

/** What was kept by this or another release: each part that is not understood is as if it had not been chosen. */
export function readWishes(kept: unknown): Wishes {
  if (typeof kept !== "object" || kept === null) return NO_WISHES;
  const { hours, onlyAway, card, memoryBytes } = kept as Partial<Record<keyof Wishes, unknown>>;
  return {
    hours: readHours(hours),
    onlyAway: onlyAway === true,
    card: CARDS.find((each) => each === card) ?? NO_WISHES.card,
    memoryBytes: MEMORY_BUDGETS.find((each) => each === memoryBytes) ?? NO_WISHES.memoryBytes,
  };
}

function readHours(kept: unknown): Hours | null {
  if (typeof kept !== "object" || kept === null) return null;
  const { from, to } = kept as Partial<Record<keyof Hours, unknown>>;
  return isMinute(from) && isMinute(to) && from !== to ? { from, to } : null;
}

function isMinute(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < MINUTES_A_DAY;
}
