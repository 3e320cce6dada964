/** Which of our languages the reader gets. */
import { ar } from "./words/ar.ts";
import { de } from "./words/de.ts";
import { en, type Words } from "./words/en.ts";
import { es } from "./words/es.ts";
import { fr } from "./words/fr.ts";
import { pt } from "./words/pt.ts";

const LANGUAGES: Record<string, Words> = { en, de, fr, es, pt, ar };
const RIGHT_TO_LEFT = ["ar"];

export interface Language {
  code: string;
  direction: "ltr" | "rtl";
  words: Words;
}

/** The first of the wished languages that we have (`de-AT` is German), else English. */
export function languageFor(wished: readonly string[]): Language {
  const code = wished.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find((base) => Object.hasOwn(LANGUAGES, base)) ?? "en";
  return { code, direction: RIGHT_TO_LEFT.includes(code) ? "rtl" : "ltr", words: LANGUAGES[code] ?? en };
}
