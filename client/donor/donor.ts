/**
 * The donor as the page sees it: `off` ─start─▶ another-tab (until the lock is ours) ─▶ turns (turns.ts) ─stop─▶ `off`.
 * Only one session at a time, and never before `start`: the key is read, the socket opened and the GPU asked for after consent.
 * A session with a kernel that does not end is the last one: `endless`, in this tab and in those that wait for the lock.
 */
import type { BoxWord } from "../../shared/account/box.ts";
import type { Certificate, Revocation } from "../../shared/account/certificate.ts";
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { BoxInfo, DeviceInfo } from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import { boxesOf, keepBox, takeBack, vouchFor } from "./account/boxes.ts";
import { deviceKey, devicesOf, linkDevice, removeDevice, wishOf } from "./account/devices.ts";
import { openEar } from "./account/ear.ts";
import { browserBarred } from "./claims/barred.ts";
import { browserSpeeds } from "./computing/host-speed.ts";
import { Turns } from "./computing/turns.ts";
import { errand, Refused } from "./errand.ts";
import { type Identity, keptIdentity, knownIdentity } from "./identity.ts";
import { clearBlobs } from "./inputs/blob-cache.ts";
import { emptyKept } from "./kept.ts";
import { Manners } from "./manners/manners.ts";
import type { Anyway } from "./manners/policy.ts";
import { type Surroundings, UNTOLD } from "./manners/surroundings.ts";
import { NO_WISHES, type Wishes } from "./manners/wishes.ts";
import { browserShelf } from "./outbox/shelf.ts";
import { has } from "./phases.ts";
import { type KeptPool, keepPool } from "./pools/kept-pools.ts";
import { joinPool, leavePool } from "./pools/membership.ts";
import { Report } from "./report.ts";
import { Session } from "./session.ts";
import type { AccountSign, VolunteerSocket } from "./socket.ts";
import type { DonorControl, DonorPhase, DonorStart, DonorState, Dose } from "./state.ts";
import { holdLife } from "./tabs/alive.ts";
import { holdLock, lockWithin } from "./tabs/lock.ts";
import { Sight } from "./tabs/sight.ts";
import { Tabs } from "./tabs/tabs.ts";

/** Other tabs are waited for this long before their account is forgotten. */
const OTHERS_PATIENCE_MS = 15_000;

interface Run {
  options: DonorStart;
  abort: AbortController;
  manners: Manners;
  opening: Promise<void>;
  /** While the lock is ours. */
  turns: Turns | undefined;
}

export class Donor implements DonorControl {
  private readonly report = new Report();
  private readonly tabs = new Tabs({
    onAsk: () => this.run?.turns?.session?.retell(),
    onHolder: (state, isNew) => this.follow(state, isNew),
    onFact: (fact) => {
      if (this.isWaiting) this.report.pass(fact);
    },
    onDose: (dose) => {
      if (this.run) this.takeDose(dose);
    },
    onWishes: (wishes) => this.takeWishes(wishes),
    onAnyway: (anyway) => this.run?.manners.say(anyway),
    onInput: () => this.touch(),
    onStop: () => {
      if (!this.run) return;
      this.halting = this.halt({ kind: "stopped" });
      // At once, so that the last figures are the same in all tabs.
      this.report.setPhase({ kind: "stopped" });
    },
    onForget: () => void this.yieldToForget(),
  });
  private run: Run | undefined;
  /** Resolves when the last run has put everything away. */
  private last: Promise<unknown> = Promise.resolve();
  /** Stop from another tab, while it is under way. */
  private halting: Promise<void> = Promise.resolve();
  /** Gives the lock back that a kernel which does not end has kept. */
  private spent: { phase: DonorPhase; unlock: () => void } | undefined;
  private surroundings: Surroundings = UNTOLD;
  private readonly sight = new Sight(() => this.run?.manners.setSurroundings(this.around));
  private lastOptions: DonorStart | undefined;

  constructor() {
    this.report.onState = (state) => {
      if (this.run?.turns) this.tabs.hold(state);
    };
    this.report.onFact = (fact) => this.tabs.fact(fact);
  }

  life(): Promise<string> {
    return holdLife();
  }

  async start(options: DonorStart): Promise<void> {
    if (this.spent) return this.report.setPhase(this.spent.phase);
    if (this.run) return;
    this.lastOptions = options;
    if (options.surroundings) this.surroundings = options.surroundings;
    this.sight.look(this.surroundings.hidden);
    const { dose, wishes = NO_WISHES } = options;
    const mayBeSoftware = () => this.report.mayBeSoftware;
    const manners = new Manners({ dose, wishes, surroundings: this.around, mayBeSoftware });
    const run: Run = { options, abort: new AbortController(), manners, opening: Promise.resolve(), turns: undefined };
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

  async pause(): Promise<void> {
    await this.halt({ kind: "off" });
  }

  async settled(): Promise<void> {
    await this.halting;
    await this.last;
  }

  async restart(options: DonorStart): Promise<void> {
    await this.halt({ kind: "off" });
    await this.start(options);
  }

  private async halt(phase: DonorPhase): Promise<void> {
    const { run } = this;
    this.run = undefined;
    this.sight.look(false);
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

  private follow(state: DonorState, isNew: boolean): void {
    if (!this.isWaiting) return;
    if (isNew) this.tabs.ask();
    this.takeDose(state.dose);
    this.report.takeHolder(state);
  }

  async setDose(dose: Dose): Promise<void> {
    this.takeDose(dose);
    this.tabs.dose(dose);
  }

  private takeDose(dose: Dose): void {
    if (this.lastOptions) this.lastOptions = { ...this.lastOptions, dose };
    this.run?.manners.setDose(dose);
    this.report.set({ dose });
  }

  async noticeInput(): Promise<void> {
    if (this.isWaiting) this.tabs.input();
    else this.touch();
  }

  private touch(): void {
    this.run?.manners.noticeInput();
    this.run?.turns?.noticeInput();
  }

  async setSurroundings(surroundings: Surroundings): Promise<void> {
    this.surroundings = surroundings;
    this.sight.look(surroundings.hidden && this.run !== undefined);
    this.run?.manners.setSurroundings(this.around);
  }

  /** As the page tells them; it is as good as seen when another tab shows what it does. */
  private get around(): Surroundings {
    return { ...this.surroundings, hidden: this.surroundings.hidden && !this.sight.isSeen };
  }

  private takeWishes(wishes: Wishes): void {
    if (this.lastOptions) this.lastOptions = { ...this.lastOptions, wishes };
    this.run?.manners.setWishes(wishes);
  }

  async say(anyway: Anyway): Promise<void> {
    this.run?.manners.say(anyway);
    this.tabs.anyway(anyway);
  }

  async watch(onState: (state: DonorState) => void): Promise<void> {
    this.report.watch(onState);
  }

  async facts(port: MessagePort): Promise<void> {
    this.report.facts(port);
  }

  /** Starts afresh after an end of the session's own; otherwise asks again at once. */
  async retry(): Promise<void> {
    if (!has(this.report.phase, "tried-afresh")) {
      this.run?.turns?.session?.hurry();
      return;
    }
    if (this.lastOptions) await this.restart(this.lastOptions);
  }

  joinPool(origin: string, secret: string, name: string): Promise<KeptPool> {
    return joinPool(origin, secret, name);
  }

  deviceKey(): Promise<Uint8Array> {
    return deviceKey();
  }

  linkDevice(origin: string, certificate: Certificate): Promise<void> {
    return linkDevice(origin, certificate);
  }

  devices(origin: string): Promise<DeviceInfo[]> {
    return devicesOf(origin);
  }

  removeDevice(origin: string, revocation: Revocation): Promise<void> {
    return removeDevice(origin, revocation);
  }

  wish(origin: string, device: Uint8Array, wish: RemoteWish): Promise<void> {
    return wishOf(origin, device, wish);
  }

  vouchFor(keeper: Uint8Array, site: string): Promise<BoxWord | undefined> {
    return vouchFor(keeper, site);
  }

  keepBox(origin: string, word: BoxWord): Promise<void> {
    return keepBox(origin, word);
  }

  boxes(origin: string): Promise<BoxInfo[]> {
    return boxesOf(origin);
  }

  takeBack(origin: string): Promise<void> {
    return takeBack(origin);
  }

  async leavePool(origin: string, id: number): Promise<void> {
    await this.stop();
    await this.settled();
    await leavePool(origin, id);
  }

  /**
   * Stops first, in all tabs: a session would come back with the old key, and shelve what it finishes. Holds the lock
   * meanwhile, so that none begins. The key goes last, since as long as something fails it is needed to try again.
   */
  forget(): Promise<void> {
    return this.forgetBy((socket) => socket.forget());
  }

  forgetAccount(sign: AccountSign): Promise<void> {
    return this.forgetBy((socket) => socket.forgetAccount(sign), false);
  }

  /** `mayBeOff`: a device that was taken off its account, and is let in no more, has but its key to lose. */
  private async forgetBy(ask: (socket: VolunteerSocket) => Promise<void>, mayBeOff = true): Promise<void> {
    this.tabs.forget();
    await this.halt({ kind: "off" });
    await this.last;
    const unlock = this.spent?.unlock ?? (await lockWithin(OTHERS_PATIENCE_MS));
    if (!unlock) throw new Error("Another tab still lends. Stop it there, then try again.");
    try {
      const identity = await knownIdentity();
      if (identity)
        await errand(this.lastOptions?.origin ?? self.location.origin, identity, ask).catch((error: unknown) => {
          if (!mayBeOff || !(error instanceof Refused && error.code === "device-revoked")) throw error;
        });
      await clearBlobs();
      await emptyKept();
    } finally {
      unlock();
    }
    this.report.forgotten();
  }

  private async open(run: Run): Promise<void> {
    await this.last;
    const unlock = await holdLock(run.abort.signal, () => {
      if (this.run !== run) return;
      this.report.setPhase({ kind: "another-tab", running: true, hold: null });
      // The share on the button that was just pressed holds for all tabs.
      this.tabs.dose(run.options.dose);
      this.tabs.ask();
    });
    if (!unlock) return;
    try {
      const identity = await keptIdentity();
      this.report.set({ persisted: (await navigator.storage?.persisted?.()) ?? false });
      if (this.run === run) run.turns = this.takeTurns(run, identity, unlock);
    } finally {
      if (!run.turns) unlock();
    }
  }

  /**
   * They give the lock back when they have ended, by themselves too: another tab may lend then. Not while the GPU hangs: what
   * another one submits might never have its turn, and another kernel be blamed for it.
   */
  private takeTurns(run: Run, identity: Identity, unlock: () => void): Turns {
    const { manners, options } = run;
    const { report } = this;
    const onWish = (wish: RemoteWish) => manners.setRemote(wish);
    const kept = { shelf: browserShelf(), barred: browserBarred(), keepPool: (pool: KeptPool) => void keepPool(pool), onWish };
    const turns = new Turns({
      ...{ manners, report },
      open: (throttle, wishes) => new Session({ ...options, wishes }, identity, kept, browserSpeeds(), throttle, report),
      listen: () => openEar(options.origin, identity, onWish),
    });
    void turns.ended.then(() => {
      run.turns = undefined;
      manners.end();
      const { endless } = turns;
      if (endless) {
        this.spent = { phase: endless, unlock };
        void this.halt(endless);
        return;
      }
      if (!this.run || this.run === run) this.tabs.letGo();
      unlock();
    });
    return turns;
  }

  private async end(run: Run): Promise<void> {
    run.abort.abort();
    const { turns } = run;
    if (!turns) {
      run.manners.end();
      // What is on its way to a session makes none any more; its lock is given back by then.
      this.last = run.opening.catch(() => undefined); // told already
      return;
    }
    const { closed } = await turns.stop();
    this.last = closed.catch((error: unknown) => {
      if (!this.run) this.fail(error);
    });
  }

  private fail(error: unknown): void {
    this.report.setPhase({ kind: "failed", message: messageOf(error) });
  }
}
