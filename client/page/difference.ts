/** What differed where the visitor's bytes were refused, in words and by its digests. */
import { html, type TemplateResult } from "lit";
import type { Static } from "typebox";
import type { JobStatus, RefusedListSchema, RefusedReplica } from "../../shared/api.ts";
import { type Addressed, unitAddress } from "../../shared/unit-address.ts";
import { asked } from "./asked.ts";
import { capitalised, count, whole } from "./numbers.ts";
import type { deviceOf } from "./situation.ts";
import { whoDiffered } from "./tier-words.ts";

/** One refused unit; both are SHA-256 in hexadecimal. */
export interface Differing {
  unit: number;
  mine: string;
  theirs: string;
}

/** The API names an account by so many digits of its key. */
const KEY_DIGITS = 12;
/** Units that are listed. */
export const MAX_LISTED = 20;

/** The unit and the visitor's other ones of the job that were refused; `publicKey`: theirs. Rejects with why they are not known, in words for the visitor. */
export async function differingUnits(job: number, unit: number, publicKey: string): Promise<Differing[]> {
  const { refused } = await asked<Static<typeof RefusedListSchema>>(`/api/jobs/${job}/refused`);
  const units = differingOf(refused, unit, publicKey);
  if (units.length === 0) throw new Error("The coordinator has no record of this unit any more.");
  return units;
}

/** The unit first; none when the visitor's replica of it is not among those refused. */
export function differingOf(refused: readonly RefusedReplica[], unit: number, publicKey: string): Differing[] {
  const volunteer = publicKey.slice(0, KEY_DIGITS);
  const own = refused.filter((each) => each.volunteer === volunteer);
  const found = own.find((each) => each.unit === unit);
  if (!found) return [];
  const all = [found, ...own.filter((each) => each.unit !== unit)].slice(0, MAX_LISTED);
  return all.map(({ unit: of, digest, canonical }) => ({ unit: of, mine: digest, theirs: canonical }));
}

export function differenceTitle(units: readonly Differing[]): string {
  return units.length === 1 ? `What differed in unit ${whole(units[0]?.unit ?? 0)}` : `What differed in ${count(units.length)} units`;
}

/** What it means, and what to do. */
export function differenceWords(units: readonly Differing[], job: JobStatus | null, device: ReturnType<typeof deviceOf>): string[] {
  const one = units.length === 1;
  const list = new Intl.ListFormat("en").format(units.map(({ unit }) => whole(unit)));
  const [causes, newer] =
    device === "processor"
      ? ["An old browser can cause this, or faulty memory, or a processor that is overclocked or too hot.", "the browser"]
      : ["An old driver or browser can cause this, or a card that is overclocked, too hot or faulty.", "the driver and the browser"];
  const then = one
    ? "If it happens again, please stop lending on this device."
    : "It happened more than once: please stop lending on this device until you know why.";
  const link = one
    ? "The unit's link leads to a page on which you can compute it once more."
    : "The units' links lead to pages on which you can compute them once more.";
  return [
    `Your ${device} computed ${one ? "unit" : "units"} ${list}. ${capitalised(whoDiffered(job))} got other bytes from the same kernel and the same data. Theirs ${one ? "is the result" : "are the results"}; yours ${one ? "gives" : "give"} no credit.`,
    `${causes} Update ${newer}. ${then} ${link}`,
  ];
}

/** `job`: its number, and its pool's. */
export function differenceDigests(units: readonly Differing[], job: Addressed): TemplateResult {
  return html`<dl class="reader-text difference">
    ${units.map(
      ({ unit, mine, theirs }) =>
        html`<dt><a href=${unitAddress(job, unit)} target="_blank" rel="noopener">Unit ${whole(unit)}</a>: SHA-256 of your bytes</dt><dd>${mine}</dd>
          <dt>Unit ${whole(unit)}: SHA-256 of the result</dt><dd>${theirs}</dd>`,
    )}
  </dl>`;
}
