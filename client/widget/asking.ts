/** What the person is asked, and what the answers mean: presses of the two buttons here, and what is said in a window of its own. */

import type { Dose } from "../donor/state.ts";
import type { Verdict } from "./consent.ts";
import { knownDose } from "./doses.ts";
import { Gate, type GateOptions } from "./gate.ts";
import { answerOpener, OwnWindow } from "./own-window.ts";
import type { AskHint, Overlay, Scene, WindowHint } from "./scene.ts";

/** Presses in a row that find the page busy; one that is so each time is always busy. */
const BUSY_TIMES = 3;

export interface AskingOptions extends GateOptions {
  /** What is shown now: a press that was judged while something else was shown counts for nothing. */
  shown(): Scene | Overlay;
  /** Of which the person reads. */
  dose(): Dose;
  job(): number;
  go(scene: Scene): void;
  cover(over: Overlay): void;
  onYes(dose: Dose, job: number): void;
  onForget(): void;
}

export class Asking {
  private readonly options: AskingOptions;
  private readonly gate: Gate;
  private readonly window = new OwnWindow();
  /** In a row, since the question was put: presses that did not count, and those of them that found the page busy. */
  private refused = { presses: 0, busy: 0 };

  constructor(options: AskingOptions) {
    this.options = options;
    this.gate = new Gate(options);
  }

  /** The yes was pressed. */
  async consider(press: MouseEvent): Promise<void> {
    const { own, shown, dose, job, go, onYes } = this.options;
    const [asked, of] = [dose(), job()];
    this.begin();
    const verdict = await this.gate.verdictOf("lend", press, () => go({ kind: "ask", hint: "judging", presses: this.refused.presses }));
    // Something else may have been said meanwhile, or another dose asked for.
    if (verdict === "forged" || shown().kind !== "ask") return;
    if (dose() !== asked) return go({ kind: "ask", hint: "none", presses: 0 });
    if (verdict !== "yes") {
      const hint = this.refuse(verdict);
      const isOpen = hint === "too-quick" || hint === "busy";
      go(isOpen ? { kind: "ask", hint, presses: this.refused.presses } : { kind: "window", hint });
    } else if (own) answerOpener({ idlewave: "consent", dose: asked, job: of });
    else onYes(asked, of);
  }

  /** The word to be forgotten was pressed. */
  async considerForgetting(press: MouseEvent): Promise<void> {
    const { own, shown, cover, onForget } = this.options;
    const tell = (hint: AskHint | WindowHint) => cover({ kind: "forget", hint, presses: this.refused.presses });
    const { kind } = shown();
    this.begin();
    const verdict = await this.gate.verdictOf("forgetSure", press, () => kind === "forget" && tell("judging"));
    if (verdict === "forged" || shown().kind !== kind) return;
    if (verdict !== "yes") tell(this.refuse(verdict));
    else if (own) answerOpener({ idlewave: "forget" });
    else onForget();
  }

  /** Asks the same in a window of the coordinator's own. */
  openWindow(): void {
    this.window.open(this.options.shown().kind === "forget" ? "forget" : "lend");
  }

  /** The browser told what can be seen. */
  look(): void {
    this.gate.look();
  }

  hear(event: MessageEvent<unknown>): void {
    const told = this.window.answerIn(event);
    const dose = told?.idlewave === "consent" ? knownDose(told.dose) : undefined;
    if (told?.idlewave === "consent" && dose !== undefined) this.options.onYes(dose, told.job);
    else if (told?.idlewave === "forget") this.options.onForget();
    this.gate.hear(event);
  }

  /** A press of a question that says nothing of one before it is the first. */
  private begin(): void {
    const shown = this.options.shown();
    if (!("hint" in shown) || shown.hint === "none") this.refused = { presses: 0, busy: 0 };
  }

  private refuse(verdict: Exclude<Verdict, "yes" | "forged">): "too-quick" | "busy" | WindowHint {
    this.refused.presses += 1;
    this.refused.busy = verdict === "busy" ? this.refused.busy + 1 : 0;
    return this.refused.busy >= BUSY_TIMES ? "too-busy" : verdict;
  }
}
