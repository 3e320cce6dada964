/** What the person is asked, and what the answers mean: presses of the two buttons here, and what is said in a window of its own. */
import type { Dose } from "../donor/state.ts";
import { knownDose } from "./doses.ts";
import { Gate, type GateOptions } from "./gate.ts";
import { answerOpener, OwnWindow } from "./own-window.ts";
import type { Overlay, Scene } from "./scene.ts";

export interface AskingOptions extends GateOptions {
  /** What is shown now: a press that was judged while something else was shown counts for nothing. */
  shown(): Scene | Overlay;
  /** Of which the person reads. */
  dose(): Dose;
  go(scene: Scene): void;
  cover(over: Overlay): void;
  onYes(dose: Dose): void;
  onForget(): void;
}

export class Asking {
  private readonly options: AskingOptions;
  private readonly gate: Gate;
  private readonly window = new OwnWindow();

  constructor(options: AskingOptions) {
    this.options = options;
    this.gate = new Gate(options);
  }

  /** The yes was pressed. */
  async consider(press: MouseEvent): Promise<void> {
    const { own, shown, go, onYes } = this.options;
    const dose = this.options.dose();
    const verdict = await this.gate.verdictOf("lend", press);
    // Something else may have been said meanwhile.
    if (shown().kind !== "ask") return;
    if (verdict === "too-quick" || verdict === "busy") go({ kind: "ask", hint: verdict });
    if (verdict === "covered") go({ kind: "covered" });
    if (verdict === "untold") go({ kind: "window" });
    if (verdict !== "yes") return;
    if (own) answerOpener({ idlewave: "consent", dose });
    else onYes(dose);
  }

  /** The word to be forgotten was pressed. */
  async considerForgetting(press: MouseEvent): Promise<void> {
    const { own, shown, cover, onForget } = this.options;
    const before = shown();
    const verdict = await this.gate.verdictOf("forgetSure", press);
    if (shown() !== before) return;
    if (verdict === "yes" && own) answerOpener({ idlewave: "forget" });
    else if (verdict === "yes") onForget();
    else if (verdict === "covered" || verdict === "busy") cover({ kind: "forget", hint: verdict });
    else if (verdict === "untold") cover({ kind: "forget", hint: "window" });
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
    if (dose !== undefined) this.options.onYes(dose);
    else if (told?.idlewave === "forget") this.options.onForget();
    this.gate.hear(event);
  }
}
