/** The page `/bench`: measures the visitor's graphics card after a click, and never before. */
import { proxy, wrap } from "comlink";
import { html, LitElement, nothing } from "lit";
import { messageOf } from "../../shared/thrown.ts";
import { type BenchResult, gpuWords, isMeasured, lineOf, rowsOf } from "./bench-result.ts";
import type { Bench, BenchEnd, Progress } from "./worker.ts";

/** As many squares as steps of the course. */
const SQUARES = 15;

type Shown =
  | BenchEnd
  | { kind: "idle" }
  | { kind: "asking" }
  | ({ kind: "running" } & Progress)
  | { kind: "stopped" }
  | { kind: "failed"; why: string };

class BenchView extends LitElement {
  static override properties = { shown: { state: true }, copied: { state: true } };
  declare shown: Shown;
  declare copied: boolean;
  private worker: Worker | null = null;

  constructor() {
    super();
    this.shown = { kind: "idle" };
    this.copied = false;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render() {
    const { shown } = this;
    const { headline, lead } = wordsOf(shown);
    this.dataset.state = shown.kind;
    const isBusy = shown.kind === "asking" || shown.kind === "running";
    return html`<h1>${headline}</h1>
      <p class="lead" role="status">${lead}</p>
      ${isBusy || shown.kind === "idle" ? squares(shown.kind === "running" ? shown.done : isBusy ? 0 : null) : nothing}
      ${shown.kind === "done" ? table(shown.result) : nothing}
      <div class="bench-buttons">
        ${
          isBusy
            ? html`<button type="button" data-testid="stop" @click=${() => this.stop()}>Stop</button>`
            : html`<button class="go" type="button" data-testid="measure" @click=${() => void this.measure()}>${shown.kind === "idle" ? "Measure my GPU" : "Measure again"}</button>`
        }
        ${shown.kind === "done" ? html`<button type="button" data-testid="copy" @click=${() => void this.copy(shown.result)}>${this.copied ? "Copied" : "Copy the result"}</button>` : nothing}
      </div>`;
  }

  private async measure(): Promise<void> {
    this.copied = false;
    this.shown = { kind: "asking" };
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "idlewave bench" });
    this.worker = worker;
    // What was on its way when it was stopped, or measured anew, is not shown.
    const show = (shown: Shown) => {
      if (this.worker === worker) this.shown = shown;
    };
    worker.addEventListener("error", (event) => {
      worker.terminate();
      show({ kind: "failed", why: event.message || "the worker did not load" });
    });
    const bench = wrap<Bench>(worker);
    const tell = proxy((progress: Progress) => show({ kind: "running", ...progress }));
    show(await bench.run(tell).catch((error: unknown): Shown => ({ kind: "failed", why: messageOf(error) })));
    worker.terminate();
  }

  /** At once, whatever is being measured: the device goes with its worker. */
  private stop(): void {
    this.worker?.terminate();
    this.worker = null;
    this.shown = { kind: "stopped" };
  }

  private async copy(result: BenchResult): Promise<void> {
    // Where the browser refuses, the line can be copied by hand: it stands below.
    this.copied = await navigator.clipboard.writeText(lineOf(result)).then(
      () => true,
      () => false,
    );
  }
}

function squares(done: number | null) {
  const full = done === null ? -1 : Math.round(done * SQUARES);
  return html`<div class="bench-squares" aria-hidden="true">
    ${Array.from({ length: SQUARES }, (_, index) => html`<span class=${index < full ? "full" : index === full ? "now" : ""}></span>`)}
  </div>`;
}

function table(result: BenchResult) {
  return html`<table class="bench-table">
    <thead><tr><th scope="col">What</th><th scope="col">Here</th><th scope="col">Goal</th></tr></thead>
    <tbody>
      ${rowsOf(result).map(
        ({ what, here, goal, met }) =>
          html`<tr><th scope="row">${what}</th><td class=${met === false ? "missed" : ""}>${here}${met === false ? " ✕" : ""}</td><td>${goal}</td></tr>`,
      )}
    </tbody>
  </table>
  <details class="bench-raw"><summary>As one line of JSON</summary><pre class="bench-line">${lineOf(result)}</pre></details>`;
}

function wordsOf(shown: Shown): { headline: string; lead: string } {
  switch (shown.kind) {
    case "idle":
      return {
        headline: "How fast is your graphics card?",
        lead: "Nothing runs before you press the button, and nothing is sent anywhere.",
      };
    case "asking":
      return { headline: "Measuring.", lead: "Asking for the graphics card." };
    case "running":
      return { headline: "Measuring.", lead: `${shown.now}, on ${shown.gpu}. About twenty seconds in all; the screen may stutter.` };
    case "done": {
      const { software, browser, os } = shown.result;
      const whose = software ? " That is no graphics card: your processor computed." : "";
      const ran = `Ran on ${gpuWords(shown.result)}, in ${browser} on ${os}.${whose}`;
      if (isMeasured(shown.result)) return { headline: "Measured.", lead: ran };
      return shown.result.lent
        ? { headline: "Another tab lent meanwhile.", lead: `Both had a part of it: stop it there, then measure again. ${ran}` }
        : { headline: "Your machine was busy.", lead: `Slices came out faster than the whole, which cannot be: measure again. ${ran}` };
    }
    case "stopped":
      return { headline: "Stopped.", lead: "Nothing more is given to your graphics card." };
    case "no-webgpu":
      return { headline: "This browser can't compute here.", lead: "It has no WebGPU, the part that lets a page use the graphics card." };
    case "no-adapter":
      return { headline: "No graphics card answered.", lead: "This browser has WebGPU and finds no graphics card that it may use." };
    case "failed":
      return { headline: "It could not be measured.", lead: `The browser says: ${shown.why}` };
    default:
      return shown satisfies never;
  }
}

customElements.define("idlewave-bench", BenchView);
