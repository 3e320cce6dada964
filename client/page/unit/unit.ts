/** The page `/unit`: what is known of one unit, and the reader's own check of it, after a click and never before. */
import { html, nothing, type TemplateResult } from "lit";
import type { JobStatus } from "../../../shared/api.ts";
import { readUnitAddress, unitAddress } from "../../../shared/unit-address.ts";
import type { KernelView } from "../kernel.ts";
import { LightElement } from "../light.ts";
import "../kernel.ts";
import type { Words } from "../part.ts";
import { openPool, passHeaders } from "../pool.ts";
import { partsOf } from "../story.ts";
import { sideBySide } from "./digests.ts";
import { facts } from "./facts.ts";
import { type Absent, type Found, type Lookup, lookUp } from "./lookup.ts";
import { type Run, Runner } from "./runner.ts";
import { absentWords, type Device, doubts, isNear, titleOf, wordsOf } from "./unit-words.ts";

/** As many squares as the bar has; each is a part of the unit that is done. */
const SQUARES = 20;

class UnitView extends LightElement {
  static override properties = { lookup: { state: true }, run: { state: true } };
  declare lookup: Lookup | null;
  declare run: Run;
  private readonly runner = new Runner((run) => {
    this.run = run;
  });
  /** The reader said that their processor may do it. */
  private allowSoftware = false;

  constructor() {
    super();
    this.lookup = null;
    this.run = { kind: "idle" };
    void this.look();
  }

  protected override render() {
    const { lookup } = this;
    this.dataset.state = lookup === null ? "loading" : lookup.kind === "found" ? `${lookup.unit.state} ${this.run.kind}` : lookup.kind;
    if (lookup === null) return html`<h1 tabindex="-1">Looking it up.</h1>`;
    return lookup.kind === "found" ? this.found(lookup) : this.absent(lookup);
  }

  private absent(absent: Absent): TemplateResult {
    const again = html`<p class="beside"><button class="plain" type="button" data-testid="again" @click=${() => void this.look()}>Try again</button></p>`;
    return html`${head(absentWords(absent))} ${absent.kind === "unreachable" ? again : asking(absent.kind === "no-job" ? null : absent.job, "Unit")}
      <p><a href="/">See what volunteers compute here</a></p>`;
  }

  private found(found: Found): TemplateResult {
    const { run } = this;
    const mine = run.kind === "checked" ? run.digest : "";
    const readKernel = () => void this.querySelector<KernelView>("idlewave-kernel")?.show(found.job);
    const words = wordsOf(found, run, this.allowSoftware ? "processor" : "graphics card");
    return html`${head(words)}
      ${run.kind === "checked" ? html`${sideBySide(found.unit.digest, run)}${differs(found, run) ? html`<ul class="doubts">${doubts(found.job, run).map((doubt) => html`<li>${doubt}</li>`)}</ul>` : nothing}` : nothing}
      ${this.action(found)} ${facts(found, mine, readKernel)}
      ${asking(found.job, "Another unit of this job")}
      <idlewave-kernel></idlewave-kernel>`;
  }

  private action(found: Found): TemplateResult | typeof nothing {
    const { unit } = found;
    const { run } = this;
    const begin = (words: string) =>
      html`<p><button class="lend check" type="button" data-testid="check" @click=${() => void this.check(found)}>${words}</button></p>`;
    switch (run.kind) {
      case "idle":
        if (unit.state === "open")
          return html`<p class="beside"><button class="plain" type="button" data-testid="again" @click=${() => void this.look()}>Look again</button></p>`;
        if (unit.state === "dropped") return nothing;
        return html`${begin(unit.state === "final" ? "Check this result yourself" : "Compute it yourself")}${terms("graphics card")}`;
      case "asked":
      case "fetching":
      case "computing":
        return html`${bar(run.kind === "computing" ? run.share : 0)}
          <p class="beside"><button class="plain" type="button" data-testid="stop" @click=${() => this.stop()}>Stop</button></p>`;
      case "software-adapter":
        return html`${begin(unit.state === "final" ? "Check it on my processor" : "Compute it on my processor")}${terms("processor")}`;
      case "checked":
        return begin("Check once more");
      case "no-webgpu":
      case "insecure":
      case "endless":
        return nothing;
      case "stopped":
      case "no-adapter":
      case "no-input":
      case "device-lost":
      case "no-memory":
      case "unable":
      case "broken":
        return begin("Try again");
      default:
        return run satisfies never;
    }
  }

  private async look(): Promise<void> {
    this.lookup = await lookUp(readUnitAddress(location.search));
    document.title = titleOf(this.lookup) ?? document.title;
  }

  private async check({ unit }: Found): Promise<void> {
    if (this.run.kind === "software-adapter") this.allowSoftware = true;
    if (!isSecureContext) this.run = { kind: "insecure" };
    else if (!("gpu" in navigator)) this.run = { kind: "no-webgpu" };
    else void this.runner.begin({ origin: location.origin, headers: passHeaders(), unit, allowSoftware: this.allowSoftware });
    await this.turnToWords();
  }

  private stop(): void {
    this.runner.stop();
    void this.turnToWords();
  }

  /** After the reader's own click the new h1 has the focus, and can be seen. */
  private async turnToWords(): Promise<void> {
    await this.updateComplete;
    const headline = this.querySelector<HTMLElement>("h1");
    headline?.focus();
    headline?.scrollIntoView({ block: "nearest" });
  }
}

function head({ headline, lead }: Words): TemplateResult {
  return html`<h1 tabindex="-1" aria-live="polite">${partsOf(headline)}</h1><p class="lead">${partsOf(lead)}</p>`;
}

const terms = (device: Device) => html`<ul class="terms">
  <li>Runs only in this tab, only after you press the button. One click stops it.</li>
  <li>Fetches the kernel and what the unit reads, and checks both against their SHA-256. Sends nothing.</li>
  <li>Takes ${device === "processor" ? "all cores of your processor for at most half of the time" : "your graphics card for at most half of the time"}, in short slices if the kernel allows.</li>
</ul>`;

function bar(share: number): TemplateResult {
  const full = Math.floor(share * SQUARES);
  const percent = Math.round(100 * share);
  return html`<div class="bar" role="progressbar" aria-label="Computed" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent} aria-valuetext=${`${percent} %`}>
    ${Array.from({ length: SQUARES }, (_, index) => html`<span class=${index < full ? "full" : ""}></span>`)}
  </div>`;
}

function differs({ unit }: Found, run: Run): boolean {
  return run.kind === "checked" && unit.digest !== "" && run.digest !== unit.digest && !isNear(run);
}

/** For a unit of the job, or of one to be named. */
function asking(job: JobStatus | null, label: string): TemplateResult {
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    const asked = new FormData(event.target as HTMLFormElement);
    location.assign(unitAddress(job ?? { id: Number(asked.get("job")) }, Number(asked.get("unit"))));
  };
  const last = job ? job.units.total - 1 : Number.MAX_SAFE_INTEGER;
  return html`<form class="ask" @submit=${go}>
    ${job ? nothing : html`<label>Job<input name="job" type="number" inputmode="numeric" min="1" required /></label>`}
    <label>${label}<input name="unit" type="number" inputmode="numeric" min="0" max=${last} required /></label>
    <button class="plain" type="submit">Show it</button>
  </form>`;
}

// Before anything is asked of the coordinator.
await openPool();
customElements.define("idlewave-unit", UnitView);
