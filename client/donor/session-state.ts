/**
 * The state of a session: the phase of its loop, its connection, and what holds it. The loop asks it what to do, and the page
 * is told what follows from all of them: an end of the run counts as it is; while nothing may run the reason is told; while the
 * connection is gone a working phase is `offline`; a refused unit is told for a while.
 */
import type { Verdict } from "./manners/policy.ts";
import { has } from "./phases.ts";
import type { Report } from "./report.ts";
import type { DonorPhase } from "./state.ts";

/** A refused unit is told for this long. */
const REFUSED_TOLD_MS = 20_000;

export class SessionState {
  private readonly report: Report;
  private readonly hasUnits: () => boolean;
  private own: DonorPhase = { kind: "starting", bytes: 0 };
  /** `untried`: the first attempt is under way, and not yet worth a word. */
  private link: "untried" | "up" | "down" = "untried";
  private hold: Extract<Verdict, { kind: "hold" }> | undefined;
  private refused: { job: number; unit: number; until: number } | undefined;

  constructor(report: Report, hasUnits: () => boolean) {
    this.report = report;
    this.hasUnits = hasUnits;
    this.refresh();
  }

  get phase(): DonorPhase {
    return this.own;
  }

  get isUp(): boolean {
    return this.link === "up";
  }

  set(phase: DonorPhase): void {
    this.own = phase;
    this.refresh();
  }

  setLink(link: "up" | "down"): void {
    this.link = link;
    this.refresh();
  }

  /** Whether anything may run now, and why not. */
  heed(verdict: Verdict): void {
    this.hold = verdict.kind === "hold" ? verdict : undefined;
    this.refresh();
  }

  get isHeld(): boolean {
    return this.hold !== undefined;
  }

  refuse(job: number, unit: number): void {
    this.refused = { job, unit, until: performance.now() + REFUSED_TOLD_MS };
    this.refresh();
  }

  refresh(): void {
    const { own } = this;
    const working = has(own, "working");
    if (working && this.hold) this.report.setPhase({ ...this.hold, kind: "on-hold" });
    else if (working && this.link === "down") this.report.setPhase({ kind: "offline", running: this.hasUnits() });
    else if (working && this.refused && performance.now() < this.refused.until) {
      this.report.setPhase({ kind: "refused", job: this.refused.job, unit: this.refused.unit });
    } else this.report.setPhase(own);
  }
}
