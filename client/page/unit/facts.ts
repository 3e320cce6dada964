/** What is known of a unit, in plain words: its job, how it was checked, its digest, who computed it, what went in. */
import { html, nothing, type TemplateResult } from "lit";
import type { Unit } from "../../../shared/unit.ts";
import { jobAddress } from "../job-address.ts";
import { capitalised, count, raised, timeOf, whole } from "../numbers.ts";
import { purposeOf, whoOwns } from "../sections.ts";
import { checkedWords } from "../tier-words.ts";
import { digestText } from "./digests.ts";
import type { Found } from "./lookup.ts";
import { outcomeWords, ruleWords } from "./unit-words.ts";

/** Of a digest where whole ones have no room. */
const SHOWN_CHARACTERS = 8;

/** `mine`: digest of the reader's own result, empty before there is one. */
export function facts({ job, unit, network }: Found, mine: string, readKernel: () => void): TemplateResult {
  const isPublic = job.pool === undefined;
  return html`<section aria-labelledby="known-title">
    <h2 id="known-title">What is known of it</h2>
    <dl class="facts">
      <dt>Job</dt>
      <dd><a href=${jobAddress(job)}>${raised(job.title)}</a>${job.for ? ` for ${purposeOf(job)}` : ""}. By ${whoOwns(job.owner, network)}.</dd>
      <dt>Unit</dt>
      <dd>Number ${whole(unit.unit)} of ${whole(job.units.total)}, the first is 0.</dd>
      <dt>How this job is checked</dt>
      <dd>${capitalised(checkedWords(job))}. <a href=${`${jobAddress(job)}#checked`}>What that does not protect from</a></dd>
      ${unit.state === "final" ? html`<dt>Why this unit counts</dt><dd>${ruleWords(unit, job)}</dd>` : nothing}
      ${unit.endedAt ? html`<dt>${unit.state === "final" ? "Final since" : "Ended"}</dt><dd><time datetime=${unit.endedAt}>${timeOf(unit.endedAt)}</time></dd>` : nothing}
      ${unit.digest ? html`<dt>SHA-256 of its result</dt><dd>${digestText(unit.digest)}</dd>` : nothing}
      <dt>To read</dt>
      <dd class="reads">
        <button class="plain" type="button" @click=${readKernel}>Read the kernel</button>
        ${unit.digest && isPublic ? html`<a href=${`/api/jobs/${job.id}/units/${unit.unit}/bytes`} download=${`${job.name}-${unit.unit}.bin`}>Its result, ${whole(unit.resultBytes)} bytes</a>` : nothing}
        ${isPublic ? html`<a href=${`/blobs/${unit.plan}`} download=${`${job.name}-plan.json`}>Its plan</a>` : nothing}
      </dd>
    </dl>
  </section>
  ${who(unit, mine, job.verification.compare === "exact" ? "✕ another" : "other bytes")} ${inputs(unit)}`;
}

/** `another`: words for other bytes than the reader's. */
function who({ replicas }: Unit, mine: string, another: string): TemplateResult | typeof nothing {
  if (replicas.length === 0) return nothing;
  return html`<section aria-labelledby="who-title">
    <h2 id="who-title">Who computed it</h2>
    <p>By the first digits of their keys, in the order they answered. Nobody here has a name.</p>
    <table class="who">
      <thead><tr><th scope="col">Key</th><th scope="col">Outcome</th><th scope="col">SHA-256 begins</th>${mine ? html`<th scope="col">Beside yours</th>` : nothing}</tr></thead>
      <tbody>
        ${replicas.map(
          (replica) => html`<tr>
            <th scope="row"><code>${replica.volunteer}</code></th>
            <td>${outcomeWords(replica)}</td>
            <td>${replica.digest ? html`<code>${replica.digest.slice(0, SHOWN_CHARACTERS)}</code>` : replica.ran ? "not kept" : "it did not run"}</td>
            ${mine ? html`<td>${replica.digest ? (replica.digest === mine ? "the same" : another) : "–"}</td>` : nothing}
          </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function inputs({ inputs: given, inputCount }: Unit): TemplateResult | typeof nothing {
  if (inputCount === 0) return nothing;
  const more = inputCount > given.length ? html`<p>These are the first of ${count(inputCount)}.</p>` : nothing;
  return html`<section aria-labelledby="inputs-title">
    <h2 id="inputs-title">What goes into it</h2>
    <p>Numbers that are written into the kernel's bindings for it, and the byte at which each stands.</p>
    <div class="inputs" tabindex="0" role="group" aria-labelledby="inputs-title">
      <table>
        <thead><tr><th scope="col">Binding</th><th scope="col">Byte</th><th scope="col">Type</th><th scope="col">Value</th></tr></thead>
        <tbody>${given.map(({ binding, offset, type, value }) => html`<tr><th scope="row"><code>${binding}</code></th><td>${offset}</td><td>${type}</td><td>${value}</td></tr>`)}</tbody>
      </table>
    </div>
    ${more}
  </section>`;
}
