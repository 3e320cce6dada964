/**
 * The donor as the page sees it: `off` ─start─▶ another-tab (until the lock is ours) ─▶ a session (session.ts) ─stop─▶ `off`.
 * Only one session at a time, and never before `start`: the key is read, the socket opened and the GPU asked for after consent.
 */
import { forgetAccount } from "./forget.ts";
import { forgetIdentity, keptIdentity, knownIdentity } from "./identity.ts";
import { holdLock } from "./lock.ts";
import { Report } from "./report.ts";
import { Session } from "./session.ts";
import { browserShelf, clearShelf } from "./shelf.ts";
import type { DonorControl, DonorStart, DonorState, Dose } from "./state.ts";
import { Throttle } from "./throttle.ts";

interface Run {
  options: DonorStart;
  abort: AbortController;
  throttle: Throttle;
  opening: Promise<void>;
  /** Once the lock is ours. */
  work: { session: Session; unlock: () => void } | undefined;
}

export class Donor implements DonorControl {
  private readonly report = new Report();
  private run: Run | undefined;
  /** Resolves when the last run has put everything away. */
  private last: Promise<unknown> = Promise.resolve();
  private hidden = false;
  private lastOptions: DonorStart | undefined;

  async start(options: DonorStart): Promise<void> {
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
    const { run } = this;
    this.run = undefined;
    if (run) await this.end(run);
    if (!this.run) this.report.setPhase({ kind: "off" });
  }

  async setDose(dose: Dose): Promise<void> {
    if (this.lastOptions) this.lastOptions = { ...this.lastOptions, dose };
    this.run?.throttle.setDose(dose);
    this.report.set({ dose });
  }

  async noticeInput(): Promise<void> {
    this.run?.throttle.noticeInput();
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
    const ended = kind === "no-webgpu" || kind === "software-adapter" || kind === "failed" || kind === "device-lost";
    if (!ended) {
      this.run?.work?.session.hurry();
      return;
    }
    const options = this.lastOptions;
    await this.stop();
    if (options) await this.start(options);
  }

  /**
   * Stops first: a session would come back with the old key, and shelve what it finishes. The key goes last, since as long as
   * something fails it is needed to try again.
   */
  async forget(): Promise<void> {
    await this.stop();
    await this.last;
    const identity = await knownIdentity();
    if (identity) await forgetAccount(this.lastOptions?.origin ?? self.location.origin, identity);
    await clearShelf();
    await caches.delete("idlewave-blobs");
    await forgetIdentity();
    this.report.forgotten();
  }

  private async open(run: Run): Promise<void> {
    await this.last;
    const unlock = await holdLock(run.abort.signal, () => {
      if (this.run === run) this.report.setPhase({ kind: "another-tab" });
    });
    if (!unlock) return;
    try {
      const identity = await keptIdentity();
      this.report.set({ persisted: (await navigator.storage?.persisted?.()) ?? false });
      if (this.run === run) run.work = { unlock, session: new Session(run.options, identity, browserShelf(), run.throttle, this.report) };
    } finally {
      if (!run.work) unlock();
    }
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
    this.last = closed
      .catch((error: unknown) => {
        if (!this.run) this.fail(error);
      })
      .finally(work.unlock);
  }

  private fail(error: unknown): void {
    this.report.setPhase({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}
