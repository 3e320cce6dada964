/**
 * The visitor's answer to one site, kept in this browser alone. Browsers keep storage of frames apart by registrable domain, and
 * a site is an origin: so each has a key of its own.
 */
import { DOSES, type Dose } from "../donor/state.ts";

/** A yes, or a no, holds so long, ms. */
export const ANSWER_MS = 24 * 3_600_000;

export type Answer = { kind: "none" } | { kind: "yes"; dose: Dose } | { kind: "no" } | { kind: "never" };

export class Answers {
  private readonly key: string;
  private readonly storage: Storage | null;
  /** When the yes was said, and for which job. */
  private agreedAt = Number.NEGATIVE_INFINITY;
  private job = 0;

  /** `storage`: null where the browser keeps nothing for frames; then `at` knows of none, and a yes holds until the page is left. */
  constructor(site: string, storage: Storage | null) {
    this.key = `idlewave-widget ${site}`;
    this.storage = storage;
  }

  /** What was answered before; one of more than a day ago, or from the future, is none, nor is a yes to another job. */
  at(now: number, job: number): Answer {
    let kept: unknown;
    try {
      kept = JSON.parse(this.storage?.getItem(this.key) ?? "null");
    } catch {
      return { kind: "none" };
    }
    if (typeof kept !== "object" || kept === null) return { kind: "none" };
    const { answer, at, ...yes } = kept as { answer?: unknown; at?: unknown; dose?: unknown; job?: unknown };
    if (answer === "never") return { kind: "never" };
    if (typeof at !== "number" || at > now || now - at >= ANSWER_MS) return { kind: "none" };
    if (answer === "no") return { kind: "no" };
    const known = DOSES.find((each) => each === yes.dose);
    if (answer !== "yes" || known === undefined || yes.job !== job) return { kind: "none" };
    this.agreedAt = at;
    this.job = job;
    return { kind: "yes", dose: known };
  }

  agree(dose: Dose, job: number, now: number): void {
    this.agreedAt = now;
    this.job = job;
    this.turn(dose);
  }

  /** Another dose makes no yes longer. */
  turn(dose: Dose): void {
    this.keep({ answer: "yes", at: this.agreedAt, dose, job: this.job });
  }

  /** When the yes was said, milliseconds since 1970. */
  get agreed(): number {
    return this.agreedAt;
  }

  /** A yes ends, however long the page stays open. */
  isOver(now: number): boolean {
    return now - this.agreedAt >= ANSWER_MS;
  }

  keepNo(now: number): void {
    this.keep({ answer: "no", at: now });
  }

  keepNever(): void {
    this.keep({ answer: "never" });
  }

  forget(): void {
    this.storage?.removeItem(this.key);
  }

  /** Of all sites whose frames keep theirs in one place with this one's. */
  forgetAll(): void {
    this.agreedAt = Number.NEGATIVE_INFINITY;
    this.storage?.clear();
  }

  private keep(value: object): void {
    try {
      this.storage?.setItem(this.key, JSON.stringify(value));
    } catch {
      // Full, or refused: nothing is kept, as without storage.
    }
  }
}

export function storageHere(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
