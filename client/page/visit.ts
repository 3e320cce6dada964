/**
 * One visit: what is shown, what the visitor chose, and the donor once there was a click. Holds the Situation and tells
 * when it changed; knows no element.
 *
 *   off ─lend─▶ asking ─donor answers─▶ on ─stop─▶ stopped ─lend─▶ asking
 *                 └── the worker fails ──▶ broken ─lend─▶ asking (with a new worker)
 */
import type { JobStatus, NetworkInfo } from "../../shared/api.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Donation } from "../donation/donation.ts";
import type { Anyway } from "../donor/manners/policy.ts";
import { DOSES, type DonorStart, type DonorState, type Dose } from "../donor/state.ts";
import { Aside } from "./aside.ts";
import { Beside, type Hand } from "./beside.ts";
import type { Seen } from "./drawing/orders.ts";
import { Fresh } from "./fresh.ts";
import { afterBeside, afterDonor, afterElsewhere, afterEnd, afterJobs, computedJob, isTold, wordOf } from "./incoming.ts";
import { Lull } from "./lull.ts";
import { askAgain, leaveServedPool, servedPool, takePass } from "./pool.ts";
import { dropResumed, reloadAndResume, resumeWith, takeResumed } from "./resume.ts";
import { Showing } from "./showing.ts";
import { firstSituation, isLent, isQuiet, isWanted, type Known, momentOf, type Situation } from "./situation.ts";
import { Steady } from "./steady.ts";
import { Turning } from "./turning.ts";
import { pickJob, Watch } from "./watch.ts";

/** A donor without a connection is told this often that the coordinator answers. */
const HURRY_EVERY_MS = 3_000;

export interface VisitOptions extends Known {
  origin: string;
  /** A port for the donor's facts, null when nothing can be drawn. */
  openFacts(): MessagePort | null;
  onChange(): void;
}

export class Visit {
  readonly situation: Situation;
  jobs: JobStatus[] = [];
  network: NetworkInfo | null = null;
  private readonly options: VisitOptions;
  private donation: Donation | null = null;
  private readonly beside: Beside;
  private readonly steady = new Steady();
  private readonly showing = new Showing();
  private readonly fresh = new Fresh(() => this.change({ fresh: null }));
  private readonly aside = new Aside(() => this.change({ aside: false }));
  private readonly turning = new Turning();
  private readonly lull = new Lull(() => this.change({}));
  private hurriedAt = Number.NEGATIVE_INFINITY;

  constructor(options: VisitOptions) {
    this.options = options;
    this.situation = firstSituation(options);
    this.beside = new Beside({
      openFacts: options.openFacts,
      onState: (state) => this.takeElsewhere(state),
      onEnd: (wasStopped) => {
        this.change(afterBeside(wasStopped));
        void this.countKept();
      },
      onForgotten: () => this.change({ donor: null, elsewhere: null, kept: 0 }),
    });
    new Watch({
      onJobs: (jobs) => this.takeJobs(jobs),
      onJob: (job) => {
        this.hurry();
        this.takeJob(job);
      },
      onNetwork: (network) => {
        this.network = network;
        this.change({ allowSoftware: network.allowSoftware });
      },
      onOffline: () => this.change({ offline: true }),
      onPassRefused: () => {
        if (!isWanted(this.situation)) askAgain();
      },
      onFault: () => this.change({ network: "unreachable" }),
      shown: () => this.situation.job?.id ?? 0,
      isTold: () => isTold(this.situation),
    });
    void this.countKept();
    this.lookOn();
    const resumed = takeResumed();
    if (resumed === undefined) void this.recallDose();
    else {
      this.situation.dose = resumed;
      queueMicrotask(() => void this.lend());
    }
  }

  private async recallDose(): Promise<void> {
    const dose = await this.turning.recall();
    if (dose !== undefined && !this.lender && !isWanted(this.situation)) this.change({ dose, firstDose: dose });
  }

  /** The page at `address`, of another job, lends under the same yes: a link of this page leads there. */
  carryOver(address: string): void {
    if (!this.situation.elsewhere && isLent(this.situation)) resumeWith(this.situation.dose, address);
  }

  /** The one thing that starts anything. */
  async lend(): Promise<void> {
    const { dose } = this.situation;
    if (isWanted(this.situation)) return;
    this.beside.close();
    this.change({ lending: { kind: "asking" }, elsewhere: null, firstDose: dose, fresh: null, kept: 0 });
    void navigator.storage?.persist?.();
    try {
      const donation = this.donation ?? (await this.open());
      // Stop may come while the donor starts.
      if (!isWanted(this.situation)) return await donation.control.stop();
      await donation.begin(this.wish());
      if (!isWanted(this.situation)) return await donation.control.stop();
      this.change({ lending: { kind: "on" } });
    } catch (fault) {
      this.break(messageOf(fault));
    }
  }

  private wish(): DonorStart {
    const { dose, job, chosenJob } = this.situation;
    return { origin: this.options.origin, dose, job: chosenJob, shown: job?.id ?? 0, pool: servedPool() };
  }

  /** Whatever is lent, here or in another tab. */
  async stop(): Promise<void> {
    dropResumed();
    if (this.situation.elsewhere) return this.beside.stop();
    this.change({ lending: { kind: "stopped" }, fresh: null });
    this.donation?.rest();
    await this.donation?.control.stop();
    await this.putAway();
  }

  /** What was finished is sent, or kept because it cannot be sent now. */
  private async putAway(): Promise<void> {
    await this.donation?.control.settled();
    await this.countKept();
    this.lookOn();
  }

  /** While nothing is lent here, another tab may lend. */
  private lookOn(): void {
    if (isWanted(this.situation) || this.options.webgpu === "insecure") this.beside.close();
    else this.beside.look();
  }

  private takeElsewhere(elsewhere: DonorState): void {
    this.change(afterElsewhere(this.situation, elsewhere, this.turning.sinceMs));
    this.change({ job: this.showing.take(this.situation.job, this.donorJob()) });
  }

  /** What lends, and may be told something: the donor here, or another tab's. */
  private get lender(): Hand | null {
    const { lending, elsewhere } = this.situation;
    if (elsewhere) return this.beside.hand;
    return lending.kind === "on" ? (this.donation?.control ?? null) : null;
  }

  /** While something is lent the donor tells it. */
  private async countKept(): Promise<void> {
    const { shelvedCount } = await import("../donor/outbox/shelf.ts");
    const kept = await shelvedCount();
    if (!isWanted(this.situation)) this.change({ kept });
  }

  /** Leaves a job that has ended for the one that was named beside the button. */
  async lendToNext(): Promise<void> {
    const { nextJob } = this.situation;
    this.change(nextJob ? { chosenJob: 0, job: nextJob } : { chosenJob: 0 });
    if (this.situation.lending.kind === "on") await this.donation?.restart(this.wish());
    else await this.lend();
  }

  /** Stops, and leaves the pool that the page is for. */
  async leavePool(): Promise<void> {
    await this.stop();
    try {
      await leaveServedPool(this.donation ?? (await this.open()));
    } catch (fault) {
      this.break(messageOf(fault));
    }
  }

  async retry(): Promise<void> {
    await this.donation?.control.retry();
  }

  /** The visitor lets it run though there is a reason to hold. */
  say(anyway: Anyway): void {
    void this.lender?.say(anyway);
  }

  /** The dose one step away, or null at the end. */
  doseBeside(step: -1 | 1): Dose | null {
    return DOSES[DOSES.indexOf(this.situation.dose) + step] ?? null;
  }

  /** To the dose one step away, if there is one. */
  turn(step: -1 | 1): void {
    const dose = this.doseBeside(step);
    if (dose === null) return;
    const { lender } = this;
    this.turning.turn(dose);
    if (lender) this.fresh.holdBack();
    this.change(lender ? { dose, fresh: null } : { dose, firstDose: dose });
    void lender?.setDose(dose);
  }

  takeSeen(seen: Seen): void {
    this.change({ seen });
  }

  /** The person moved, scrolled or typed. Answers whether it was worth telling. */
  noticeInput(): boolean {
    const { lender } = this;
    if (!lender || !this.aside.begin()) return false;
    void lender.noticeInput();
    if (!this.situation.aside) this.change({ aside: true });
    return true;
  }

  private async open(): Promise<Donation> {
    const { Donation } = await import("../donation/donation.ts");
    const donation = new Donation((message) => this.break(message));
    this.donation = donation;
    await donation.attach((state) => this.takeDonor(state), this.options.openFacts());
    return donation;
  }

  private break(message: string): void {
    this.donation?.end();
    this.donation = null;
    this.change({ lending: { kind: "broken", message } });
    this.lookOn();
  }

  private takeJobs(jobs: JobStatus[]): void {
    this.hurry();
    this.jobs = jobs;
    const { job } = this.situation;
    const known = jobs.find((other) => other.id === job?.id);
    const shown = this.showing.take(known ?? null, this.donorJob()) ?? pickJob(jobs, this.situation.chosenJob);
    this.change(afterJobs(jobs, shown));
  }

  private takeJob(job: JobStatus): void {
    this.jobs = this.jobs.map((other) => (other.id === job.id ? job : other));
    if (job.id === this.situation.job?.id) this.change({ network: "reached", job });
  }

  /** The coordinator answers: a donor that lost its connection need not wait for its next try. */
  private hurry(): void {
    const now = performance.now();
    this.situation.offline = false;
    if (this.situation.donor?.phase.kind !== "offline" || now - this.hurriedAt < HURRY_EVERY_MS) return;
    this.hurriedAt = now;
    void this.retry();
  }

  private donorJob(): JobStatus | null {
    return this.lender ? computedJob(this.situation, this.jobs) : null;
  }

  private takeDonor(donor: DonorState): void {
    takePass(donor.pool);
    const word = wordOf(donor, this.situation);
    if (word === "late") return;
    if (word !== "news") {
      this.donation?.rest();
      this.change(afterEnd(word));
      if (word === "stopped") void this.putAway();
      else this.lookOn();
      return;
    }
    const news = this.fresh.newsOf(donor.verified);
    const told = this.situation.donor?.job;
    const running = this.steady.take(donor.running);
    Object.assign(this.situation, afterDonor(this.situation, donor, running, this.turning.sinceMs));
    // The same figures again may be older than those of the last list.
    if (donor.job && JSON.stringify(donor.job) !== JSON.stringify(told)) this.takeJob(donor.job);
    const shown = this.showing.take(this.situation.job, this.donorJob());
    if (shown?.id !== this.situation.job?.id) this.situation.fresh = null;
    this.situation.job = shown;
    const isSaid = news !== null && news.job === shown?.id && momentOf(this.situation).kind === "running" && this.fresh.begin();
    this.change(isSaid ? { fresh: { unit: news.unit } } : {});
    if (donor.phase.kind === "another-version" && donor.running === 0) reloadAndResume(this.situation.dose);
  }

  private change(changes: Partial<Situation>): void {
    Object.assign(this.situation, changes);
    this.situation.idle = this.lull.take(isQuiet(this.situation));
    this.options.onChange();
  }
}
