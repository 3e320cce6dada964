import { html, LitElement, nothing } from "lit";
import type { Static } from "typebox";
import type { JobStatus, RefusedListSchema } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import { count, raised } from "./numbers.ts";
import { isLent } from "./situation.ts";
import type { Visit } from "./visit.ts";

type Refused = Static<typeof RefusedListSchema>;

/** What is shown at most: four times what a kernel may have, for several files as one text. */
const MAX_SOURCE_BYTES = 1024 * 1024;

type Shown =
  | { kind: "nothing" }
  | { kind: "loading"; title: string }
  | { kind: "source"; title: string; text: string; checked: boolean }
  | { kind: "difference"; unit: number; mine: string; theirs: string }
  | { kind: "fault"; title: string; message: string };

/** A dialog that shows a kernel as its owner wrote it, or what differed in a refused unit. */
export class KernelView extends LitElement {
  static override properties = { visit: { attribute: false }, tick: { attribute: false }, shown: { state: true }, copied: { state: true } };
  declare visit: Visit | null;
  /** Changes when the visit did. */
  declare tick: number;
  declare shown: Shown;
  declare copied: boolean;

  constructor() {
    super();
    this.visit = null;
    this.tick = 0;
    this.shown = { kind: "nothing" };
    this.copied = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Fetches the source, checks that it has the hash that the job names, and shows it as text. */
  async show(job: JobStatus): Promise<void> {
    const title = `The kernel of ${raised(job.title)}`;
    await this.open({ kind: "loading", title });
    try {
      const bytes = await fetchSource(job.source);
      const checked = "subtle" in crypto;
      if (checked && (await hashOf(bytes)) !== job.source) throw new Error("What came is not the file that the job names.");
      this.shown = { kind: "source", title, text: new TextDecoder().decode(bytes), checked };
    } catch (fault) {
      this.shown = { kind: "fault", title, message: fault instanceof Error ? fault.message : String(fault) };
    }
  }

  /** Shows the digests of a unit in which the visitor's GPU and others differed. */
  async showDifference(job: number, unit: number): Promise<void> {
    const title = `What differed in unit ${count(unit)}`;
    await this.open({ kind: "loading", title });
    try {
      const answer = await fetch(`/api/jobs/${job}/refused`);
      if (!answer.ok) throw new Error("The coordinator does not answer.");
      const { refused } = (await answer.json()) as Refused;
      const found = refused.find((replica) => replica.unit === unit);
      if (!found) throw new Error("The coordinator has no record of this unit any more.");
      this.shown = { kind: "difference", unit, mine: found.digest, theirs: found.canonical };
    } catch (fault) {
      this.shown = { kind: "fault", title, message: fault instanceof Error ? fault.message : String(fault) };
    }
  }

  private async open(shown: Shown): Promise<void> {
    this.shown = shown;
    this.copied = false;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
  }

  protected override render() {
    return html`<dialog class="reader" aria-labelledby="reader-title">
      <div class="reader-head">
        <h2 id="reader-title">${this.heading()}</h2>
        ${this.stop()}
        ${this.shown.kind === "source" ? html`<button class="plain" type="button" @click=${() => void this.copy()}>${this.copied ? "Copied" : "Copy"}</button>` : nothing}
        <button class="plain reader-close" type="button" @click=${() => this.querySelector("dialog")?.close()}>Close</button>
      </div>
      ${this.body()}
    </dialog>`;
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
        return `What differed in unit ${count(this.shown.unit)}`;
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
        return html`<p class="reader-text">As its owner wrote it.${shown.checked ? " Its SHA-256 is the one that the job names." : ""}</p>
          <pre class="source" tabindex="0"><code>${shown.text}</code></pre>`;
      case "difference":
        return html`<dl class="reader-text difference"><dt>Your result's SHA-256</dt><dd>${shown.mine}</dd>
          <dt>The verified result's SHA-256</dt><dd>${shown.theirs}</dd></dl>`;
      default:
        return shown satisfies never;
    }
  }

  private async copy(): Promise<void> {
    if (this.shown.kind !== "source") return;
    await navigator.clipboard.writeText(this.shown.text);
    this.copied = true;
  }
}

async function fetchSource(hash: string): Promise<ArrayBuffer> {
  const answer = await fetch(`/blobs/${hash}`);
  if (!answer.ok) throw new Error("The coordinator does not have it.");
  if (Number(answer.headers.get("content-length") ?? 0) > MAX_SOURCE_BYTES) throw new Error("The file is larger than a kernel may be.");
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength > MAX_SOURCE_BYTES) throw new Error("The file is larger than a kernel may be.");
  return bytes;
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

customElements.define("idlewave-kernel", KernelView);
