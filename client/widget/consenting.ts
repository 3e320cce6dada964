/** How an answer becomes a scene: a yes starts, unless its job has ended meanwhile; what was taken back, or has run out, is asked again. */
import type { WidgetJob, WidgetNow } from "../../shared/widget.ts";
import type { Dose } from "../donor/state.ts";
import type { Agreement } from "./agreement.ts";
import { openingOf } from "./opening.ts";
import { QUESTION, type Scene } from "./scene.ts";

export interface ConsentingOptions {
  agreement: Agreement;
  scene(): Scene;
  go(scene: Scene): void;
  /** As `go`, and nothing runs any more. */
  end(scene: Scene): void;
  start(dose: Dose): void;
  /** Another job is asked for. */
  show(job: WidgetJob): void;
}

export class Consenting {
  private readonly options: ConsentingOptions;

  constructor(options: ConsentingOptions) {
    this.options = options;
  }

  /** What is shown first, before anybody did anything. */
  open(): void {
    const opening = openingOf(this.options.agreement);
    if (opening) this.options.go(opening);
    else this.resume();
  }

  /** A yes to a job that has ended since it was asked for is none: whatever runs now is asked for. */
  async agree(dose: Dose, job: number): Promise<void> {
    const { agreement, scene, start } = this.options;
    const { kind } = scene();
    const other = await agreement.lookForAnother(job);
    // It may have been refused meanwhile.
    if (scene().kind !== kind) return;
    if (other) return this.askFor(other);
    agreement.agree(dose, job);
    start(dose);
  }

  askFor({ on, job }: WidgetNow): void {
    const { agreement, end, show } = this.options;
    agreement.takeBack();
    agreement.job = job;
    if (job) show(job);
    if (!on) end({ kind: "off" });
    else end(job ? { kind: "ask", hint: "other-job", presses: 0 } : { kind: "no-job" });
  }

  /** The job that was lent to has ended. */
  async askNext(): Promise<void> {
    const other = await this.options.agreement.lookForAnother();
    if (other && this.options.scene().kind === "no-job") this.askFor(other);
  }

  /** Goes on under a yes that holds still, else asks. */
  resume(): void {
    const answer = this.options.agreement.kept();
    if (answer.kind === "yes") this.options.start(answer.dose);
    else this.options.go(QUESTION);
  }

  /** What ran under a yes has ended with it. */
  askAnew(): void {
    this.options.agreement.takeBack();
    this.options.end(QUESTION);
  }
}
