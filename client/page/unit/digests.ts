/** A digest as people compare it, and two of them side by side. */
import { html, nothing, type TemplateResult } from "lit";
import type { Checked } from "../../proof/check.ts";
import { isNear } from "./unit-words.ts";

const GROUP_CHARACTERS = 8;

/** In groups that break into lines, and are copied without them. */
export function digestText(digest: string, mine = false): TemplateResult {
  const groups = digest.match(new RegExp(`.{1,${GROUP_CHARACTERS}}`, "g")) ?? [];
  return html`<code class="digest">${groups.map((group) => (mine ? html`<mark class="mine">${group}</mark><wbr>` : html`<span>${group}</span><wbr>`))}</code>`;
}

/** What is told beside what came out here. `told` empty: nothing is. */
export function sideBySide(told: string, checked: Checked): TemplateResult {
  const { digest, software, told: kept } = checked;
  const same = told === digest;
  const near = isNear(checked);
  const words = same ? "= The same SHA-256" : near ? "≈ Another SHA-256, within the tolerance" : "✕ Another SHA-256";
  const mark = told === "" ? nothing : html`<p class=${same || near ? "alike" : "unlike"} data-testid="verdict">${words}</p>`;
  return html`<div class="digests" data-testid="digests">
    <div><h2>Volunteers</h2>${told === "" ? html`<p>They did not agree.</p>` : digestText(told)}</div>
    <div><h2>Your ${software ? "processor" : "graphics card"}</h2>${digestText(digest, true)}</div>
    ${mark}
    ${
      kept.kind === "forged"
        ? html`<div class="wide"><h2>The bytes that the coordinator gives out</h2>${digestText(kept.digest)}</div>
            <p class="unlike" data-testid="forged">✕ Another SHA-256 than it tells</p>`
        : nothing
    }
  </div>`;
}
