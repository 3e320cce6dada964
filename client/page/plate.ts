import { html } from "lit";
import type { JobStatus } from "../../shared/api.ts";
import { LightElement } from "./light.ts";
import { labelKey, plateLabel } from "./plate-label.ts";
import { settledWord } from "./tier-words.ts";
import type { Visit } from "./visit.ts";

const LABEL_EVERY_MS = 30_000;

/** What the squares' looks mean. */
export const legend = (job: JobStatus | null) => html`<p class="legend">
  <span><i class="swatch missing"></i>missing</span>
  <span><i class="swatch handed-out"></i>handed out</span>
  <span><i class="swatch verified"></i>${settledWord(job)}</span>
  <span><i class="swatch yours"></i>yours</span>
  <span><i class="swatch waiting"></i>waiting</span>
</p>`;

/** The picture itself, and its facts in words. */
export class PlateView extends LightElement {
  static override properties = { visit: { attribute: false }, tick: { attribute: false } };
  declare visit: Visit | null;
  declare tick: number;
  private label = "";
  /** What the label depends on beside time. */
  private labelled = "";
  private labelledAt = Number.NEGATIVE_INFINITY;

  constructor() {
    super();
    this.visit = null;
    this.tick = 0;
  }

  get canvas(): HTMLCanvasElement | null {
    return this.querySelector<HTMLCanvasElement>("canvas");
  }

  protected override render() {
    this.relabel();
    return html`<div class="plate">
      <canvas role="img" aria-label=${this.label}></canvas>
    </div>`;
  }

  private relabel(): void {
    const situation = this.visit?.situation;
    const now = performance.now();
    const of = situation ? labelKey(situation) : "";
    if (of === this.labelled && now - this.labelledAt < LABEL_EVERY_MS) return;
    this.labelled = of;
    this.labelledAt = now;
    this.label = situation ? plateLabel(situation) : "No job to show";
  }
}

customElements.define("idlewave-plate", PlateView);
