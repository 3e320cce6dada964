/** What the visitor said to this site, and to which job; and the job to ask for, which may end while the question stands. */
import type { WidgetFacts, WidgetJob, WidgetNow } from "../../shared/widget.ts";
import type { Dose } from "../donor/state.ts";
import { askNow } from "./job-now.ts";
import { type Answer, Answers } from "./remembered.ts";

/** Two clicks of one hand come within this, ms. */
const DOUBLE_CLICK_MS = 500;

export class Agreement {
  /** The one that is asked for; null: none needs anybody. */
  job: WidgetJob | null;
  private readonly site: string;
  private readonly answers: Answers;
  private heardAt = Number.NEGATIVE_INFINITY;

  /** `storage`: null where nothing is kept. */
  constructor({ site, job }: WidgetFacts, storage: Storage | null) {
    this.job = job;
    this.site = site.origin;
    this.answers = new Answers(site.origin, storage);
  }

  kept(): Answer {
    return this.answers.at(Date.now(), this.job?.id ?? 0);
  }

  /** When the yes was said, milliseconds since 1970. */
  get agreedAt(): number {
    return this.answers.agreed;
  }

  /** The yes has run out. */
  get isOver(): boolean {
    return this.answers.isOver(Date.now());
  }

  /** A yes was just heard: one more click may be the second half of a double one. */
  get isFresh(): boolean {
    return performance.now() - this.heardAt < DOUBLE_CLICK_MS;
  }

  /** What runs now when the job that was asked for does not, to which a yes is none then; null: it does, or nobody says. */
  async lookForAnother(job = this.job?.id ?? 0): Promise<WidgetNow | null> {
    const now = await askNow(this.site, job);
    return now && (!now.on || now.job?.id !== job) ? now : null;
  }

  agree(dose: Dose, job: number): void {
    this.heardAt = performance.now();
    this.answers.agree(dose, job, Date.now());
  }

  /** Another dose makes no yes longer. */
  turn(dose: Dose): void {
    this.answers.turn(dose);
  }

  takeBack(): void {
    this.answers.forget();
  }

  decline(): void {
    this.answers.keepNo(Date.now());
  }

  refuseForEver(): void {
    this.answers.keepNever();
  }

  /** With what was said to all sites whose frames keep theirs in the same place. */
  forgetAll(): void {
    this.answers.forgetAll();
  }
}
