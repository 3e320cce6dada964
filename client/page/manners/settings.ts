/** When and on what it may run, what this browser tells of the device, and what was spent. Loaded when somebody opens it. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { ChosenWishes, keptWishes } from "../../donor/manners/kept-wishes.ts";
import { type Card, hoursOf, MEMORY_BUDGETS, NO_WISHES, timeOfDay, type Wishes } from "../../donor/manners/wishes.ts";
import { LightElement } from "../light.ts";
import type { Visit } from "../visit.ts";
import { energyWords } from "./energy.ts";
import { toldWords } from "./told-words.ts";

/** What is proposed to whoever wants hours: a night. */
const NIGHT = { from: 22 * 60, to: 7 * 60 };
const CARDS: Record<Card, string> = { automatic: "The browser's choice", saving: "The one that saves power", strong: "The stronger one" };
const BUDGETS = ["A quarter gigabyte", "One gigabyte", "Four gigabytes"];

export class Settings extends LightElement {
  static override properties = {
    visit: { attribute: false },
    tick: { attribute: false },
    wishes: { state: true },
    refused: { state: true },
  };
  declare visit: Visit | null;
  /** Changes when the visit did. */
  declare tick: number;
  /** Null until they are read. */
  declare wishes: Wishes | null;
  /** The browser does not allow Idle Detection. */
  declare refused: boolean;
  private chosen: ChosenWishes | undefined;

  constructor() {
    super();
    this.visit = null;
    this.tick = 0;
    this.wishes = null;
    this.refused = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.chosen = new ChosenWishes((wishes) => {
      this.wishes = wishes;
    });
    void keptWishes().then((wishes) => {
      this.wishes = wishes;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.chosen?.close();
  }

  protected override render() {
    const { wishes } = this;
    if (!wishes) return nothing;
    const hours = wishes.hours ?? NIGHT;
    const time = (which: "from" | "to") =>
      html`<input type="time" aria-label=${which === "from" ? "From" : "To"} data-testid=${`hours-${which}`} .value=${live(timeOfDay(hours[which]))} @change=${() => this.takeTimes()} />`;
    return html`<div class="wishes">
        ${group("Hours", [
          this.choice("hours", "At any hour", wishes.hours === null, { hours: null }),
          html`${this.choice("hours", "Only between", wishes.hours !== null, { hours: wishes.hours ?? NIGHT })}
            <span class="times">${time("from")} and ${time("to")}</span>`,
        ])}
        ${this.presence(wishes)}
        ${group(
          "Graphics card",
          (["automatic", "saving", "strong"] as const).map((card) => this.choice("card", CARDS[card], wishes.card === card, { card })),
          "Where there are two. Some browsers choose for themselves.",
        )}
        ${group(
          "Its memory, at most",
          MEMORY_BUDGETS.map((memoryBytes, i) =>
            this.choice("memory", BUDGETS[i] ?? "", wishes.memoryBytes === memoryBytes, { memoryBytes }),
          ),
          "Jobs that need more go to others.",
        )}
      </div>
      <p class="measure">${toldWords(this.visit?.situation.donor?.software ?? false)} <a href="/privacy">What is kept</a></p>
      ${this.energy()}`;
  }

  /** Only where the browser can tell; the permission is asked for by the click on it. */
  private presence(wishes: Wishes): TemplateResult | typeof nothing {
    if (!window.IdleDetector && !wishes.onlyAway) return nothing;
    const away = html`<label><input type="radio" name="presence" data-testid="only-away" .checked=${live(wishes.onlyAway)} @change=${() => void this.askAway()} />Only while I am away</label>`;
    const choices = [this.choice("presence", "Also while I am here", !wishes.onlyAway, { onlyAway: false }), away];
    return group(
      "You",
      choices,
      this.refused
        ? "Your browser does not allow this page to know it. Its settings for this site can."
        : "Away is: nobody has touched this device for a minute. Your browser asks whether the page may know it.",
    );
  }

  private choice(name: string, words: string, isChosen: boolean, change: Partial<Wishes>): TemplateResult {
    return html`<label><input type="radio" name=${name} .checked=${live(isChosen)} @change=${() => this.choose(change)} />${words}</label>`;
  }

  private energy(): TemplateResult | typeof nothing {
    const donor = this.visit?.situation.donor;
    if (!donor || donor.gpuSeconds === 0) return nothing;
    return html`<p class="measure" data-testid="energy">${energyWords(donor)}</p>`;
  }

  private async askAway(): Promise<void> {
    const answer = await window.IdleDetector?.requestPermission();
    this.refused = answer !== "granted";
    this.choose({ onlyAway: answer === "granted" });
  }

  private takeTimes(): void {
    const [from, to] = ["from", "to"].map((which) => this.querySelector<HTMLInputElement>(`[data-testid="hours-${which}"]`)?.value ?? "");
    const hours = hoursOf(from ?? "", to ?? "");
    if (hours) this.choose({ hours });
    // Twice the same time is no choice: the fields say again what holds.
    else this.requestUpdate();
  }

  private choose(change: Partial<Wishes>): void {
    this.wishes = { ...(this.wishes ?? NO_WISHES), ...change };
    void this.chosen?.choose(this.wishes);
    this.requestUpdate();
  }
}

function group(legend: string, choices: readonly TemplateResult[], note = ""): TemplateResult {
  return html`<fieldset><legend>${legend}</legend>${choices}${note ? html`<p>${note}</p>` : nothing}</fieldset>`;
}

customElements.define("idlewave-settings", Settings);
