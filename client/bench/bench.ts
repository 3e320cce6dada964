/** The page `/bench`: measures the visitor's graphics card after a click, and never before. */
import { proxy, type Remote, wrap } from "comlink";
import { html, LitElement, nothing, render } from "lit";
import { messageOf } from "../../shared/thrown.ts";
import { mark } from "../page/logo.ts";
import { type BenchResult, lineOf, rowsOf } from "./bench-result.ts";
import type { Bench, BenchEnd } from "./worker.ts";

/** As many squares as steps of the course. */
const SQUARES = 15;

type Shown = BenchEnd | { kind: "idle" } | { kind: "running"; done: number; now: string } | { kind: "failed"; why: string };

class BenchView extends LitElement {
  static override properties = { shown: { state: true }, copied: { state: true } };
  declare shown: Shown;
  declare copied: boolean;
  private worker: Worker | null = null;
  private bench: Remote<Bench> | null = null;

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
    const running = shown.kind === "running";
    return html`<h1>${headline}</h1>
      <p class="lead" role="status">${lead}</p>
      ${running || shown.kind === "idle" ? squares(running ? shown.done : null) : nothing}
      ${shown.kind === "done" ? table(shown.result) : nothing}
      <div class="bench-buttons">
        ${
          running
            ? html`<button type="button" data-testid="stop" @click=${() => void this.bench?.stop()}>Stop</button>`
            : html`<button class="go" type="button" data-testid="measure" @click=${() => void this.measure()}>${shown.kind === "idle" ? "Measure my GPU" : "Measure again"}</button>`
        }
        ${shown.kind === "done" ? html`<button type="button" data-testid="copy" @click=${() => void this.copy(shown.result)}>${this.copied ? "Copied" : "Copy the result"}</button>` : nothing}
      </div>`;
  }

  private async measure(): Promise<void> {
    this.copied = false;
    this.shown = { kind: "running", done: 0, now: "Asking for the graphics card" };
    try {
      this.shown = await this.opened().run(
        proxy((done: number, now: string) => {
          this.shown = { kind: "running", done, now };
        }),
      );
    } catch (error) {
      this.worker?.terminate();
      this.bench = null;
      this.shown = { kind: "failed", why: messageOf(error) };
    }
  }

  private opened(): Remote<Bench> {
    if (this.bench) return this.bench;
    this.worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "idlewave bench" });
    this.bench = wrap<Bench>(this.worker);
    return this.bench;
  }

  private async copy(result: BenchResult): Promise<void> {
    // Where the browser refuses, the line can be copied by hand: it stands above.
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
  <pre class="bench-line">${lineOf(result)}</pre>`;
}

function wordsOf(shown: Shown): { headline: string; lead: string } {
  switch (shown.kind) {
    case "idle":
      return {
        headline: "How fast is your graphics card?",
        lead: "Nothing runs before you press the button, and nothing is sent anywhere.",
      };
    case "running":
      return { headline: "Measuring.", lead: `${shown.now}. About twenty seconds in all; the screen may stutter.` };
    case "done": {
      const { adapter, software, browser, os } = shown.result;
      const what = software ? `${adapter}: no graphics card, your processor computed` : adapter;
      return { headline: "Measured.", lead: `${what}. ${browser} on ${os}.` };
    }
    case "stopped":
      return { headline: "Stopped.", lead: "Nothing runs on your graphics card." };
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
const place = document.querySelector<HTMLElement>("idlewave-mark");
if (place) render(mark, place);
