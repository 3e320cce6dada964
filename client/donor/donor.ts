/**
 * The donor as the page sees it: `off` ─start─▶ another-tab (until the lock is ours) ─▶ a session (session.ts) ─stop─▶ `off`.
 * Only one session at a time, and never before `start`: the key is read, the socket opened and the GPU asked for after consent.
 * A session with a kernel that does not end is the last one: `endless`, in this tab and in those that wait for the lock.
 */
import { browserBarred, clearBarred } from "./barred.ts";
import { clearBlobs } from "./blob-cache.ts";
import { forgetAccount } from "./forget.ts";
import { forgetIdentity, type Identity, keptIdentity, knownIdentity } from "./identity.ts";
import { holdLock, lockWithin } from "./lock.ts";
import { forgetUnits } from "./own-units.ts";
import { Report } from "./report.ts";
import { Session } from "./session.ts";
import { browserShelf, clearShelf } from "./shelf.ts";
import type { DonorControl, DonorPhase, DonorStart, DonorState, Dose } from "./state.ts";
import { Tabs } from "./tabs.ts";
import { Throttle } from "./throttle.ts";

/** Other tabs are waited for this long before their account is forgotten. */
const OTHERS_PATIENCE_MS = 15_000;

interface Run {
  options: DonorStart;
  abort: AbortController;
  throttle: Throttle;
  opening: Promise<void>;
  /** While the lock is ours. */
  work: { session: Session } | undefined;
}

export class Donor implements DonorControl {
  private readonly report = new Report();
  private readonly tabs = new Tabs({
    onAsk: () => this.run?.work?.session.retell(),
    onHolder: (state) => this.follow(state),
    onFact: (fact) => {
      if (this.isWaiting) this.report.pass(fact);
    },
    onDose: (dose) => {
      if (this.run) this.takeDose(dose);
    },
    onInput: () => this.run?.throttle.noticeInput(),
    onStop: () => {
      if (this.run) void this.halt({ kind: "stopped" });
    },
    onForget: () => void this.yieldToForget(),
  });
  private run: Run | undefined;
  /** Resolves when the last run has put everything away. */
  private last: Promise<unknown> = Promise.resolve();
  private hidden = false;
  /** Gives the lock back that a kernel which does not end has kept. */
  private spent: { phase: DonorPhase; unlock: () => void } | undefined;
  private lastOptions: DonorStart | undefined;

  constructor() {
    this.report.onState = (state) => {
      if (this.run?.work) this.tabs.hold(state);
    };
    this.report.onFact = (fact) => this.tabs.fact(fact);
  }

  async start(options: DonorStart): Promise<void> {
    if (this.spent) return this.report.setPhase(this.spent.phase);
    if (this.run) return;
    this.lastOptions = options;
    const run: Run = {
      ...{ options, abort: new AbortController(), throttle: new Throttle(options.dose) },
      ...{ opening: Promise.resolve(), work: undefined },
    };
    run.throttle.setHidden(this.hidden);
    this.run = run;
    this.report.begin(options.dose);
    this.report.setPhase({ kind: "starting", bytes: 0 });
    run.opening = this.open(run);
    run.opening.catch((error: unknown) => {
      if (this.run === run) this.fail(error);
    });
  }

  async stop(): Promise<void> {
    this.tabs.stop();
    await this.halt({ kind: "off" });
  }

  async settled(): Promise<void> {
    await this.last;
  }

  async restart(options: DonorStart): Promise<void> {
    await this.halt({ kind: "off" });
    await this.start(options);
  }

  private async halt(phase: DonorPhase): Promise<void> {
    const { run } = this;
    this.run = undefined;
    if (run) await this.end(run);
    if (!this.run) this.report.setPhase(phase);
  }

  /** Another tab forgets the account: this one lends no more under its key, and does not wait for its turn. */
  private async yieldToForget(): Promise<void> {
    await this.halt({ kind: "forgotten" });
    await this.last;
    this.spent?.unlock();
    if (!this.run) this.report.forgotten();
  }

  /** Another tab has the lock, and this one waits for it. */
  private get isWaiting(): boolean {
    return this.report.phase.kind === "another-tab";
  }

  private follow(state: DonorState): void {
    if (!this.isWaiting) return;
    this.takeDose(state.dose);
    this.report.takeHolder(state, computes(state.phase));
  }

  async setDose(dose: Dose): Promise<void> {
    this.takeDose(dose);
    this.tabs.dose(dose);
  }

  private takeDose(dose: Dose): void {
    if (this.lastOptions) this.lastOptions = { ...this.lastOptions, dose };
    this.run?.throttle.setDose(dose);
    this.report.set({ dose });
  }

  async noticeInput(): Promise<void> {
    if (this.isWaiting) this.tabs.input();
    else this.run?.throttle.noticeInput();
  }

  async setHidden(hidden: boolean): Promise<void> {
    this.hidden = hidden;
    this.run?.throttle.setHidden(hidden);
  }

  async watch(onState: (state: DonorState) => void): Promise<void> {
    this.report.watch(onState);
  }

  async facts(port: MessagePort): Promise<void> {
    this.report.facts(port);
  }

  /** Starts afresh after an end of the session's own; otherwise asks again at once. */
  async retry(): Promise<void> {
    const { kind } = this.report.phase;
    const ended = ["no-webgpu", "no-adapter", "software-adapter", "failed", "device-lost"].includes(kind);
    if (!ended) {
      this.run?.work?.session.hurry();
      return;
    }
    if (this.lastOptions) await this.restart(this.lastOptions);
  }

  /**
   * Stops first, in all tabs: a session would come back with the old key, and shelve what it finishes. Holds the lock
   * meanwhile, so that none begins. The key goes last, since as long as something fails it is needed to try again.
   */
  async forget(): Promise<void> {
    this.tabs.forget();
    await this.halt({ kind: "off" });
    await this.last;
    const unlock = this.spent?.unlock ?? (await lockWithin(OTHERS_PATIENCE_MS));
    if (!unlock) throw new Error("Another tab still lends. Stop it there, then try again.");
    try {
      const identity = await knownIdentity();
      if (identity) await forgetAccount(this.lastOptions?.origin ?? self.location.origin, identity);
      await clearShelf();
      await forgetUnits();
      await clearBlobs();
      await clearBarred();
      await forgetIdentity();
    } finally {
      unlock();
    }
    this.report.forgotten();
  }

  private async open(run: Run): Promise<void> {
    await this.last;
    const unlock = await holdLock(run.abort.signal, () => {
      if (this.run !== run) return;
      this.report.setPhase({ kind: "another-tab", running: true });
      // The share on the button that was just pressed holds for all tabs.
      this.tabs.dose(run.options.dose);
      this.tabs.ask();
    });
    if (!unlock) return;
    try {
      const identity = await keptIdentity();
      this.report.set({ persisted: (await navigator.storage?.persisted?.()) ?? false });
      if (this.run === run) run.work = this.work(run, identity, unlock);
    } finally {
      if (!run.work) unlock();
    }
  }

  /**
   * A session gives the lock back when it has ended, by itself too: another tab may lend then. Not while the GPU hangs: what
   * another one submits might never have its turn, and another kernel be blamed for it.
   */
  private work(run: Run, identity: Identity, unlock: () => void): Run["work"] {
    const session = new Session(run.options, identity, { shelf: browserShelf(), barred: browserBarred() }, run.throttle, this.report);
    const release = () => {
      run.work = undefined;
      const { endless } = session;
      if (endless) {
        this.spent = { phase: endless, unlock };
        void this.halt(endless);
        return;
      }
      if (!this.run || this.run === run) this.tabs.letGo();
      unlock();
    };
    void session.ended.then(release);
    return { session };
  }

  private async end(run: Run): Promise<void> {
    run.abort.abort();
    run.throttle.end();
    const { work } = run;
    if (!work) {
      // What is on its way to a session makes none any more; its lock is given back by then.
      this.last = run.opening.catch(() => undefined); // told already
      return;
    }
    const { closed } = await work.session.stop();
    this.last = closed.catch((error: unknown) => {
      if (!this.run) this.fail(error);
    });
  }

  private fail(error: unknown): void {
    this.report.setPhase({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

/** The GPU has work. */
function computes(phase: DonorPhase): boolean {
  return phase.kind === "running" || phase.kind === "refused" || (phase.kind === "offline" && phase.running);
}
