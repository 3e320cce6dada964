/** What lies below the first screen: how squares get their colour, what the page does and never does, who runs it. */
import { html, nothing, svg, type TemplateResult } from "lit";
import type { JobStatus, NetworkInfo } from "../../shared/api.ts";
import { RAMPS, rampColour } from "../../shared/ramp.ts";
import { unitAddress } from "../../shared/unit-address.ts";
import { waitsFor } from "../../shared/waits-for.ts";
import { fullStop } from "./full-stop.ts";
import { capitalised, dataSize, raised } from "./numbers.ts";
import { servedPool } from "./pool.ts";
import { agreeWords, checkedWords, settledWord } from "./tier-words.ts";

const MINI_COLUMNS = 5;
const MINI_ROWS = 3;
const MINI_SIDE = 24;
const MIDDLE = 7;
/** Squares that the mini plates leave empty. */
const HOLES = [3, 9, 11];

export function howColoured(job: JobStatus | null, allowSoftware: boolean): TemplateResult {
  const noun = job?.noun || "picture";
  const [card, cards] = allowSoftware ? ["GPU or CPU", "GPUs or CPUs"] : ["graphics card", "graphics cards"];
  const quorum = job?.verification.quorum ?? 2;
  const [one, many] = job?.pool ? ["another member's", "other members'"] : ["a stranger's", "strangers'"];
  const same = quorum === 2 ? `${one} ${card} gets the same bytes` : `${many} ${cards} get the same bytes`;
  const alone = job?.verification.tier === "trusted" ? "the coordinator has it" : "the coordinator has checked it";
  const until = quorum === 1 ? alone : same;
  return html`<section class="below" aria-labelledby="colour-title">
    <h2 id="colour-title">How a square gets its colour</h2>
    <ol class="steps">
      <li>${mini("missing")}<strong>Missing</strong><p>${capitalised(unsettled(job))}.</p></li>
      <li>${mini("running")}<strong>Running</strong><p>Yours fills as its slices are done. A dot is a unit handed out to somebody, who may begin it later.</p></li>
      <li>${mini("waiting")}<strong>Waiting</strong><p>Yours is done. It stays hatched until ${until}.</p></li>
      <li>${mini("yours")}<strong>Yours</strong><p>${capitalised(settledWord(job))}. ${noun === "picture" ? "It stays in the picture" : `What it found stays in the ${noun}`} for good, and here it is printed in yellow.</p></li>
    </ol>
  </section>`;
}

/** What an empty square is. Which units have an answer already is not told: whoever lies looks for those (docs/trust.md). */
function unsettled(job: JobStatus | null): string {
  if (job && settledWord(job) === "computed") return "nobody has computed this unit yet: the square is empty";
  return `not verified yet: nobody has computed it, or it waits for ${waitsFor(job, "a second volunteer")}`;
}

function mini(state: "missing" | "running" | "waiting" | "yours") {
  const squares = [];
  for (let square = 0; square < MINI_COLUMNS * MINI_ROWS; square++) {
    const x = (square % MINI_COLUMNS) * MINI_SIDE;
    const y = Math.floor(square / MINI_COLUMNS) * MINI_SIDE;
    if (square === MIDDLE) squares.push(middle(state, x, y));
    else if (HOLES.includes(square)) squares.push(hole(x, y));
    else squares.push(printed(square, x, y));
  }
  return svg`<svg class="mini" viewBox="0 0 ${MINI_COLUMNS * MINI_SIDE} ${MINI_ROWS * MINI_SIDE}" aria-hidden="true" shape-rendering="crispEdges">${squares}</svg>`;
}

function hole(x: number, y: number) {
  return svg`<path class="mini-hair" d=${`M${x} ${y}h${MINI_SIDE}v1h-${MINI_SIDE}zM${x} ${y}h1v${MINI_SIDE}h-1z`}/>`;
}

/** A made-up tile: two tones on the diagonal, so that it reads as a picture and not as a chart. */
function printed(square: number, x: number, y: number) {
  const half = MINI_SIDE / 2;
  return [0, 1, 2, 3].map((part) => {
    const step = (square * 37 + part * 29 + (part === 2 ? 40 : 0)) % 190;
    return svg`<rect class="mini-light" fill=${hex(RAMPS.seaLight, step)} x=${x + (part % 2) * half} y=${y + Math.floor(part / 2) * half} width=${half} height=${half}/>
      <rect class="mini-dark" fill=${hex(RAMPS.seaDark, step)} x=${x + (part % 2) * half} y=${y + Math.floor(part / 2) * half} width=${half} height=${half}/>`;
  });
}

function middle(state: "missing" | "running" | "waiting" | "yours", x: number, y: number) {
  const side = MINI_SIDE;
  switch (state) {
    case "missing":
      return hole(x, y);
    case "running":
      return svg`<rect class="mini-lent" x=${x} y=${y} width=${side} height=${0.6 * side}/>
        <rect class="mini-ring mini-dark" x=${x + 3} y=${y + 3} width=${side - 6} height=${side - 6}/>
        <rect class="mini-frame" x=${x + 1} y=${y + 1} width=${side - 2} height=${side - 2}/>`;
    case "waiting":
      return svg`<rect class="mini-lent" x=${x} y=${y} width=${side} height=${side}/>
        <path class="mini-hatch" shape-rendering="auto" d=${[6, 12, 18, 24].map((at) => `M${x} ${y + at}L${x + at} ${y}`).join("")}/>
        <path class="mini-hatch" shape-rendering="auto" d=${[6, 12, 18].map((at) => `M${x + at} ${y + side}L${x + side} ${y + at}`).join("")}/>`;
    case "yours":
      return [0, 1, 2, 3].map(
        (part) =>
          svg`<rect class=${`mini-yours-${part}`} x=${x + (part % 2) * (side / 2)} y=${y + Math.floor(part / 2) * (side / 2)} width=${side / 2} height=${side / 2}/>`,
      );
    default:
      return state satisfies never;
  }
}

function hex(ramp: Uint8Array, step: number): string {
  return `#${rampColour(ramp, step)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")}`;
}

/** A description longer than this, in characters or lines, is scrolled in. */
const LONG = { characters: 600, lines: 8 };

/** What the shown job computes and why, in its owner's words, and what goes over the network for it. */
export function whatIsComputed(job: JobStatus | null): TemplateResult | typeof nothing {
  if (!job) return nothing;
  const description = job.description || `${job.title}${job.for ? ` for ${purposeOf(job)}` : ""}. Its owner says no more of it.`;
  const isLong = description.length > LONG.characters || description.split("\n").length > LONG.lines;
  return html`<section class="below" id="computed" aria-labelledby="computed-title">
    <h2 id="computed-title">What is computed</h2>
    <p class="measure description" tabindex=${isLong ? 0 : nothing}>${raised(description)}</p>
    <p class="measure traffic">Downloaded once: the kernel and its data. Sent back: at most ${dataSize(job.resultBytes)} a unit.${takenWords(job)}</p>
  </section>`;
}

function takenWords({ gpuHours, maxGpuHours }: JobStatus): string {
  if (maxGpuHours === null) return "";
  return ` It may take ${gpuHoursWords(maxGpuHours)} of GPU time, and has taken ${gpuHoursWords(gpuHours)}: all answers, and what the coordinator checked itself.`;
}

function gpuHoursWords(hours: number): string {
  return `${Number(hours.toPrecision(3)).toLocaleString("en")} hour${hours === 1 ? "" : "s"}`;
}

export function promises(allowSoftware: boolean): TemplateResult {
  return html`<section class="below two">
    <div>
      <h2>What it does</h2>
      <ul class="list">
        <li>Runs one ${servedPool() ? "kernel of the pool's owner" : "public kernel"} at a time on your graphics card (GPU)${allowSoftware ? ", or on your processor (CPU) where there is none and the browser can" : ""}, in this tab, after your click.</li>
        <li>Lends at most the share of its time that you chose: half is every other moment, on average over a second or a whole unit.</li>
        <li>Steps aside while you move the pointer, scroll or type on this page.</li>
        <li>Goes on while this tab is hidden, with a quarter at most, with another job of this network when the one you came to has nothing left for you (unless its link was for that job alone), and when you follow a link to another job here. Stop ends it, and so does closing, reloading or leaving the page.</li>
        <li>Sends results under a key that this browser made. It has no name on it.</li>
        <li>Keeps what is finished when the connection breaks, and sends it later.</li>
      </ul>
    </div>
    <div>
      <h2>What it never does</h2>
      <ul class="list">
        <li>Start by itself, or go on after Stop or after you close the tab.</li>
        <li>Compute for a coin. There is none, and nothing here is paid.</li>
        <li>Show ads, follow you elsewhere, or tell others who you are.</li>
        <li>Read your files, your camera or your other tabs.</li>
        <li>Run what nobody can read: every kernel is one click away.</li>
      </ul>
    </div>
  </section>`;
}

/** `job`: null where none is shown. */
export function howChecked(job: JobStatus | null): TemplateResult {
  const how = job ? checkedWords(job) : "each unit is computed by volunteers who don't know each other";
  return html`<section class="below" id="checked" aria-labelledby="checked-title">
    <h2 id="checked-title">How results are checked</h2>
    <p class="measure">${capitalised(how)}. ${job?.pool ? "What is computed in a pool earns no credit." : agreeWords(job)} ${job?.verification.limits}</p>
    ${job ? html`<p class="measure"><a href=${unitAddress(job)} target="_blank" rel="noopener">Check any unit yourself</a>, or click its square.</p>` : nothing}
  </section>`;
}

/** The name that a coordinator has where nobody gave it one. */
const USUAL_NAME = "Idlewave";

/** What this network is called, empty where nobody named it. */
export function nameOf(network: NetworkInfo | null): string {
  return network && network.name !== USUAL_NAME && network.name !== UNSET ? network.name : "";
}

/** Which pool the page is for, and the way out of it; nothing where it is everybody's. */
export function poolHead(leave: () => void): TemplateResult | typeof nothing {
  const pool = servedPool();
  if (!pool) return nothing;
  return html`<p class="network">For ${pool.name}</p>
    <button class="plain" type="button" data-testid="leave-pool" @click=${leave}>Leave</button>`;
}

export function closing(network: NetworkInfo | null): TemplateResult {
  return html`<footer class="below">
    <nav aria-label="More">
      <a href="#checked">How results are checked</a>
      <a href="/your-site">Put it on your site</a>
      <a href="/supported-by">Supported by</a>
      <a href="/your-job">Run your own job</a>
      <a href="/not-a-miner">Why this is not a miner</a>
      <a href="/privacy">What is kept</a>
      <a href="/account">Your account</a>
      <a href="/bench">Measure your graphics card</a>
      ${network?.source.startsWith("https://") ? html`<a href=${network.source}>Source</a>` : nothing}
    </nav>
    ${network ? html`<p>${whoRuns(network)}</p>` : nothing}
  </footer>`;
}

/** What a coordinator says of itself where nobody configured it. */
const UNSET = "not stated";

/** The name that a coordinator gives the token it makes on its first start. */
const FIRST_TOKEN = "admin";

/** What a job is for, inside a sentence: "An open atlas" begins small there. */
export function purposeOf(job: JobStatus): string {
  return raised(job.for).replace(/^(An?|The|Whoever|Everybody) /, (word) => word.toLowerCase());
}

/** Whose job it is, in a visitor's words. */
export function whoOwns(owner: string, network: NetworkInfo | null): string {
  if (owner !== FIRST_TOKEN) return owner;
  return network && network.operator !== UNSET ? network.operator : "whoever runs this network";
}

/** Who runs the network, what for and how to reach them, as far as they said so. */
export function whoRuns(network: NetworkInfo): string {
  const [operator, purpose, contact] = [network.operator, network.purpose, network.contact].map((text) => (text === UNSET ? "" : text));
  const who = operator ? `Run by ${operator}` : "Whoever runs this network has not said who they are";
  return [fullStop(who), fullStop(purpose ?? ""), contact].filter(Boolean).join(" ");
}
