/**
 * A network on a virtual clock around its server. Each seat has one host at a time: it computes for a session, leaves,
 * and the same person or another one takes the seat. Messages take time, get lost and come twice.
 */

import { VETTED_PASSED } from "../../server/core/audit.ts";
import { AUDITOR } from "../../server/core/cluster.ts";
import type { Reply } from "../../server/core/effects.ts";
import type { Assignment, AuditRecord, CoreEvent, SubmittedResult } from "../../server/core/events.ts";
import type { ToCompare } from "../../server/core/likeness.ts";
import { type AccountId, type HostId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { markOf } from "../unit/core/world.ts";
import { HONEST, type Ring, type Self, type Strategy } from "./adversaries.ts";
import { Auditor } from "./auditor.ts";
import { Dice } from "./dice.ts";
import { BYTES, CLAIM_MS, TICK_MS } from "./pace.ts";
import { Score } from "./score.ts";
import { isCheckedAlone, type Server, startServer, type Tier } from "./server.ts";
import { Timeline } from "./timeline.ts";
import { distanceOf, shaded } from "./tolerance.ts";

/** A unit on the median host, and how unequal hosts are. */
const UNIT_MS = 1_000;
const SPEED_SIGMA = 0.8;
const SESSION_MS = { median: 5 * 60_000, sigma: 1.2 };
/** A seat is empty for so long. */
const GAP_MS = { median: 20_000, sigma: 1 };
/** Who leaves comes back under the same key this often. */
const RETURNS = 0.5;
const LATENCY_MS = { median: 60, sigma: 0.6 };
const LOST = 0.01;
const TWICE = 0.01;
const RESEND_MS = 20_000;

export interface AuditOptions {
  /** Share of agreements that it computes again. */
  share: number;
  /** What a unit takes it, ms. */
  unitMs: number;
}

export interface NetworkOptions {
  tier: Tier;
  seed: number;
  units: number;
  quorum: number;
  /** Hosts at a time, and the share of them that cheat. */
  seats: number;
  share: number;
  /** Who the others are. */
  strategy: Strategy;
  /** The auditor, or null when there is none. */
  audit: AuditOptions | null;
  /** People come and go. */
  sessions: boolean;
  /** The invariants are looked at after each step. */
  check: boolean;
}

interface Seat {
  /** Honest seats compute right; the others follow the strategy. */
  strategy: Strategy;
  self: Self;
  cluster: string;
  host: HostId;
  unitMs: number;
  /** What it computes now. */
  batch: Batch | undefined;
  /** Grows with every arrival and departure: what was planned before is void. */
  visit: number;
}

interface Batch {
  assignment: Assignment;
  units: UnitIndex[];
  /** When the first of them was begun. */
  startedAt: number;
}

export class Network {
  readonly score: Score;
  /** Hash of all that was told, in order: the same seed gives the same. */
  trace = 0x811c9dc5;
  private readonly options: NetworkOptions;
  private readonly server: Server;
  private readonly timeline = new Timeline();
  private readonly dice: Dice;
  private readonly ring: Ring = { partners: new Map(), told: new Map() };
  private readonly cheats = new Set<number>();
  private readonly selves = new Map<number, Self>();
  private accounts = 0;
  private networks = 0;
  private hosts = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
    this.dice = new Dice(options.seed);
    this.score = new Score((account) => this.cheats.has(account));
    const { seats, audit } = options;
    this.server = startServer({ ...options, auditShare: audit?.share });
    if (audit) this.openAuditor(audit.unitMs);
    for (let seat = 0; seat < seats; seat++) this.fill(seat);
    this.timeline.after(TICK_MS, () => this.tick());
  }

  /** Runs until the job is over; `onStep` is told after each step. Throws `BrokenInvariant`, or `Error` when nothing moves any more. */
  run(onStep: () => void = () => undefined): void {
    while (this.server.isRunning) {
      if (!this.timeline.advance()) throw new Error("nothing is planned and the job goes on");
      onStep();
    }
  }

  get virtualHours(): number {
    return this.timeline.now / 3_600_000;
  }

  private fill(index: number): void {
    const { seats, share, strategy } = this.options;
    // Spread over the seats, so that rounding does not favour anybody.
    const isCheat = Math.floor((index + 1) * share + 1e-9) > Math.floor(index * share + 1e-9);
    const seat: Seat = {
      strategy: isCheat || share === 0 ? strategy : HONEST,
      ...this.newcomer(),
      host: 0 as HostId,
      unitMs: this.dice.logNormal(UNIT_MS, SPEED_SIGMA),
      batch: undefined,
      visit: 0,
    };
    this.note(seat);
    this.timeline.after((index / seats) * CLAIM_MS, () => this.arrive(seat));
  }

  private newcomer(): { self: Self; cluster: string } {
    const account = ++this.accounts;
    const self = { account, verified: 0, refused: 0, isVetted: false, dice: this.dice };
    this.selves.set(account, self);
    return { self, cluster: `net:${++this.networks}` };
  }

  private note({ strategy, self }: Seat): void {
    if (strategy.isCheat) this.cheats.add(self.account);
  }

  private arrive(seat: Seat): void {
    seat.visit++;
    seat.host = ++this.hosts as HostId;
    const facts = { host: seat.host, account: seat.self.account as AccountId, cluster: seat.cluster, features: [], limits: {} };
    this.tell({ type: "host-joined", now: this.timeline.now, facts, record: this.recordOf(seat.self.account) });
    const { visit } = seat;
    if (this.options.sessions) {
      const session = this.dice.logNormal(SESSION_MS.median, SESSION_MS.sigma);
      this.timeline.after(session, () => seat.visit === visit && this.depart(seat, undefined));
    }
    this.claim(seat);
  }

  /** `renews`: under a new key; undefined: as chance has it. */
  private depart(seat: Seat, renews: boolean | undefined): void {
    seat.visit++;
    const { batch } = seat;
    seat.batch = undefined;
    if (batch && renews === undefined) {
      const done = Math.floor((this.timeline.now - batch.startedAt) / seat.unitMs);
      if (done > 0) this.submit(seat, { ...batch, units: batch.units.slice(0, done) });
    }
    this.tell({ type: "host-left", now: this.timeline.now, host: seat.host });
    if (renews ?? !this.dice.chance(RETURNS)) {
      this.selves.delete(seat.self.account);
      Object.assign(seat, this.newcomer());
      this.note(seat);
    }
    this.timeline.after(this.dice.logNormal(GAP_MS.median, GAP_MS.sigma), () => this.arrive(seat));
  }

  private claim(seat: Seat): void {
    const { visit } = seat;
    this.timeline.after(this.latency(), () => {
      if (seat.visit !== visit) return;
      const event = { type: "claim", random: this.dice.hex(), host: seat.host, units: 0, gpuMillis: CLAIM_MS, job: null } as const;
      const reply = this.tell({ ...event, now: this.timeline.now });
      if (reply.type === "assigned") this.compute(seat, reply.assignment);
      else this.timeline.after(reply.type === "idle" ? reply.retryMs : RESEND_MS, () => seat.visit === visit && this.claim(seat));
    });
  }

  private compute(seat: Seat, assignment: Assignment): void {
    const { strategy, self, visit } = seat;
    const units = [...unitsOf(assignment.runs)];
    if (strategy.isCheat) for (const unit of units) this.partnersOf(unit).add(self.account);
    if (strategy.abandons && this.dice.chance(strategy.abandons)) {
      this.depart(seat, true);
      return;
    }
    const batch = { assignment, units, startedAt: this.timeline.now };
    seat.batch = batch;
    this.timeline.after(strategy.isIdle ? 0 : units.length * seat.unitMs, () => {
      if (seat.visit !== visit) return;
      seat.batch = undefined;
      this.submit(seat, batch);
      if (seat.strategy.renewsAfter !== undefined && seat.self.refused >= seat.strategy.renewsAfter) this.depart(seat, true);
      else this.claim(seat);
    });
  }

  private submit(seat: Seat, { assignment, units }: Batch): void {
    const { strategy, self, cluster, unitMs } = seat;
    self.isVetted = this.recordOf(self.account).passed >= VETTED_PASSED;
    const results = units.map((unit): SubmittedResult => {
      const digest = strategy.answer(unit, self, this.ring);
      if (strategy.isCheat && !this.ring.told.has(unit)) this.ring.told.set(unit, digest);
      const told = this.options.tier === "tolerant" ? shaded(digest, self.account) : digest;
      return { unit, status: "ok", gpuMicros: Math.round(unitMs * 1000), digest: told, bytes: BYTES };
    });
    const event = { type: "submit", account: self.account as AccountId, cluster, assignment, results, mark: markOf(self.account) } as const;
    const deliver = () => this.tell({ ...event, now: this.timeline.now, draw: this.dice.hex() });
    const lateBy = this.dice.chance(LOST) ? RESEND_MS : 0;
    this.timeline.after(lateBy + this.latency(), deliver);
    if (this.dice.chance(TWICE)) this.timeline.after(RESEND_MS + this.latency(), deliver);
  }

  private openAuditor(unitMs: number): void {
    const facts = { host: ++this.hosts as HostId, account: ++this.accounts as AccountId, cluster: AUDITOR, features: [], limits: {} };
    this.tell({ type: "host-joined", now: this.timeline.now, facts, record: this.recordOf(facts.account) });
    const { server, timeline, dice, options } = this;
    new Auditor({
      ...facts,
      unitMs,
      server,
      timeline,
      dice,
      checks: isCheckedAlone(options.tier),
      tell: (event) => this.tell(event),
    }).begin();
  }

  /** What the store would know of the account. */
  private recordOf(account: number): AuditRecord {
    return this.score.records.get(account) ?? { passed: 0, proven: 0, convictedAt: 0 };
  }

  private latency(): number {
    return this.dice.logNormal(LATENCY_MS.median, LATENCY_MS.sigma);
  }

  private partnersOf(unit: UnitIndex): Set<number> {
    let partners = this.ring.partners.get(unit);
    if (!partners) {
      partners = new Set();
      this.ring.partners.set(unit, partners);
    }
    return partners;
  }

  private tick(): void {
    this.tell({ type: "tick", now: this.timeline.now, draw: this.dice.hex() });
    this.timeline.after(TICK_MS, () => this.tick());
  }

  private tell(event: CoreEvent): Reply {
    const effects = this.server.step(event);
    let reply: Reply | undefined;
    for (const effect of effects) {
      this.score.take(effect);
      if (effect.type === "reply") reply = effect.reply;
      // Where results of one digest are alike nothing follows from how others differ.
      else if (effect.type === "compare" && this.options.tier === "tolerant") this.compare(effect);
      else if (effect.type === "unit-final") {
        this.ring.partners.delete(effect.unit);
        this.ring.told.delete(effect.unit);
        this.mix(effect.unit);
        for (const account of effect.accounts) this.learn(account, "verified");
        for (const account of effect.refused) this.learn(account, "refused");
      }
    }
    if (!reply) throw new Error(`no answer to ${event.type}`);
    this.mix(reply.type.length + Math.trunc(event.now));
    return reply;
  }

  /** After a while, as everything. */
  private compare({ job, unit, digest, others }: ToCompare): void {
    const distances = [digest, ...others].map((to) => ({ to, distance: distanceOf(digest, to) }));
    this.timeline.after(this.latency(), () => {
      this.tell({ type: "compared", job, unit, digest, distances, now: this.timeline.now, draw: this.dice.hex() });
    });
  }

  private learn(account: AccountId, what: "verified" | "refused"): void {
    const self = this.selves.get(account);
    if (self) self[what]++;
  }

  /** FNV-1a, a word at a time. */
  private mix(word: number): void {
    this.trace = Math.imul(this.trace ^ (word >>> 0), 0x01000193) >>> 0;
  }
}
