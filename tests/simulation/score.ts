/** What came of a run: counted from the core's own effects, as the store would see them. */
import { AUDITOR } from "../../server/core/cluster.ts";
import type { Effect } from "../../server/core/effects.ts";
import type { AuditRecord } from "../../server/core/events.ts";
import { isPassed, isWhole } from "../../server/core/store.ts";
import { isRight } from "./tolerance.ts";

export class Score {
  replicas = 0;
  /** Of them, the auditor's; and slices of final units that it ran again, or results of theirs that the checker judged. */
  byAuditor = 0;
  slices = 0;
  /** Of them, those of cheats. */
  byCheats = 0;
  final = 0;
  wrong = 0;
  failed = 0;
  credit = 0;
  /** Credit of replicas with a wrong result. */
  creditWrong = 0;
  /** Refused results of people who mean to be honest. */
  honestRefused = 0;
  /** Final units that the auditor computed too. */
  audited = 0;
  /** Times that people who mean to be honest were proven wrong, and cheats that were banned. */
  honestProven = 0;
  banned = 0;
  /** What the auditor has shown of each account. */
  readonly records = new Map<number, AuditRecord>();
  private readonly isCheat: (account: number) => boolean;

  constructor(isCheat: (account: number) => boolean) {
    this.isCheat = isCheat;
  }

  take(effect: Effect): void {
    if (effect.type !== "store") return;
    const { op } = effect;
    if (op.type === "replica") {
      this.replicas++;
      if (op.replica.cluster === AUDITOR) this.byAuditor++;
      if (this.isCheat(op.replica.account)) this.byCheats++;
    } else if (op.type === "unit-failed") this.failed++;
    else if (op.type === "proven-wrong") {
      const record = this.recordOf(op.account);
      record.passed = 0;
      record.convictedAt = op.at;
      if (!this.isCheat(op.account)) this.honestProven++;
      if (op.alike && ++record.proven === 2) this.banned++;
    } else if (op.type === "final") {
      this.final++;
      if (!isRight(op.digest)) this.wrong++;
      if (isWhole(op.audited)) this.audited++;
      this.slices += op.slices ?? 0;
      for (const { account, credit, outcome, digest } of op.settled) {
        if (outcome === "refused" && isRight(digest) && !this.isCheat(account)) this.honestRefused++;
        if (outcome !== "final") continue;
        this.credit += credit;
        if (isPassed(op.audited)) this.recordOf(account).passed++;
        if (!isRight(digest)) this.creditWrong += credit;
      }
    }
  }

  private recordOf(account: number): AuditRecord {
    const record = this.records.get(account) ?? { passed: 0, proven: 0, convictedAt: 0 };
    this.records.set(account, record);
    return record;
  }
}
