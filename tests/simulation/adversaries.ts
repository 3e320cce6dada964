/** How volunteers of each kind answer. A strategy sees what a cheat can see: its own assignments, its accomplices, and what was refused. */
import type { UnitIndex } from "../../shared/ids.ts";
import type { Dice } from "./dice.ts";

/** Digests are names here: what the kernel gives, and the one wrong result on which all liars agree. */
export const RIGHT = "0".repeat(64);
export const WRONG = "f".repeat(64);

/** Slices of a unit, where some of them are run again. */
export const SLICES = 2048;
/** Results that are wrong in a tenth of the slices, and in one. */
const TENTH = "a".repeat(64);
const SINGLE = "1".repeat(64);

/** A wrong result that the job's checker accepts: it does not look where it is wrong. */
const FORGED = "b".repeat(64);
/** What a checker takes over one result, in executions of a unit. */
export const CHECKER_PRICE = 0.01;

/** What the job's checker says of a result. */
export function isAccepted(digest: string): boolean {
  return digest === RIGHT || digest === FORGED;
}

/** Whether a result is wrong in this slice of the unit. */
export function isWrongIn(digest: string, unit: UnitIndex, slice: number): boolean {
  switch (digest) {
    case RIGHT:
      return false;
    case WRONG:
      return true;
    case TENTH:
      return mixed(unit * SLICES + slice) % 10 === 0;
    default:
      // What a card damages is one place.
      return slice === mixed(unit) % SLICES;
  }
}

function mixed(value: number): number {
  return Math.imul(value, 0x9e3779b1) >>> 8;
}

/** What all cheats know of each other. */
export interface Ring {
  /** Cheats that hold the unit or have lied on it. */
  readonly partners: Map<UnitIndex, Set<number>>;
  /** What the first of them told of the unit, while it is open. */
  readonly told: Map<UnitIndex, string>;
}

/** What one knows of oneself. */
export interface Self {
  account: number;
  /** Units of it that became final, and that were refused, under this key. */
  verified: number;
  refused: number;
  /** The auditor has confirmed it often enough that its word is believed. A cheat can only guess that; here it knows. */
  isVetted: boolean;
  dice: Dice;
}

export interface Strategy {
  /** The digest it tells of a unit. */
  answer(unit: UnitIndex, self: Self, ring: Ring): string;
  /** Share of its batches that it never answers, leaving with them. */
  abandons?: number;
  /** It computes nothing: an answer costs it no time. */
  isIdle?: boolean;
  /** It comes back under a new key, of a new network, after so many refusals. */
  renewsAfter?: number;
  /** It lies on purpose; others are honest people, or mean to be. */
  isCheat: boolean;
}

export const HONEST: Strategy = { isCheat: false, answer: () => RIGHT };

interface Adversary extends Strategy {
  /** To a quorum it is as `always`, or as the whitewasher. */
  isOfSlices?: boolean;
  /** To others than a checker it is as `always`. */
  isOfChecker?: boolean;
  /** What it does, for people. */
  does: string;
}

/** One result in a thousand is damaged, each in another way. */
const FAULTS = 1e-3;
const SLEEPS_FOR = 10;
const LOW_RATE = 100;

export const ADVERSARIES: Record<string, Adversary> = {
  honest: { ...HONEST, does: "everybody is honest and stays" },
  casual: { ...HONEST, does: "everybody is honest, and comes and goes" },
  always: { does: "wrong in every unit, and all the same wrong", isCheat: true, answer: () => WRONG },
  sleeper: {
    does: "honest for ten verified units, then always; a new key once caught",
    isCheat: true,
    renewsAfter: 1,
    answer: (_, { verified }) => (verified < SLEEPS_FOR ? RIGHT : WRONG),
  },
  "low-rate": {
    does: "wrong in one unit in a hundred; all agree on which",
    isCheat: true,
    answer: (unit) => ((Math.imul(unit, 0x9e3779b1) >>> 0) % LOW_RATE === 0 ? WRONG : RIGHT),
  },
  colluders: {
    does: "wrong only where an accomplice holds the unit too, or has lied on it",
    isCheat: true,
    answer(unit, { account }, { partners }) {
      const others = partners.get(unit);
      return others && (others.size > 1 || !others.has(account)) ? WRONG : RIGHT;
    },
  },
  patient: {
    does: "honest until vetted, then wrong where an accomplice holds the unit too, who says the same",
    isCheat: true,
    answer(unit, { account, isVetted }, { partners, told }) {
      const first = told.get(unit);
      if (first !== undefined) return first;
      const others = partners.get(unit);
      return isVetted && others && (others.size > 1 || !others.has(account)) ? WRONG : RIGHT;
    },
  },
  whitewasher: {
    does: "wrong in every unit, with a new key of a new network after each refusal",
    isCheat: true,
    renewsAfter: 1,
    answer: () => WRONG,
  },
  tenth: { does: "wrong in a tenth of the slices of every unit", isOfSlices: true, isCheat: true, answer: () => TENTH },
  evader: {
    does: "wrong in a tenth of the slices of every unit, all alike, with a new key of a new network after each refusal",
    isOfSlices: true,
    isCheat: true,
    renewsAfter: 1,
    answer: () => TENTH,
  },
  single: { does: "wrong in one slice of every unit", isOfSlices: true, isCheat: true, answer: () => SINGLE },
  "single-fresh": {
    does: "wrong in one slice of every unit, with a new key of a new network after each refusal",
    isOfSlices: true,
    isCheat: true,
    renewsAfter: 1,
    answer: () => SINGLE,
  },
  forger: {
    does: "wrong in every unit, in what the job's checker does not look at",
    isOfChecker: true,
    isCheat: true,
    answer: () => FORGED,
  },
  "forger-fresh": {
    does: "the same, with a new key of a new network after each refusal",
    isOfChecker: true,
    isCheat: true,
    renewsAfter: 1,
    answer: () => FORGED,
  },
  leaver: { does: "takes units away and never answers half of its batches", isCheat: true, abandons: 0.5, answer: () => RIGHT },
  lazy: { does: "guesses without computing, the same guess as every other", isCheat: true, isIdle: true, answer: () => WRONG },
  faulty: {
    does: "a graphics card that errs in one unit in a thousand",
    isCheat: false,
    answer: (unit, { account, dice }) => (dice.chance(FAULTS) ? `${account}:${unit}`.padEnd(64, "e") : RIGHT),
  },
};
