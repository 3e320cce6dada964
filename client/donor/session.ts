/**
 * One run of the donor, from start to stop, with the lock held. The machine, by what its loop is doing:
 *
 *   starting ─(handshake, adapter)─▶ running ⇄ waiting (no unit, asks again after retryMs) ⇄ job-done
 *   running ─(device lost)─▶ device-lost ─(a new device)─▶ running; the third time ─▶ device-lost, final
 *   job-done ─▶ job-done, final: where one job alone was chosen
 *   any ─(a kernel, or its compilation, does not end)─▶ endless, final: its device is left alone
 *   starting ─▶ no-webgpu | no-adapter | software-adapter | failed;  any ─▶ another-version: these are ends
 *
 * Being offline is no state of the loop, it only covers what is told: the loop goes on with the units it has, the outbox
 * keeps what is finished. After `stop` nothing is submitted, open units are given back and the socket is closed.
 */
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { JobStatus } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import type { AccountNotice } from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Machine } from "./adapter.ts";
import { Bulletin } from "./bulletin.ts";
import type { Barred } from "./claims/barred.ts";
import { Choice } from "./claims/choice.ts";
import { Claims } from "./claims/claims.ts";
import { type NoWork, Supply } from "./claims/supply.ts";
import { Checkpoints } from "./computing/checkpoints.ts";
import { Computing } from "./computing/computing.ts";
import { Hardware } from "./computing/hardware.ts";
import type { SpeedShelf } from "./computing/host-speed.ts";
import type { Throttle } from "./computing/throttle.ts";
import type { Identity } from "./identity.ts";
import { Inputs } from "./inputs/inputs.ts";
import type { Verdict } from "./manners/policy.ts";
import { NO_WISHES } from "./manners/wishes.ts";
import { Outbox } from "./outbox/outbox.ts";
import type { SessionShelf } from "./outbox/shelf.ts";
import { Signatures } from "./outbox/signatures.ts";
import { postOf } from "./outbox/upload.ts";
import type { KeptPool } from "./pools/kept-pools.ts";
import { Serving } from "./pools/serving.ts";
import type { Report } from "./report.ts";
import { SessionState } from "./session-state.ts";
import { Signal } from "./signal.ts";
import { NotConnected, VolunteerSocket } from "./socket.ts";
import type { DonorPhase, DonorStart, Ending } from "./state.ts";

/** Renewals, shares and the job's figures are looked at this often: once a bar of the wave. */
const CHORES_EVERY_MS = 250;
/** What the last units gave is told within this time after the job ended. */
const LAST_NOTICES_MS = 2_000;

export interface SessionKept {
  shelf: SessionShelf;
  barred: Barred;
  /** Told of each new pass to the pool that is served. */
  keepPool?: (pool: KeptPool) => void;
  /** Told of what is wished from other devices of the account, before anything is claimed on a connection. */
  onWish: (wish: RemoteWish) => void;
}

export class Session {
  /** Number of the one job that was chosen, 0 for any. */
  private readonly wished: number;
  private readonly report: Report;
  private readonly throttle: Throttle;
  private readonly socket: VolunteerSocket;
  private readonly serving: Serving;
  private readonly inputs: Inputs;
  private readonly claims: Claims;
  private readonly checkpoints: Checkpoints;
  private tookUp = false;
  private readonly choice: Choice;
  private readonly supply: Supply;
  private readonly outbox: Outbox;
  private readonly signatures: Signatures;
  private readonly bulletin: Bulletin;
  private readonly computing: Computing;
  private readonly changed = new Signal();
  private readonly chores: ReturnType<typeof setInterval>;
  private readonly hardware: Hardware;
  private readonly state: SessionState;
  private fetched = 0;
  /** Percent, as the manners say. */
  private lent = 0;
  private hang: DonorPhase | undefined;
  private stopping: Promise<{ closed: Promise<void> }> | undefined;
  private readonly looping: Promise<void>;
  private tellEnded: () => void = () => undefined;
  /** Resolves when everything was put away, whoever ended the run. */
  readonly ended = new Promise<void>((resolve) => {
    this.tellEnded = resolve;
  });

  /** `machine`: where there is no browser to say what it is. */
  constructor(
    options: DonorStart,
    identity: Identity,
    kept: SessionKept,
    speeds: SpeedShelf,
    throttle: Throttle,
    report: Report,
    machine?: Machine,
  ) {
    const { shelf, barred } = kept;
    this.wished = options.job;
    this.report = report;
    this.throttle = throttle;
    this.state = new SessionState(report, () => this.claims.open + this.claims.waiting > 0);
    this.serving = new Serving(options.pool, (pool) => {
      report.set({ pool });
      kept.keepPool?.(pool);
    });
    this.inputs = new Inputs(options.origin, (bytes) => this.onFetched(bytes), this.serving.headers);
    this.hardware = new Hardware({
      ...{ inputs: this.inputs, barred, throttle, report, speeds, machine },
      wishes: options.wishes ?? NO_WISHES,
      expected: options.job || (options.shown ?? 0),
      isStopped: () => this.stopped,
      onChange: () => this.changed.fire(),
      onLost: () => this.onLost(),
      onNone: (phase) => this.finish(phase),
    });
    this.socket = new VolunteerSocket(
      options.origin,
      identity,
      {
        introduce: (challenge) => this.hardware.introduce(challenge.allowSoftware || options.audit !== undefined),
        onPool: (pool) => this.serving.take(pool),
        onUp: (account, start) => this.onUp(account, start),
        onDown: () => this.state.setLink("down"),
        onAccount: (account) => this.onAccount(account),
        onWork: () => this.supply.soon(),
        onWithdraw: (job) => this.withdraw(job),
        onWish: kept.onWish,
        onTakenBack: () => this.finish({ kind: "stopped" }),
        onReload: () => this.finish({ kind: "another-version" }),
        onRefused: (code, message) => {
          if (code === "taken-back") this.finish({ kind: "stopped" });
          else this.finish(code === "software-adapter" ? { kind: code } : { kind: "failed", message });
        },
      },
      { audit: options.audit, pool: this.serving.id, site: options.site, agreedAt: options.agreedAt },
    );
    const { socket } = this;
    this.bulletin = new Bulletin(report, this.inputs, socket, throttle, options.shown ?? 0);
    this.claims = new Claims((frame) => socket.request(frame));
    this.choice = new Choice(options.job, () => this.inputs.jobs());
    this.supply = new Supply(this.claims, this.choice, {
      onChange: () => this.changed.fire(),
      onDry: (answer, retryMs) => this.dry(answer, retryMs),
      onFailure: (error) => this.state.set({ kind: "failed", message: messageOf(error) }),
    });
    this.signatures = new Signatures(identity, shelf.statements, socket, () => void this.outbox.flush());
    this.outbox = new Outbox(shelf, postOf(options.origin, socket, this.signatures), ({ job, unit, status }, verdict) => {
      this.supply.answered();
      if (verdict === "refused") report.unit({ job, unit, state: "waiting", progress: 1 });
      else if (status === "ok" && (verdict === "recorded" || verdict === "wanted")) report.recorded(job, unit);
    });
    this.checkpoints = new Checkpoints(shelf.checkpoints);
    const { inputs, claims, checkpoints, choice, supply, outbox, bulletin, state } = this;
    this.computing = new Computing({
      ...{ inputs, barred, claims, checkpoints, choice, supply, outbox, bulletin, report, state },
      onChange: () => this.changed.fire(),
      onEnd: (phase) => {
        if (phase.kind === "endless") this.hang = phase;
        this.finish(phase);
      },
      isStopped: () => this.stopped,
    });
    report.set({ publicKey: toHex(identity.publicKey), pool: options.pool });
    report.count(() => ({
      // A page that reloads waits until nothing is left to give back.
      running: this.stopped ? this.claims.open : this.computing.begun,
      unsent: this.outbox.count,
      unsentMicros: this.outbox.gpuMicros,
      secondsPerUnit: this.computing.speeds.secondsPerUnit(this.bulletin.job),
    }));
    this.chores = setInterval(() => this.doChores(), CHORES_EVERY_MS);
    this.looping = this.loop().catch((error: unknown) => this.fail(error));
  }

  /** Nothing is submitted to the GPU when it resolves. `closed` of the result: the rest is given back and put away. */
  stop(ending: Ending = "give-back"): Promise<{ closed: Promise<void> }> {
    if (!this.stopping) {
      this.stopping = this.end(ending);
      this.stopping.catch(this.tellEnded); // whoever stopped hears why
    }
    return this.stopping;
  }

  private get stopped(): boolean {
    return this.stopping !== undefined;
  }

  /** Of a run in which a kernel did not end, stopped or not: it holds the GPU until the browser or the process ends. */
  get endless(): DonorPhase | undefined {
    return this.hang;
  }

  /** From now on it lends as the manners say; while they hold it nothing is claimed and nothing begins. */
  heed(verdict: Verdict): void {
    this.throttle.heed(verdict);
    this.state.heed(verdict);
    this.lent = verdict.kind === "lend" ? Math.round(100 * verdict.share) : 0;
    this.report.set({ slowed: verdict.kind === "lend" ? verdict.slowed : null });
    this.changed.fire();
  }

  hurry(): void {
    this.socket.hurry();
    this.supply.hurry();
  }

  /** Somebody new shows this run: the account's own units are told again. */
  retell(): void {
    this.report.anew();
    void this.bulletin.tellOwnUnits();
  }

  private async end(ending: Ending): Promise<{ closed: Promise<void> }> {
    this.changed.fire();
    await this.hardware.workshop?.stop();
    return { closed: this.putAway(ending).finally(this.tellEnded) };
  }

  private async putAway(ending: Ending): Promise<void> {
    clearInterval(this.chores);
    this.supply.close();
    // A device that is asked for behind a kernel that does not end may never come.
    if (!this.hardware.workshop?.isHung) await this.looping;
    // What the GPU had finished when it stopped is sent, not forgotten: it is neither open nor in the outbox yet.
    await this.computing.settled();
    try {
      await this.outbox.finish();
      await this.claims.release({ goesOn: (unit) => ending === "leave-begun" && this.checkpoints.has(unit) });
      if (ending === "give-back") this.checkpoints.clear();
    } catch (error) {
      if (!(error instanceof NotConnected)) throw error;
      // The units run out by themselves, the results are on the shelf.
    }
    this.report.holds([]);
    this.signatures.close();
    await this.outbox.close();
    this.socket.close();
  }

  /** The run is over for a reason of its own; the person may retry. */
  private finish(phase: DonorPhase): void {
    if (this.stopped) return;
    this.state.set(phase);
    this.stop()
      .then(({ closed }) => closed)
      .catch((error: unknown) => this.state.set({ kind: "failed", message: messageOf(error) }));
  }

  private fail(error: unknown): void {
    this.finish({ kind: "failed", message: messageOf(error) });
  }

  private async loop(): Promise<void> {
    await this.signatures.load();
    await this.outbox.load();
    this.report.soon();
    void this.outbox.flush();
    while (!this.stopped) {
      const waitMs = await this.computing.step(this.hardware.workshop);
      if (waitMs > 0 && !this.stopped) await this.changed.wait(waitMs);
    }
  }

  private async dry(answer: NoWork, retryMs: number): Promise<void> {
    // Nothing more is coming that could share its signature.
    void this.outbox.finish();
    const status = await this.bulletin.refresh();
    if (this.state.phase.kind === "failed" || this.state.phase.kind === "device-lost" || this.stopped) return;
    if (answer.type === "error") this.state.set({ kind: "failed", message: answer.message });
    else if (answer.type !== "idle") this.state.set({ kind: "failed", message: `The coordinator answered a claim with ${answer.type}.` });
    else if (status?.state === "done") this.jobDone(status);
    else this.state.set({ kind: "waiting", reason: answer.reason, retryMs });
  }

  /** Whoever chose this job alone lends no further. */
  private jobDone({ id }: JobStatus): void {
    const phase = { kind: "job-done", job: id } as const;
    this.state.set({ ...phase, final: false });
    if (id === this.wished) setTimeout(() => this.finish({ ...phase, final: true }), LAST_NOTICES_MS);
  }

  private onLost(): void {
    if (this.stopped) return;
    const final = this.computing.setbacks.lost();
    const phase: DonorPhase = { kind: "device-lost", times: this.computing.setbacks.losses, final };
    if (final) this.finish(phase);
    else this.state.set(phase);
  }

  private onUp(account: AccountNotice, start: Uint8Array): void {
    this.signatures.begin(start);
    this.state.setLink("up");
    this.supply.hurry();
    this.onAccount(account);
    void this.outbox.flush();
    void this.bulletin.tellOwnUnits();
    this.renewAll()
      .catch(() => undefined) // the connection dropped again: the next one renews
      .finally(() => this.changed.fire());
  }

  /** What this run holds; the first time what an earlier page had begun too. */
  private async renewAll(): Promise<void> {
    const isFirst = !this.tookUp;
    this.tookUp = true;
    if (isFirst) await this.checkpoints.takeUp(this.claims);
    await this.claims.renew(true);
  }

  private withdraw(job: number): void {
    this.claims.drop(job);
    void this.hardware.workshop?.withdraw(job);
    this.changed.fire();
  }

  private onAccount(account: AccountNotice): void {
    // What is told after Stop is the figure of that moment; the next run asks anew.
    if (this.stopped) return;
    this.report.takeAccount(account);
    const refused = account.changes.find((change) => change.state === "refused");
    if (refused) this.state.refuse(refused.job, refused.unit);
  }

  private onFetched(bytes: number): void {
    this.fetched += bytes;
    if (this.state.phase.kind === "starting") this.state.set({ kind: "starting", bytes: this.fetched });
  }

  private doChores(): void {
    this.bulletin.tick();
    if (!this.stopped) this.report.holds([...this.claims.byJob()].map(([job, units]) => ({ job, units })));
    if (this.state.isUp) this.serving.tick(this.socket);
    this.socket.tellLent(this.stopped ? 0 : this.lent);
    if (this.state.isUp) this.claims.renew().catch(() => undefined); // tried again at the next turn or connection
    this.state.refresh();
  }
}
