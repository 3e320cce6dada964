/**
 * Results of machines that round differently: the last byte of a digest says how far off a number of its account's is, and what
 * is before that what was computed. All machines are within the tolerance of each other; who computed something else is not.
 */
import { RIGHT } from "./adversaries.ts";

const SHADE_DIGITS = 2;
/** Different ones, and how far apart two may be. */
const SHADES = 100;
const WITHIN = 128;

export function shaded(digest: string, account: number): string {
  return withoutShade(digest) + ((account * 37) % SHADES).toString(16).padStart(SHADE_DIGITS, "0");
}

/** In parts of the tolerance; null: further apart. */
export function distanceOf(one: string, other: string): number | null {
  if (withoutShade(one) !== withoutShade(other)) return null;
  return Math.abs(shadeOf(one) - shadeOf(other)) / WITHIN;
}

/** What the kernel gives, on whatever machine. */
export function isRight(digest: string): boolean {
  return withoutShade(digest) === withoutShade(RIGHT);
}

function withoutShade(digest: string): string {
  return digest.slice(0, -SHADE_DIGITS);
}

function shadeOf(digest: string): number {
  return Number.parseInt(digest.slice(-SHADE_DIGITS), 16);
}
