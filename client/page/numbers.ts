/** Numbers as people read them, in the page's language. */
import type { Dose } from "../donor/state.ts";

const MILLION = 1_000_000;
const SMALL_CREDIT = 0.1;
const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

function language(): string {
  return (typeof document === "undefined" ? "" : document.documentElement.lang) || "en";
}

function format(value: number, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(language(), options).format(value);
}

/** Grouped to 999,999, then "1.23 million". */
export function count(value: number): string {
  if (value < MILLION) return format(value, { maximumFractionDigits: 0 });
  return format(value, { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 });
}

/** Groups a decimal string of any length; leaves what is no integer as it is. */
export function grouped(decimal: string): string {
  return /^-?\d{1,300}$/.test(decimal) ? new Intl.NumberFormat(language()).format(BigInt(decimal)) : decimal;
}

/** All digits of a number that names one of many. */
export function whole(number: number): string {
  return grouped(String(number));
}

/** "one" … "ten" in words, larger ones in digits. */
export function inWords(value: number): string {
  return Number.isInteger(value) ? (WORDS[value] ?? count(value)) : format(value, { maximumSignificantDigits: 2 });
}

export function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase(language()) + text.slice(1);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** "10^12" as 10¹²: titles of jobs are plain text. */
export function raised(text: string): string {
  return text.replace(/\^(\d{1,4})/g, (_, digits: string) => [...digits].map((digit) => RAISED[Number(digit)]).join(""));
}

/** "14 units", "1 unit". */
export function units(value: number): string {
  return `${count(value)} ${value === 1 ? "unit" : "units"}`;
}

/** A value and its unit, apart, so that the unit can be set thinner. */
export interface Measure {
  value: string;
  unit: string;
}

/** The last zero too, so that the figure is as long whatever it is. */
const THREE_DIGITS = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };

export function throughput(gflops: number): Measure {
  const tera = gflops >= 999.5;
  return { value: format(tera ? gflops / 1_000 : gflops, THREE_DIGITS), unit: tera ? "TFLOPS" : "GFLOPS" };
}

/** Credit below this cannot be read in 4 decimals. */
const LEAST_CREDIT = 0.000_1;

/** 2 decimals; 4 under a tenth, where 2 would hide what a short unit gives; what is less than those can say is no zero. */
export function credit(value: number): string {
  if (value > 0 && value < LEAST_CREDIT) return `< ${format(LEAST_CREDIT, { maximumFractionDigits: 4 })}`;
  const digits = value > 0 && value < SMALL_CREDIT ? 4 : 2;
  return format(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What a figure of credit is, how much of it waits, and for what: once nothing is `unverified`, for the next signature. */
export function creditWords(waiting: number, unverified: number): string {
  if (waiting <= 0) return "credit";
  return `credit, ${credit(waiting)} ${unverified > 0 ? "waiting" : "unsigned"}`;
}

/** "0.4 s", "18 s", "6 min 12 s", "3 h 05 min". */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${format(Math.max(0.1, seconds), { maximumFractionDigits: 1 })} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${count(whole)} s`;
  if (whole < 3_600) return `${count(Math.floor(whole / 60))} min ${count(whole % 60)} s`;
  const minutes = format(Math.floor((whole % 3_600) / 60), { minimumIntegerDigits: 2 });
  return `${count(Math.floor(whole / 3_600))} h ${minutes} min`;
}

/** "two seconds", "half a second", for a measured time. */
export function aboutSeconds(seconds: number): string {
  if (seconds < 0.35) return "a fraction of a second";
  if (seconds < 0.75) return "half a second";
  if (seconds < 90) {
    const whole = Math.round(seconds);
    return whole === 1 ? "one second" : `${inWords(whole)} seconds`;
  }
  return `${inWords(Math.round(seconds / 60))} minutes`;
}

/** A minute of the day as the visitor's own clock tells it: "22:00", "10:00 PM". */
export function clockTime(minute: number): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: "short", timeZone: "UTC" }).format(60_000 * minute);
}

/** "November 30, 2026", of a time in ISO 8601, where the visitor is. */
export function dateOf(iso: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "long" }).format(new Date(iso));
}

/** The same with the hour and the minute. */
export function timeOf(iso: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "long", timeStyle: "short" }).format(new Date(iso));
}

/** "820 bytes", "12 KB", "1.2 MB": powers of 1,000, two digits that count. */
export function dataSize(bytes: number): string {
  const [value, unit] = bytes < 1_000 ? [bytes, "bytes"] : bytes < 995_000 ? [bytes / 1_000, "KB"] : [bytes / MILLION, "MB"];
  return `${format(value, { maximumSignificantDigits: 2 })} ${unit}`;
}

/** One digit that counts: "0.3", "40", "2,000". */
export function roughly(value: number): string {
  return format(value, { maximumSignificantDigits: 1 });
}

export function percent(share: number): string {
  return `${format(Math.round(100 * share), { maximumFractionDigits: 0 })} %`;
}

const DOSE_WORDS: Record<Dose, string> = { 0.1: "a tenth", 0.25: "a quarter", 0.5: "half", 0.9: "most" };

export function doseWord(dose: Dose): string {
  return DOSE_WORDS[dose];
}

/** "half my GPU", "a quarter of my GPU or CPU": the widget's words. */
export function doseOfMine(dose: Dose, lent: "GPU" | "GPU or CPU"): string {
  return `${doseWord(dose)} ${dose === 0.5 ? "my" : "of my"} ${lent}`;
}
