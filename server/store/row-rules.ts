/**
 * What rows of sites and accounts hold where this program wrote them. A database that was handed over may hold anything else:
 * numbers are judged in SQL, because the driver refuses to read those beyond a JavaScript number's.
 */
import { hiddenIn } from "../../shared/plain.ts";
import { MAX_SITE_NAME, siteOrigin } from "../../shared/site.ts";
import { hourOf } from "../core/site-store.ts";

/** A column, what its numbers are, and between which they lie, both included. */
export interface Rule {
  column: string;
  least: number;
  most: number;
}

/** The last whose year has four digits, ms. */
const LAST_TIME = Date.UTC(10_000, 0) - 1;
const counts = (column: string): Rule => ({ column, least: 0, most: Number.MAX_SAFE_INTEGER });
const times = (column: string): Rule => ({ column, least: 0, most: LAST_TIME });
/** Sums of credit that was taken back may end a little below zero. */
const credits = (column: string): Rule => ({ column, least: -1e-6, most: Number.MAX_VALUE });

export const SITE_RULES: readonly Rule[] = [
  { column: "id", least: 1, most: Number.MAX_SAFE_INTEGER },
  ...["created_at", "off_at", "counted_from"].map(times),
  ...["units", "units_before"].map(counts),
  { column: "hour", least: 0, most: hourOf(LAST_TIME) },
  ...["credit", "credit_before"].map((column) => ({ column, least: 0, most: Number.MAX_VALUE })),
];
export const ACCOUNT_RULES: readonly Rule[] = [
  { column: "id", least: 1, most: Number.MAX_SAFE_INTEGER },
  ...["created_at", "forgotten_at", "proven_at"].map(times),
  ...["units_submitted", "units_final", "units_refused", "gpu_micros", "audits_passed", "proven_wrong"].map(counts),
  ...["credit_escrow", "credit_final"].map(credits),
];

/** SQL that is true of a number in its range, and of NULL: the tables say where there is none. */
export function inRange({ column, least, most }: Rule): string {
  return `(${column} IS NULL OR ${column} BETWEEN ${least} AND ${most})`;
}

/** SQL that is true of rows whose numbers all lie in their ranges. */
export function allInRange(rules: readonly Rule[]): string {
  return rules.map(inRange).join(" AND ");
}

/** SQL that is true of a key as 64 lower-case hexadecimal digits, and of an account that was forgotten. */
export const KEY_STANDS = "(public_key IS NULL OR (length(public_key) = 64 AND public_key NOT GLOB '*[^0-9a-f]*'))";

/** What a site's texts break; undefined when they are such as `site add` takes. */
export function siteTextFault({ origin, name }: { origin: string; name: string }): string | undefined {
  const site = siteOrigin(origin);
  if ("why" in site) return `its origin is none. ${site.why}`;
  if (site.origin !== origin) return `its origin is not written as a browser writes it, ${site.origin}`;
  if (name === new URL(origin).host) return undefined;
  const hidden = hiddenIn(name);
  if (hidden) return `its name has ${hidden.name}, which cannot be seen`;
  const length = [...name].length;
  if (length < 1 || length > MAX_SITE_NAME) return `its name has ${length} characters, not 1 to ${MAX_SITE_NAME}`;
  return undefined;
}
