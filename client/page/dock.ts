import { html } from "lit";
import { dockLines } from "./dock-words.ts";
import { LightElement } from "./light.ts";
import { doseWord, percent } from "./numbers.ts";
import { deviceOf, isLent, lentDose, momentOf } from "./situation.ts";
import { Swap } from "./swap.ts";
import type { Visit } from "./visit.ts";

/** The wave's label for screen readers changes at most this often, but at once when something begins to run, or nothing does any more. */
const LABEL_EVERY_MS = 5_000;

/** Stop, what is true of the graphics card, the wave, Less and More: fixed at the bottom while anything runs or waits. */
export class Dock extends LightElement {
  static override properties = { visit: { attribute: false }, tick: { attribute: false } };
  declare visit: Visit | null;
  /** Changes when the visit did. */
  declare tick: number;
  private readonly swap = new Swap();
  private waveLabel = "";
  /** What the label depends on beside time. */
  private labelled = "";
  private labelledAt = Number.NEGATIVE_INFINITY;

  constructor() {
    super();
    this.visit = null;
    this.tick = 0;
  }

  get wave(): HTMLCanvasElement | null {
    return this.querySelector<HTMLCanvasElement>("canvas");
  }

  protected override render() {
    const { visit } = this;
    if (!visit) return html``;
    const { situation } = visit;
    const lent = isLent(situation);
    this.swap.show(lent ? "dock" : "");
    const [first, second] = dockLines(situation);
    const ceiling = lentDose(situation);
    this.hidden = !lent;
    this.label();
    const less = visit.doseBeside(-1);
    const more = visit.doseBeside(1);
    return html`<section class="dock" aria-label=${`Your ${deviceOf(situation)}`}>
      <button class="dock-stop" type="button" data-testid="stop" @click=${(event: MouseEvent) => this.stop(event)}>Stop</button>
      <p class="dock-status"><strong>${first}</strong><span>${second}</span></p>
      <div class="wave" role="img" aria-label=${this.waveLabel}>
        <canvas></canvas>
        <span class="wave-ceiling" data-dose=${ceiling} aria-hidden="true"><span>${doseWord(ceiling)}<small>on average</small></span></span>
      </div>
      <button class="dock-less" type="button" aria-label=${less ? `Less: lend ${doseWord(less)}` : "Less: this is the least"}
        aria-disabled=${less ? "false" : "true"} @click=${(event: MouseEvent) => this.swap.means(event) && visit.turn(-1)}>Less</button>
      <button class="dock-more" type="button" aria-label=${more ? `More: lend ${doseWord(more)}` : "More: this is the most"}
        aria-disabled=${more ? "false" : "true"} @click=${(event: MouseEvent) => this.swap.means(event) && visit.turn(1)}>More</button>
    </section>`;
  }

  /** The second tap of a double one on the consent button is no wish to stop. */
  private stop(event: MouseEvent): void {
    if (!this.swap.means(event)) return;
    void this.visit?.stop();
    this.dispatchEvent(new Event("stop"));
  }

  private label(): void {
    const now = performance.now();
    if (!this.visit) return;
    const { situation } = this.visit;
    const ceiling = lentDose(situation);
    const share = situation.seen?.share ?? 0;
    const of = `${ceiling} ${momentOf(situation).kind} ${share > 0}`;
    if (of === this.labelled && now - this.labelledAt < LABEL_EVERY_MS) return;
    this.labelled = of;
    this.labelledAt = now;
    this.waveLabel = `Lending ${percent(share)} now, at most ${doseWord(ceiling)} on average`;
  }
}

customElements.define("idlewave-dock", Dock);
