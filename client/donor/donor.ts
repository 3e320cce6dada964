/**
 * The donor as the page sees it: `off` ─start─▶ another-tab (until the lock is ours) ─▶ a session (session.ts) ─stop─▶ `off`.
 * Only one session at a time, and never before `start`: the key is read, the socket opened and the GPU asked for after consent.
 */
import { forgetAccount } from "./forget.ts";
import { forgetIdentity, keptIdentity } from "./identity.ts";
import { holdLock } from "./lock.ts";
import { Report } from "./report.ts";
import { Session } from "./session.ts";
import { browserShelf } from "./shelf.ts";
import type { DonorControl, DonorStart, DonorState, Dose } from "./state.ts";
import { Throttle } from "./throttle.ts";

interface Run {
  options: DonorStart;
  abort: AbortController;
  throttle: Throttle;
  session: Session | undefined;
  unlock: (() => void) | undefined;
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
    const run: Run = { options, abort: new AbortController(), throttle: new Throttle(options.dose), session: undefined, unlock: undefined };
    run.throttle.setHidden(this.hidden);
    this.run = run;
    this.report.begin(options.dose);
    this.report.setPhase({ kind: "starting", bytes: 0 });
    this.open(run).catch((error: unknown) => {
      if (this.run === run) this.report.setPhase({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
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
      this.run?.session?.hurry();
      return;
    }
    const options = this.lastOptions;
    await this.stop();
    if (options) await this.start(options);
  }

  async forget(): Promise<void> {
    const session = this.run?.session;
    if (session) await session.forget();
    else await forgetAccount(self.location.origin, await keptIdentity());
    await this.stop();
    await this.last;
    await forgetIdentity();
    await caches.delete("idlewave-blobs");
    this.report.forgotten();
  }

  private async open(run: Run): Promise<void> {
    await this.last;
    run.unlock = await holdLock(run.abort.signal, () => {
      if (this.run === run) this.report.setPhase({ kind: "another-tab" });
    });
    if (!run.unlock) return;
    const identity = await keptIdentity();
    this.report.set({ persisted: (await navigator.storage?.persisted?.()) ?? false });
    if (this.run !== run) return run.unlock();
    run.session = new Session(run.options, identity, browserShelf(), run.throttle, this.report);
  }

  private async end(run: Run): Promise<void> {
    run.abort.abort();
    run.throttle.end();
    const { session, unlock } = run;
    if (!session) return;
    const { closed } = await session.stop();
    this.last = closed.finally(() => unlock?.());
    this.last.catch(() => undefined);
  }
}
