/** Who made a job: volunteers of whom it has a final unit. Each is written once, so that their number is never looked for in pages of units. */
import { CompiledQuery, type Transaction } from "kysely";
import type { AccountId, JobId } from "../../shared/ids.ts";
import type { Settled } from "../core/store.ts";
import { chunks } from "./chunks.ts";
import { RowText } from "./row-text.ts";
import type { Tables } from "./tables.ts";

const ROWS = new RowText("(?,?)", (rows) => `INSERT OR IGNORE INTO makers (job, account) VALUES ${rows}`);

/** Those of one commit. */
export class Makers {
  private readonly jobs = new Map<JobId, Set<AccountId>>();

  /** A replica that is final. */
  add(job: JobId, { account, auditor }: Settled): void {
    if (auditor) return;
    let accounts = this.jobs.get(job);
    if (!accounts) {
      accounts = new Set();
      this.jobs.set(job, accounts);
    }
    accounts.add(account);
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    for (const [job, accounts] of this.jobs) {
      let added = 0;
      for (const chunk of chunks([...accounts])) {
        const rows = CompiledQuery.raw(
          ROWS.for(chunk.length),
          chunk.flatMap((account) => [job, account]),
        );
        added += Number((await trx.executeQuery(rows)).numAffectedRows ?? 0n);
      }
      if (added === 0) continue;
      // Of a job that began before they were counted it stays unknown.
      await trx
        .updateTable("jobs")
        .where("id", "=", job)
        .set((eb) => ({ made_by: eb("made_by", "+", added) }))
        .execute();
    }
  }
}
