/**
 * Invariants of the ledger, looked at in one pass over all pages: of each page what must hold of its units, of all together
 * the sums of accounts and jobs. Memory holds one page, and a few numbers an account.
 */

import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { JobState } from "../../shared/api.ts";
import { addMicros } from "../../shared/gputime.ts";
import { addressKeyOf } from "../core/secret-names.ts";
import { isOver, pageOf } from "../core/store.ts";
import { type AccountSums, noSums } from "./account-sums.ts";
import { DamagedDatabase } from "./damaged.ts";
import { unpack } from "./packed.ts";
import { DamagedPage, type PageUnit, replayAll } from "./page.ts";
import { checkPage, type PageCheck } from "./page-checks.ts";
import { PageRows } from "./page-rows.ts";
import { storedCanary, storedSpec, storedState } from "./stored-job.ts";

const SHOWN = 3;
/** Sums of many small amounts are added in another order: so much of them, and at least so much, is rounding. */
const CREDIT_ROUNDING = 1e-6;

const CHECKS = {
  described: "Each job has a state that there is, and a spec that is whole.",
  readable: "Each page of units can be read.",
  credit: "Each account's credit is the sum of its replicas'.",
  counts: "Each account's counts are those of its replicas.",
  members: "Each member's counts are those of its replicas in its pool.",
  tallies: "Each job's counts are those of its replicas and units.",
  makers: "Each job was made by as many as are listed, and each of them has a final unit of it.",
  results: "Each final unit has its canonical result.",
  inline: "Each result in a page has its digest.",
  open: "No replica of a unit that has ended is still open.",
  paid: "Only replicas that equal the canonical result are paid, or whose bytes were there to be compared with it within the job's tolerance.",
  escrow: "No job that is done holds credit of open units in escrow.",
  unmet: "No job that volunteers have not met has units.",
  measured: "What the canary found of a job can be read.",
  outside: "No unit lies outside of its job.",
  once: "No page is both packed and under way.",
  ended: "A page of a job that goes on is packed when all its units have ended.",
  statements: "What waits for a signature is what its replicas earned, and they are of its account.",
  accounts: "Each account's pages are listed.",
  sites: "What all sites were given is not more than what replicas earned.",
  lists: "Refusals and failed units are those of the pages.",
} as const;

/** What was found of one invariant. */
export interface LedgerCheck {
  check: string;
  /** How many break it. */
  count: number;
  /** The first of them, in words. */
  broken: string[];
}

interface JobRow {
  id: number;
  state: JobState;
  pool: number | null;
  spec: string;
  canary: string | null;
  counted: number;
  refused: number;
  recorded: number;
  final: number;
  made_by: number | null;
}
interface StatementRow {
  account: number;
  signed: number;
}
interface AccountRow {
  id: number;
  credit_escrow: number;
  credit_final: number;
  units_submitted: number;
  units_final: number;
  units_refused: number;
  gpu_micros: number;
}

/** Every invariant with what breaks it, and the names of the keys that clusters of open replicas were named with. */
export function checkLedger(database: DatabaseSyncInstance): { checks: LedgerCheck[]; addressKeys: ReadonlySet<string> } {
  const pass = new Pass(database);
  for (const job of database.prepare(JOBS).all()) pass.job(job as unknown as JobRow);
  pass.accounts();
  pass.members();
  pass.waiting();
  pass.sites();
  return { checks: Object.values(pass.checks), addressKeys: pass.addressKeys };
}

const JOBS = "SELECT id, state, pool, spec, canary, counted, refused, recorded, final, made_by FROM jobs ORDER BY id";
const JOB_PAGES = "SELECT page FROM journal WHERE job = ?1 UNION SELECT page FROM pages WHERE job = ?1 ORDER BY page";

class Pass {
  readonly checks: Record<keyof typeof CHECKS, LedgerCheck>;
  readonly addressKeys = new Set<string>();
  private readonly database: DatabaseSyncInstance;
  private readonly sums = new Map<number, AccountSums>();
  /** Accounts that have a final unit of the job. */
  private readonly finals = new Set<number>();
  /** By pool and account. */
  private readonly memberSums = new Map<string, AccountSums>();
  /** Final replicas that earned credit, and all of it. */
  private readonly earnings = { units: 0, credit: 0 };
  /** Credit of final replicas by unsigned statement. */
  private readonly earned = new Map<number, number>();
  /** Those that the page names. */
  private readonly statements = new Map<number, StatementRow | undefined>();

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
    const entries = Object.entries(CHECKS).map(([name, check]) => [name, { check, count: 0, broken: [] }]);
    this.checks = Object.fromEntries(entries) as typeof this.checks;
  }

  job(job: JobRow): void {
    const { database } = this;
    const { units, tolerant } = this.specOf(job);
    const rowsOf = <Row extends { unit: number }>(sql: string) => new PageRows<Row>(database, sql, job.id, (row) => pageOf(row.unit));
    const lists = {
      failures: rowsOf<{ unit: number; at: number }>("SELECT unit, at FROM failures WHERE job = ? ORDER BY unit"),
      refusals: rowsOf<{ unit: number; account: number }>("SELECT unit, account FROM refusals WHERE job = ? ORDER BY unit, seq"),
      results: rowsOf<{ unit: number; digest: Uint8Array; blob: number }>(
        "SELECT unit, digest, bytes IS NULL AS blob FROM results WHERE job = ? ORDER BY unit",
      ),
      accounts: new PageRows<{ account: number; page: number }>(
        database,
        "SELECT account, page FROM page_accounts WHERE job = ? ORDER BY page, account",
        job.id,
        (row) => row.page,
      ),
    };
    const tally = { counted: 0, refused: 0, recorded: 0, final: 0 };
    this.finals.clear();
    for (const row of database.prepare(JOB_PAGES).iterate(job.id)) {
      const { page } = row as { page: number };
      if (job.state === "draft" || job.state === "canary") this.note("unmet", `job ${job.id} is ${job.state} and has page ${page}`);
      const found = this.read(job.id, page);
      const rows = {
        failures: lists.failures.upTo(page),
        refusals: lists.refusals.upTo(page),
        results: lists.results.upTo(page),
        accounts: lists.accounts.upTo(page),
      };
      if (!found) continue;
      const note = (name: PageCheck, what: string) => this.note(name, what);
      checkPage({ job: job.id, state: job.state, units, page, packed: found.packed, tolerant, ...rows }, found.units, note);
      this.statements.clear();
      for (const unit of found.units.values()) this.add(unit, tally, job);
    }
    for (const list of [lists.failures, lists.refusals, lists.accounts]) {
      const rest = list.upTo(Number.POSITIVE_INFINITY).length;
      if (rest > 0) this.note("lists", `job ${job.id} has ${rest} rows of pages that are not there`);
    }
    const { counted, refused, recorded, final } = tally;
    if (job.counted !== counted || job.refused !== refused || job.recorded !== recorded || job.final !== final) {
      const said = `${job.counted}, ${job.refused}, ${job.recorded}, ${job.final}`;
      this.note("tallies", `job ${job.id} has ${said}, its pages ${counted}, ${refused}, ${recorded}, ${final}`);
    }
    this.makers(job);
  }

  /** Of a job that began before they were counted only some are listed; the auditor, which has final units too, never is. */
  private makers({ id, made_by: said }: JobRow): void {
    let listed = 0;
    for (const row of this.database.prepare("SELECT account FROM makers WHERE job = ?").iterate(id)) {
      const { account } = row as { account: number };
      listed++;
      if (!this.finals.has(account)) this.note("makers", `job ${id} lists account ${account}, which has no final unit of it`);
    }
    if (said !== null && said !== listed) this.note("makers", `job ${id} was made by ${said}, and ${listed} are listed`);
  }

  /** A job of which nobody can say how many units it has has any. */
  private specOf({ id, state, spec, canary }: JobRow): { units: number; tolerant: boolean } {
    let found = { units: Number.POSITIVE_INFINITY, tolerant: false };
    this.stands("described", () => storedState(id, state));
    this.stands("described", () => {
      const { units, tolerant = false } = storedSpec(id, spec);
      found = { units, tolerant };
    });
    this.stands("measured", () => storedCanary(id, canary));
    return found;
  }

  private stands(name: "described" | "measured", read: () => unknown): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DamagedDatabase)) throw error;
      this.note(name, error.message);
    }
  }

  accounts(): void {
    for (const row of this.database.prepare("SELECT * FROM accounts").iterate()) {
      const account = row as unknown as AccountRow;
      const sums = this.sums.get(account.id) ?? noSums();
      this.sums.delete(account.id);
      if (differs(account.credit_final, sums.final) || differs(account.credit_escrow, sums.escrow)) {
        const has = `${account.credit_final} and ${account.credit_escrow} in escrow`;
        this.note("credit", `account ${account.id} has ${has}, its replicas ${sums.final} and ${sums.escrow}`);
      }
      const { units_submitted: submitted, units_final: final, units_refused: refused, gpu_micros: micros } = account;
      const same = submitted === sums.submitted && final === sums.unitsFinal && refused === sums.refused && micros === sums.micros;
      if (!same) this.note("counts", `account ${account.id}`);
    }
    for (const id of this.sums.keys()) this.note("credit", `account ${id} is not there, and has replicas`);
  }

  /** Of a member who was forgotten nothing is kept. */
  members(): void {
    for (const row of this.database.prepare("SELECT pool, account, submitted, final, refused FROM members").iterate()) {
      const member = row as { pool: number; account: number; submitted: number; final: number; refused: number };
      const sums = this.memberSums.get(`${member.pool}:${member.account}`) ?? noSums();
      const same = member.submitted === sums.submitted && member.final === sums.unitsFinal && member.refused === sums.refused;
      if (!same) this.note("members", `account ${member.account} of pool ${member.pool}`);
    }
  }

  waiting(): void {
    for (const row of this.database.prepare("SELECT id, earned FROM statements WHERE signature IS NULL OR earned <> 0").iterate()) {
      const { id, earned } = row as { id: number; earned: number };
      const summed = this.earned.get(id) ?? 0;
      this.earned.delete(id);
      if (differs(earned, summed)) this.note("statements", `statement ${id} has ${earned}, its replicas ${summed}`);
    }
    for (const id of this.earned.keys()) this.note("statements", `statement ${id} is not there, and has replicas`);
  }

  /** Whose visitors computed a unit is not kept once its page has ended: each site's own sum cannot be done again. */
  sites(): void {
    const row = this.database.prepare("SELECT coalesce(sum(units), 0) AS units, coalesce(sum(credit), 0) AS credit FROM sites").get();
    const given = row as { units: number; credit: number };
    const { units, credit } = this.earnings;
    const isMore = given.credit > credit && differs(given.credit, credit);
    if (given.units > units || isMore)
      this.note("sites", `sites have ${given.units} units and ${given.credit}, replicas ${units} and ${credit}`);
  }

  private read(job: number, page: number): { units: Map<number, PageUnit>; packed: boolean } | undefined {
    const rows = this.database.prepare("SELECT body FROM journal WHERE job = ? AND page = ? ORDER BY seq").all(job, page);
    const row = this.database.prepare("SELECT body FROM pages WHERE job = ? AND page = ?").get(job, page);
    if (row && rows.length > 0) this.note("once", `page ${page} of job ${job}`);
    try {
      if (row) return { units: unpack((row as { body: Uint8Array }).body), packed: true };
      return { units: replayAll(rows.map((each) => (each as { body: Uint8Array }).body)), packed: false };
    } catch (error) {
      if (!(error instanceof DamagedPage)) throw error;
      this.note("readable", `page ${page} of job ${job}: ${error.message}`);
      return undefined;
    }
  }

  private add(
    { ended, replicas }: PageUnit,
    tally: { counted: number; refused: number; recorded: number; final: number },
    { pool, state }: Pick<JobRow, "pool" | "state">,
  ): void {
    if (ended === "final") {
      tally.final++;
      tally.recorded += replicas.length;
    }
    for (const { account, statement, status, outcome, credit, gpuMicros, sender } of replicas) {
      const addressKey = sender && !ended && !isOver({ state }) && addressKeyOf(sender.cluster);
      if (addressKey) this.addressKeys.add(addressKey);
      const isSigned = this.isSigned(statement, account);
      if (status === "ok") tally.counted++;
      if (outcome === "refused") tally.refused++;
      const sums = sumsOf(this.sums, account);
      sums.submitted++;
      sums.micros = addMicros(sums.micros, gpuMicros);
      if (outcome === "open") sums.escrow += credit;
      else if (outcome === "refused") sums.refused++;
      else if (outcome === "final") {
        sums.unitsFinal++;
        this.finals.add(account);
        if (credit > 0) this.earnings.units++;
        this.earnings.credit += credit;
        if (isSigned) sums.final += credit;
        else {
          sums.escrow += credit;
          this.earned.set(statement, (this.earned.get(statement) ?? 0) + credit);
        }
      }
      if (pool === null) continue;
      const member = sumsOf(this.memberSums, `${pool}:${account}`);
      member.submitted++;
      if (outcome === "refused") member.refused++;
      else if (outcome === "final") member.unitsFinal++;
    }
  }

  /** Whether what its replicas earn has vested. */
  private isSigned(statement: number, account: number): boolean {
    if (statement === 0) return true;
    if (!this.statements.has(statement)) this.statements.set(statement, this.statement(statement));
    const row = this.statements.get(statement);
    if (row?.account !== account) this.note("statements", `statement ${statement} is not account ${account}'s`);
    return row?.signed === 1;
  }

  private statement(id: number): StatementRow | undefined {
    return this.database.prepare("SELECT account, signature IS NOT NULL AS signed FROM statements WHERE id = ?").get(id) as
      | StatementRow
      | undefined;
  }

  private note(name: keyof typeof CHECKS, what: string): void {
    const found = this.checks[name];
    found.count++;
    if (found.broken.length < SHOWN) found.broken.push(what);
  }
}

function sumsOf<Key>(all: Map<Key, AccountSums>, key: Key): AccountSums {
  let sums = all.get(key);
  if (!sums) {
    sums = noSums();
    all.set(key, sums);
  }
  return sums;
}

function differs(said: number, summed: number): boolean {
  // What is infinite differs from all sums.
  return !(Number.isFinite(said) && Math.abs(said - summed) <= CREDIT_ROUNDING * Math.max(1, Math.abs(said)));
}
