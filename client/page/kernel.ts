import { html, nothing } from "lit";
import type { JobStatus } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import { MAX_PLAN_BYTES, parsePlan } from "../../shared/plan.ts";
import type { PortabilityReport } from "../../shared/portability.ts";
import { leftOutWords, NO_PAIRS, pairWords } from "../../shared/portability-words.ts";
import { messageOf } from "../../shared/thrown.ts";
import { asked, askedBytes } from "./asked.ts";
import { type Differing, differenceDigests, differenceTitle, differenceWords, differingUnits } from "./difference.ts";
import { LightElement } from "./light.ts";
import { capitalised, raised, whole } from "./numbers.ts";
import { deviceOf, isLent } from "./situation.ts";
import type { Visit } from "./visit.ts";

/** What is shown at most: four times what a kernel may have, for several files as one text. */
const MAX_SOURCE_BYTES = 1024 * 1024;

type Shown =
  | { kind: "nothing" }
  | { kind: "loading"; title: string }
  | { kind: "source"; job: JobStatus; of: "owner" | "plan"; text: string; about: string }
  | { kind: "gpus"; job: JobStatus; report: PortabilityReport }
  | { kind: "difference"; job: number; units: Differing[] }
  | { kind: "fault"; title: string; message: string };

/** A dialog that shows a kernel as its owner wrote it and as it runs, or what differed in a refused unit. */
export class KernelView extends LightElement {
  static override properties = { visit: { attribute: false }, tick: { attribute: false }, shown: { state: true }, copied: { state: true } };
  declare visit: Visit | null;
  /** Changes when the visit did. */
  declare tick: number;
  declare shown: Shown;
  declare copied: boolean;
  private turn = 0;

  constructor() {
    super();
    this.visit = null;
    this.tick = 0;
    this.shown = { kind: "nothing" };
    this.copied = false;
  }

  /** Fetches the source, checks that it has the hash that the job names, and shows it as text. */
  async show(job: JobStatus): Promise<void> {
    const title = titleOf(job);
    await this.open({ kind: "loading", title });
    await this.fetched(title, async () => {
      const bytes = await fetchBlob(job.source, MAX_SOURCE_BYTES);
      const about = `As its owner wrote it.${CAN_CHECK ? " Its SHA-256 is the one that the job names." : ""}`;
      return { kind: "source", job, of: "owner", text: new TextDecoder().decode(bytes), about };
    });
  }

  /** The same with the kernel of the job's plan: what GPUs run. */
  private async showPlan(job: JobStatus): Promise<void> {
    await this.fetched(titleOf(job), async () => {
      const plan = parsePlan(new TextDecoder().decode(await fetchBlob(job.plan, MAX_PLAN_BYTES)));
      const made =
        "whole" in plan.slicing
          ? `As it runs: each dispatch in one piece. ${plan.slicing.whole}`
          : "As it runs: the owner's text, rewritten so that a dispatch can be cut into slices. What was added is at its end.";
      const about = `${made}${CAN_CHECK ? " The SHA-256 of the plan that it is in is the one that the job names." : ""}`;
      return { kind: "source", job, of: "plan", text: plan.kernel, about };
    });
  }

  /** Which kinds of GPUs gave the same results, as volunteers' browsers tell what they have. */
  private async showGpus(job: JobStatus): Promise<void> {
    await this.fetched(titleOf(job), async () => {
      const report = await asked<PortabilityReport>(`/api/jobs/${job.id}/portability`);
      return { kind: "gpus", job, report };
    });
  }

  private async fetched(title: string, fetching: () => Promise<Shown>): Promise<void> {
    const turn = ++this.turn;
    const shown = await fetching().catch((fault): Shown => ({ kind: "fault", title, message: messageOf(fault) }));
    // What comes late is not shown over what was asked for since.
    if (turn !== this.turn) return;
    this.shown = shown;
    this.copied = false;
  }

  /** Shows what differed in a unit, and in others that were refused too. */
  async showDifference(job: number, unit: number): Promise<void> {
    const title = `What differed in unit ${whole(unit)}`;
    await this.open({ kind: "loading", title });
    await this.fetched(title, async () => {
      const units = await differingUnits(job, unit, this.visit?.situation.donor?.publicKey ?? "");
      return { kind: "difference", job, units };
    });
  }

  private async open(shown: Shown): Promise<void> {
    this.shown = shown;
    this.copied = false;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    // Not the first control, which is Stop while something is lent.
    this.querySelector<HTMLElement>(".reader-close")?.focus();
  }

  protected override render() {
    return html`<dialog class="reader" aria-labelledby="reader-title">
      <div class="reader-head">
        <h2 id="reader-title">${this.heading()}</h2>
        ${this.stop()}
        ${this.choices()}
        <button class="plain reader-close" type="button" @click=${() => this.querySelector("dialog")?.close()}>Close</button>
      </div>
      ${this.body()}
    </dialog>`;
  }

  private choices() {
    const { shown } = this;
    if (shown.kind === "gpus")
      return html`<button class="plain" type="button" @click=${() => void this.show(shown.job)}>The kernel</button>`;
    if (shown.kind !== "source") return nothing;
    const { job, of } = shown;
    const gpus = html`<button class="plain" type="button" @click=${() => void this.showGpus(job)}>Which GPUs agree</button>`;
    const other = () => void (of === "owner" ? this.showPlan(job) : this.show(job));
    return html`${gpus}<button class="plain" type="button" @click=${other}>${of === "owner" ? "As it runs" : "As its owner wrote it"}</button>
      <button class="plain" type="button" @click=${() => void this.copy()}>${this.copied ? "Copied" : "Copy"}</button>`;
  }

  /** The dock cannot be reached while the dialog is open. */
  private stop() {
    const { visit } = this;
    if (!visit || !isLent(visit.situation)) return nothing;
    const stop = () => {
      void visit.stop();
      this.querySelector<HTMLElement>(".reader-close")?.focus();
    };
    return html`<button class="reader-stop" type="button" @click=${stop}>Stop</button>`;
  }

  private heading(): string {
    switch (this.shown.kind) {
      case "nothing":
        return "";
      case "difference":
        return differenceTitle(this.shown.units);
      case "source":
        return titleOf(this.shown.job);
      case "gpus":
        return `GPUs that computed ${raised(this.shown.job.title)}`;
      default:
        return this.shown.title;
    }
  }

  private body() {
    const { shown } = this;
    switch (shown.kind) {
      case "nothing":
        return nothing;
      case "loading":
        return html`<p class="reader-text">Fetching it.</p>`;
      case "fault":
        return html`<p class="reader-text">${shown.message}</p>`;
      case "source":
        return html`<p class="reader-text">${shown.about}</p>
          <pre class="source" tabindex="0"><code>${shown.text}</code></pre>`;
      case "gpus":
        return gpusBody(shown.report);
      case "difference":
        return this.difference(shown);
      default:
        return shown satisfies never;
    }
  }

  private difference({ job: id, units }: Extract<Shown, { kind: "difference" }>) {
    const { visit } = this;
    // The shown job may be another one by now.
    const job = visit?.jobs.find((each) => each.id === id) ?? null;
    const words = differenceWords(units, job, visit ? deviceOf(visit.situation) : "device");
    return html`${words.map((paragraph) => html`<p class="reader-text told">${paragraph}</p>`)}${differenceDigests(units, job ?? { id })}`;
  }

  private async copy(): Promise<void> {
    if (this.shown.kind !== "source") return;
    await navigator.clipboard.writeText(this.shown.text);
    this.copied = true;
  }
}

function gpusBody(report: PortabilityReport) {
  const pairs = pairWords(report).map(({ who, lines }) => `${who}: ${lines.map(({ words }) => words).join("; ")}.`);
  const paragraphs = [...(pairs.length > 0 ? pairs : [NO_PAIRS]), ...leftOutWords(report)];
  return html`${paragraphs.map((paragraph) => html`<p class="reader-text">${capitalised(paragraph)}</p>`)}`;
}

const CAN_CHECK = "subtle" in crypto;

function titleOf(job: JobStatus): string {
  return `The kernel of ${raised(job.title)}`;
}

/** Rejects when it does not come, is too large, or is not what its hash says. */
async function fetchBlob(hash: string, limit: number): Promise<ArrayBuffer> {
  const bytes = await askedBytes(`/blobs/${hash}`, limit);
  if (CAN_CHECK && (await hashOf(bytes)) !== hash) throw new Error("What came is not the file that the job names.");
  return bytes;
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

customElements.define("idlewave-kernel", KernelView);
