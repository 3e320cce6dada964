/** What must hold of one page: of its units, and of the rows that other tables keep of it. */
import { createHash } from "node:crypto";
import type { JobState } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import { PAGE_UNITS } from "../core/store.ts";
import type { PageUnit } from "./page.ts";
import { Place } from "./records.ts";

export type PageCheck = "results" | "inline" | "open" | "paid" | "escrow" | "outside" | "ended" | "accounts" | "lists";

export interface PageFacts {
  job: number;
  /** The job's. */
  state: JobState;
  /** The job's. */
  units: number;
  page: number;
  packed: boolean;
  /** The job's: what is paid need not be the canonical result. */
  tolerant: boolean;
  failures: { unit: number; at: number }[];
  refusals: { unit: number; account: number }[];
  /** `blob`: 1 when the bytes are in the blob store. */
  results: { unit: number; digest: Uint8Array; blob: number }[];
  accounts: { account: number; page: number }[];
}

/** Tells `note` of each break. */
export function checkPage(facts: PageFacts, units: ReadonlyMap<number, PageUnit>, note: (name: PageCheck, what: string) => void): void {
  const { job, page, packed } = facts;
  const first = page * PAGE_UNITS;
  const rows = new Map(facts.results.map((row) => [`${row.unit} ${toHex(row.digest)}`, row.blob]));
  const seen = { failed: new Set<string>(), refused: new Set<string>(), accounts: new Set<string>() };
  let ended = 0;
  let escrowed = false;
  for (const [slot, unit] of units) {
    const name = `unit ${first + slot} of job ${job}`;
    if (slot >= PAGE_UNITS || first + slot >= facts.units) note("outside", name);
    if (unit.ended) ended++;
    if (unit.ended === "failed") seen.failed.add(`${first + slot} ${unit.at}`);
    for (const { account, outcome } of unit.replicas) {
      seen.accounts.add(`${account} ${page}`);
      if (outcome === "refused") seen.refused.add(`${first + slot} ${account}`);
      if (outcome === "open") escrowed = true;
      if (outcome === "open" && (unit.ended || packed)) note("open", `${name}, account ${account}`);
    }
    checkResults(first + slot, unit, packed, rows, (check) => note(check, name));
    checkPaid(unit, facts.tolerant, name, note);
  }
  if (facts.state === "done" && escrowed) note("escrow", `job ${job}`);
  const size = Math.min(PAGE_UNITS, facts.units - first);
  // What broke off leaves units that nobody computed.
  const whole = packed && facts.state !== "failed" && facts.state !== "cancelled";
  if (whole && ended !== size) note("ended", `page ${page} of job ${job} has ${ended} of ${size}`);
  const say = (what: string) => `page ${page} of job ${job}: ${what}`;
  if (!sameRows(seen.failed, facts.failures, ({ unit, at }) => `${unit} ${at}`)) note("lists", say("failed units"));
  if (!sameRows(seen.refused, facts.refusals, ({ unit, account }) => `${unit} ${account}`)) note("lists", say("refusals"));
  if (!sameRows(seen.accounts, facts.accounts, ({ account, page }) => `${account} ${page}`)) note("accounts", `page ${page} of job ${job}`);
}

/** Every result that the page names is where it says; inline bytes have their digest where it is known. */
function checkResults(
  unit: number,
  { ended, results }: PageUnit,
  packed: boolean,
  rows: ReadonlyMap<string, number>,
  note: (name: PageCheck) => void,
): void {
  if (ended === "final" && (results.length === 0 || (packed && results.length > 1))) note("results");
  for (const { digest, place, bytes } of results) {
    if (place === Place.Inline) {
      if (!bytes) note("results");
      else if (digest && !createHash("sha256").update(bytes).digest().equals(digest)) note("inline");
      continue;
    }
    const blob = digest ? rows.get(`${unit} ${toHex(digest)}`) : undefined;
    if (blob !== (place === Place.Blob ? 1 : 0)) note("results");
  }
}

/** What is paid within a tolerance had its bytes there to compare: they are kept until the page is packed. */
function checkPaid(
  { ended, replicas, results }: PageUnit,
  tolerant: boolean,
  name: string,
  note: (name: PageCheck, what: string) => void,
): void {
  const right = results.slice(0, tolerant ? results.length : 1).map((result) => result.digest);
  let paid = 0;
  for (const { account, outcome, status, digest } of replicas) {
    if (outcome !== "final") continue;
    paid++;
    const other = digest && !right.some((known) => !known || Buffer.compare(digest, known) === 0);
    if (ended !== "final" || status !== "ok" || other) note("paid", `${name}, account ${account}`);
  }
  if (ended === "final" && paid === 0) note("paid", `${name}, nobody`);
}

function sameRows<Row>(expected: ReadonlySet<string>, rows: readonly Row[], nameOf: (row: Row) => string): boolean {
  return rows.length === expected.size && rows.every((row) => expected.has(nameOf(row)));
}
