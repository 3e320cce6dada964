import { html, nothing, type TemplateResult } from "lit";
import type { JobStatus } from "../../shared/api.ts";
import type { HoldReason } from "../donor/manners/policy.ts";
import { ANYWAY, anywayOf } from "./manners/hold-words.ts";
import { count, credit, creditWords, doseOfMine, doseWord, duration, raised } from "./numbers.ts";
import type { Part } from "./part.ts";
import { purposeOf, whoOwns } from "./sections.ts";
import { finalOf, finalOfAll, hasOtherJobs, isLent, mineOf, momentOf, type Situation, timeWord } from "./situation.ts";
import { checkedWords, settledWord } from "./tier-words.ts";
import type { Visit } from "./visit.ts";

/** What the visitor may press, beside what the page itself does. */
export interface StoryActions {
  lend(click: MouseEvent): void;
  lendToNext(click: MouseEvent): void;
  save(): void;
  copyLink(): void;
  showDifference(): void;
  readKernel(job: JobStatus): void;
}

export function partsOf(parts: readonly Part[]): (string | TemplateResult)[] {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    const { mine, href } = part;
    return html`<mark class="mine">${href ? html`<a href=${href} target="_blank" rel="noopener">${mine}</a>` : mine}</mark>`;
  });
}

/** The action that fits the moment, under the lead. */
export function action(visit: Visit, actions: StoryActions, copied: boolean): TemplateResult | typeof nothing {
  const { situation } = visit;
  const moment = momentOf(situation);
  switch (moment.kind) {
    // What comes next has its room already.
    case "loading":
      return html`<div class="ghost" inert>${consent(visit, lendWords(situation), actions.lend)}${terms(situation)}</div>`;
    case "before":
      return html`${consent(visit, lendWords(situation), actions.lend)}${terms(situation)}${gave(situation)}`;
    case "stopped":
      return html`${consent(visit, `Start again with ${doseWord(situation.dose)}`, actions.lend)}${figures(situation)}
        <p class="beside">${saveButton(situation, actions)}</p>`;
    case "ended":
      return html`${next(visit, actions)}<p class="beside">${nextKernel(situation, actions)}</p>`;
    case "no-job":
      return situation.pool === undefined ? nothing : next(visit, actions);
    case "job-done":
      return html`${next(visit, actions)}
        ${figures(situation)}
        <p class="beside">${nextKernel(situation, actions)}${saveButton(situation, actions)}</p>`;
    case "failed":
      return consent(visit, `Try again with ${doseWord(situation.dose)}`, actions.lend);
    case "device-lost":
      return html`${moment.final ? again(visit) : nothing}${figures(situation)}`;
    case "no-webgpu":
      return html`${copyButton(actions, copied)}
        <ul class="terms"><li>Current Chrome, Edge and Safari have it. Firefox has it on Windows and on Macs with Apple silicon.</li>
        <li>On Linux it depends on the graphics card. In Chrome, the address chrome://gpu says how WebGPU stands.</li></ul>`;
    case "no-adapter":
      return situation.wasLost
        ? html`${again(visit)}${figures(situation)}`
        : html`${copyButton(actions, copied)}
        <ul class="terms"><li>In Chrome, the address chrome://gpu says how WebGPU stands.</li>${situation.allowSoftware ? withProcessor() : nothing}</ul>`;
    case "software-adapter":
      return copyButton(actions, copied);
    case "on-hold":
      return html`${anyway(visit, moment.reason)}${gave(situation)}`;
    case "refused":
      return html`<p class="beside"><button class="plain" type="button" @click=${actions.showDifference}>What differed</button></p>${figures(situation)}`;
    case "waiting":
      return html`${otherJobs(situation)}${figures(situation)}`;
    case "starting":
    case "running":
    case "offline":
    case "another-version":
    case "another-tab":
      return isLent(situation) ? figures(situation) : nothing;
    case "unreachable":
    case "unknown-job":
    case "paused":
    case "not-begun":
    case "insecure":
    case "endless":
      return nothing;
    default:
      return moment satisfies never;
  }
}

/** What comes after the shown job, said before the click. Members of a pool may lend before there is a job: it is for them that it comes. */
function next(visit: Visit, actions: StoryActions): TemplateResult | typeof nothing {
  const { situation } = visit;
  const { nextJob, dose } = situation;
  const agreed = isLent(situation) ? nothing : terms({ ...situation, chosenJob: 0 });
  if (nextJob)
    return html`${nextUp(nextJob, visit)}${consent(visit, `Lend ${doseWord(dose)} to the next job`, actions.lendToNext)}${agreed}`;
  if (situation.pool === undefined || isLent(situation)) return nothing;
  return html`${consent(visit, `Lend ${doseWord(dose)} when a job comes`, actions.lendToNext)}${agreed}`;
}

/** As much of the next job as the label tells of the shown one. */
function nextUp(job: JobStatus, { network }: Visit): TemplateResult {
  return html`<p class="next" data-testid="next">Next: <strong>${raised(job.title)}</strong>${job.for ? ` for ${purposeOf(job)}` : ""}.
    <span>By ${whoOwns(job.owner, network)}; ${checkedWords(job)}.</span></p>`;
}

function nextKernel({ nextJob }: Situation, actions: StoryActions): TemplateResult | typeof nothing {
  if (!nextJob) return nothing;
  return html`<button class="plain" type="button" @click=${() => actions.readKernel(nextJob)}>Read the next kernel</button>`;
}

/** Who came for one job, and has nothing to do in it, is told where others are. */
function otherJobs(situation: Situation): TemplateResult | typeof nothing {
  if (!hasOtherJobs(situation)) return nothing;
  return html`<p class="beside"><a class="elsewhere" href="#jobs-title">Other jobs that need volunteers</a></p>`;
}

/** After what ended a run by itself. */
function again(visit: Visit): TemplateResult {
  return html`<div class="consent"><button class="lend" type="button" data-testid="lend" @click=${() => void visit.retry()}>Try again with ${doseWord(visit.situation.dose)}</button></div>`;
}

/** What the visitor may say to a hold. */
function anyway(visit: Visit, reason: HoldReason): TemplateResult | typeof nothing {
  const may = anywayOf(reason);
  if (!may) return nothing;
  return html`<p class="beside"><button class="plain" type="button" data-testid="anyway" @click=${() => visit.say(may)}>${ANYWAY[may]}</button></p>`;
}

/** Before consent nobody may ask which of the two would compute. */
function lendWords({ dose, allowSoftware }: Situation): string {
  return `Lend ${doseOfMine(dose, allowSoftware ? "GPU or CPU" : "GPU")}`;
}

function consent(visit: Visit, words: string, start: (click: MouseEvent) => void): TemplateResult {
  const button = html`<button class="lend" type="button" data-testid="lend" @click=${start}>${words}</button>`;
  // The dock has the doses already.
  if (isLent(visit.situation)) return html`<div class="consent">${button}</div>`;
  const less = visit.doseBeside(-1);
  const more = visit.doseBeside(1);
  return html`<div class="consent">
    ${button}
    <div class="dose" role="group" aria-label="How much to lend">
      <button type="button" aria-label=${less ? `Less: lend ${doseWord(less)}` : "Less: this is the least"}
        aria-disabled=${less ? "false" : "true"} @click=${() => visit.turn(-1)}>Less</button>
      <button type="button" aria-label=${more ? `More: lend ${doseWord(more)}` : "More: this is the most"}
        aria-disabled=${more ? "false" : "true"} @click=${() => visit.turn(1)}>More</button>
    </div>
  </div>`;
}

/** Where the network takes processors and the browser gives pages none. */
const withProcessor =
  () => html`<li>Your processor lends with ${typed(`idlewave donate --software --url ${location.origin}`)} (<a href="/your-job">how to get it</a>), or in Chromium started with
  ${typed("--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader")}.</li>`;

/** What is to be typed breaks between its words alone: one inside a dash would be copied wrong. */
const typed = (text: string) => html`<code>${text.split(" ").map((word, at) => html`${at > 0 ? " " : ""}<span>${word}</span>`)}</code>`;

const terms = ({ saveData, chosenJob }: Situation) => html`<ul class="terms">
  <li>Runs only in this tab, only after you press${chosenJob > 0 ? " the button" : ": this job, then others"}.</li>
  <li>${saveData ? "You asked to save data: it waits until you say so once more." : "Steps aside while you scroll or type on this page."}</li>
  <li>One click stops it. No account, no coin, no ads.</li>
</ul>`;

function copyButton(actions: StoryActions, copied: boolean): TemplateResult {
  return html`<p class="beside"><button class="plain" type="button" @click=${actions.copyLink}>${copied ? "Copied" : "Copy link for another browser"}</button></p>`;
}

/** Nothing is worth keeping of a picture in which nothing is verified, or of a job that is none. */
function saveButton(situation: Situation, actions: StoryActions): TemplateResult | typeof nothing {
  if (!situation.job || !situation.seen || finalOf(situation) === 0 || (situation.job.noun || "picture") !== "picture") return nothing;
  return html`<button class="plain" type="button" @click=${actions.save}>${mineOf(situation) > 0 ? "Save my picture" : "Save the picture"}</button>`;
}

/** What was given and what it is worth: of this key, in all jobs. While something is lent their room is kept from the click on, so that nothing moves when they come. */
function figures(situation: Situation): TemplateResult | typeof nothing {
  const { donor } = situation;
  const list = gave(situation, (caption) => html`<a href="#credit">${caption}</a>`);
  if (list === nothing || situation.pool !== undefined) return list;
  return html`${list}
    <p class=${gaveNothing(situation) ? "keep ghost" : "keep"} id="credit" tabindex="-1">
      ${donor?.persisted ? "This credit belongs to a key that this browser keeps." : "This credit belongs to a key in this browser."}
      Credit counts verified work, signed in batches; it is no money. Clearing this site's data loses it. <a href="/privacy">What is kept, and how to be forgotten</a>
    </p>`;
}

function gaveNothing({ donor }: Situation): boolean {
  return !donor || (donor.units.submitted === 0 && donor.gpuSeconds === 0);
}

/** The figures alone. `explained`: the caption of credit, where something says what that is. */
function gave(situation: Situation, explained: (caption: string) => unknown = (caption) => caption): TemplateResult | typeof nothing {
  const { donor } = situation;
  const final = finalOfAll(situation);
  const gpuSeconds = donor?.gpuSeconds ?? 0;
  const credits = donor?.credit ?? { escrow: 0, final: 0 };
  const unverified = donor ? donor.units.submitted - donor.units.final - donor.units.refused : 0;
  const none = gaveNothing(situation);
  if (none && !isLent(situation)) return nothing;
  // The headline counts those of the shown job.
  const verified = final !== mineOf(situation) ? "units, all jobs" : `${final === 1 ? "unit" : "units"} ${settledWord(situation.job)}`;
  return html`<dl class=${none ? "figures ghost" : "figures"}>
      <div><dt>${verified}</dt><dd>${count(final)}</dd></div>
      <div><dt>${timeWord(situation)}</dt><dd>${measured(duration(gpuSeconds))}</dd></div>
      ${situation.pool === undefined ? html`<div><dt>${explained(creditWords(credits.escrow, unverified))}</dt><dd>${credit(credits.final)}</dd></div>` : nothing}
    </dl>`;
}

/** "6 min 12 s" with thin units. */
function measured(text: string): TemplateResult[] {
  return text.split(" ").map((word) => (/\d/.test(word) ? html`<b>${word}</b> ` : html`<small>${word}</small> `));
}
