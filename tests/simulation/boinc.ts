/**
 * BOINC's two ways to verify, to compare with: replication (a quorum of equal results of different users, one more where they
 * differ), and adaptive replication, which asks one host alone where it has been right often enough
 * (https://github.com/BOINC/boinc/wiki/AdaptiveReplication). A model of what decides who computes what and what is believed;
 * it hears the events of the production core and answers as that does.
 */
import type { Effect } from "../../server/core/effects.ts";
import type { CoreEvent, SubmittedResult } from "../../server/core/events.ts";
import type { Settled } from "../../server/core/store.ts";
import type { AccountId, HostId, JobId, StatementId, UnitIndex } from "../../shared/ids.ts";
import type { Verdict } from "../../shared/wire.ts";
import { Dice } from "./dice.ts";

/** Valid results in a row from which on a host may be trusted. */
const TRUSTED_FROM = 10;
/** Work units that the feeder holds for requests, which look through them from a random place on. */
const FEEDER_UNITS = 1_000;
/** A result that has not come by then is asked of somebody else, ms. */
const DELAY_BOUND_MS = 600_000;
const MAX_BATCH = 64;
const RETRY_MS = 5_000;

export interface BoincOptions {
  isAdaptive: boolean;
  seed: number;
  job: JobId;
  units: number;
  /** BOINC's min_quorum, and of a replicated unit its first target_nresults. */
  quorum: number;
  /** BOINC's max_total_results. */
  maxReplicas: number;
}

interface Host {
  /** CV(H, V) of the policy. */
  consecutiveValid: number;
  /** What a unit takes it, as its results say; 0: it has returned none. */
  unitMicros: number;
}

interface WorkUnit {
  unit: UnitIndex;
  /** Results that there are to be. */
  target: number;
  results: Result[];
  /** Who has it now. */
  out: Set<AccountId>;
}

interface Result {
  account: AccountId;
  digest: string;
}

export class Boinc {
  private readonly options: BoincOptions;
  private readonly dice: Dice;
  private readonly accounts = new Map<HostId, AccountId>();
  private readonly hosts = new Map<AccountId, Host>();
  private readonly open = new Map<UnitIndex, WorkUnit>();
  /** Those of them that lack a result that nobody has been asked for. */
  private readonly feeder: WorkUnit[] = [];
  /** What was sent, in order; the deadline is the same for all. */
  private readonly sent: { unit: UnitIndex; account: AccountId; deadline: number }[] = [];
  private made = 0;
  private ended = 0;
  private assignments = 0;

  constructor(options: BoincOptions) {
    this.options = options;
    this.dice = new Dice(options.seed + 2 ** 40);
  }

  get isRunning(): boolean {
    return this.ended < this.options.units;
  }

  step(event: CoreEvent): Effect[] {
    switch (event.type) {
      case "host-joined":
        this.accounts.set(event.facts.host, event.facts.account);
        return [DONE];
      case "host-left":
        this.accounts.delete(event.host);
        return [DONE];
      case "claim":
        return [this.claim(event)];
      case "submit":
        return this.submit(event);
      case "tick":
        this.expire(event.now);
        return [DONE];
      default:
        throw new Error(`BOINC knows no ${event.type}`);
    }
  }

  private claim({ host, gpuMillis, random, now }: Extract<CoreEvent, { type: "claim" }>): Effect {
    const account = this.accounts.get(host);
    if (account === undefined) throw new Error(`host ${host} has not joined`);
    const { unitMicros } = this.hostOf(account);
    const wanted = unitMicros === 0 ? 1 : Math.min(MAX_BATCH, Math.max(1, Math.round((gpuMillis * 1000) / unitMicros)));
    const units: UnitIndex[] = [];
    this.fillFeeder();
    for (let found = this.find(account); found; found = units.length < wanted ? this.find(account) : undefined) {
      found.out.add(account);
      this.sent.push({ unit: found.unit, account, deadline: now + DELAY_BOUND_MS });
      units.push(found.unit);
    }
    if (units.length === 0) return { type: "reply", reply: { type: "idle", reason: "all-assigned", retryMs: RETRY_MS } };
    const runs = units.map((start) => ({ start, length: 1 }));
    const id = random + (++this.assignments).toString(16);
    const assignment = { id, job: this.options.job, account, runs, issuedAt: now, deadline: now + DELAY_BOUND_MS };
    return { type: "reply", reply: { type: "assigned", assignment, lifeMs: DELAY_BOUND_MS } };
  }

  /** A work unit for the account; one of the kind that its host is to be given where there is one. */
  private find(account: AccountId): WorkUnit | undefined {
    const isTrusted = this.options.isAdaptive && this.isTrusted(account);
    const from = this.dice.below(Math.max(1, this.feeder.length));
    let other: WorkUnit | undefined;
    for (let i = 0; i < this.feeder.length; i++) {
      const candidate = this.feeder[(from + i) % this.feeder.length] as WorkUnit;
      if (!isLacking(candidate) || candidate.out.has(account) || candidate.results.some((result) => result.account === account)) continue;
      if (!this.options.isAdaptive || isReplicated(candidate) !== isTrusted) return candidate;
      other ??= candidate;
    }
    if (other && !isTrusted && !isReplicated(other)) other.target = this.options.quorum;
    return other;
  }

  private isTrusted(account: AccountId): boolean {
    const { consecutiveValid } = this.hostOf(account);
    return consecutiveValid >= TRUSTED_FROM && !this.dice.chance(1 / consecutiveValid);
  }

  private fillFeeder(): void {
    for (let slot = this.feeder.length - 1; slot >= 0; slot--) {
      if (isLacking(this.feeder[slot] as WorkUnit)) continue;
      const last = this.feeder.pop() as WorkUnit;
      if (slot < this.feeder.length) this.feeder[slot] = last;
    }
    while (this.feeder.length < FEEDER_UNITS && this.made < this.options.units) {
      const unit = this.made++ as UnitIndex;
      const added = { unit, target: this.options.isAdaptive ? 1 : this.options.quorum, results: [], out: new Set<AccountId>() };
      this.open.set(unit, added);
      this.feeder.push(added);
    }
  }

  private submit({ account, cluster, assignment, results, now }: Extract<CoreEvent, { type: "submit" }>): Effect[] {
    const effects: Effect[] = [];
    const verdicts = results.map((result): Verdict => {
      const work = this.open.get(result.unit);
      if (!work) return "late";
      if (work.results.some((other) => other.account === account)) return "duplicate";
      this.record(work, account, result);
      const { unit, digest, gpuMicros } = result;
      const about = { job: this.options.job, unit, account, cluster, assignment: assignment.id };
      const replica = { ...about, digest, status: "ok" as const, gpuMicros, credit: CREDIT, statement: NO_STATEMENT, at: now };
      effects.push({ type: "store", op: { type: "replica", replica } }, ...this.validate(work, now));
      return "recorded";
    });
    return [...effects, { type: "reply", reply: { type: "verdicts", verdicts } }];
  }

  private record(work: WorkUnit, account: AccountId, { digest, gpuMicros }: SubmittedResult): void {
    work.out.delete(account);
    work.results.push({ account, digest });
    this.hostOf(account).unitMicros = gpuMicros;
  }

  /** BOINC's validator and transitioner: the unit ends, waits, or asks for one more. */
  private validate(work: WorkUnit, now: number): Effect[] {
    const { job, quorum, maxReplicas } = this.options;
    const { unit, results, target } = work;
    const isAlone = !isReplicated(work);
    const canonical = results.find(({ digest }) => results.filter((other) => other.digest === digest).length >= (isAlone ? 1 : quorum));
    if (canonical) {
      const { digest } = canonical;
      // What nobody was compared with says nothing of its host.
      if (!isAlone) for (const result of results) this.note(result, result.digest === digest);
      this.end(unit);
      const settled = results.map((result) => settledAs(result, result.digest === digest ? "final" : "refused"));
      const of = (outcome: Settled["outcome"]) => settled.filter((each) => each.outcome === outcome).map((each) => each.account);
      return [
        { type: "store", op: { type: "final", job, unit, digest, audited: "no", settled, at: now } },
        { type: "unit-final", job, unit, accounts: of("final"), refused: of("refused") },
      ];
    }
    if (results.length >= maxReplicas) {
      this.end(unit);
      const settled = results.map((result) => settledAs(result, "void"));
      return [{ type: "store", op: { type: "unit-failed", job, unit, settled, at: now } }];
    }
    if (results.length >= target) work.target = results.length + 1;
    this.feed(work);
    return [];
  }

  private expire(now: number): void {
    let past = 0;
    for (const { unit, account, deadline } of this.sent) {
      if (deadline > now) break;
      past++;
      const work = this.open.get(unit);
      if (work?.out.delete(account)) this.feed(work);
    }
    this.sent.splice(0, past);
  }

  private feed(work: WorkUnit): void {
    if (isLacking(work) && !this.feeder.includes(work)) this.feeder.push(work);
  }

  private end(unit: UnitIndex): void {
    const work = this.open.get(unit);
    if (work) work.target = 0;
    this.open.delete(unit);
    this.ended++;
  }

  private note({ account }: Result, isValid: boolean): void {
    const host = this.hostOf(account);
    host.consecutiveValid = isValid ? host.consecutiveValid + 1 : 0;
  }

  private hostOf(account: AccountId): Host {
    let host = this.hosts.get(account);
    if (!host) {
      host = { consecutiveValid: 0, unitMicros: 0 };
      this.hosts.set(account, host);
    }
    return host;
  }
}

const DONE: Effect = { type: "reply", reply: { type: "done" } };
const NO_STATEMENT = 0 as StatementId;
const CREDIT = 1;

function isReplicated({ target }: WorkUnit): boolean {
  return target > 1;
}

/** Somebody is to be asked. */
function isLacking({ target, results, out }: WorkUnit): boolean {
  return results.length + out.size < target;
}

function settledAs({ account, digest }: Result, outcome: Settled["outcome"]): Settled {
  return { account, credit: CREDIT, outcome, digest, statement: NO_STATEMENT, signed: true };
}
