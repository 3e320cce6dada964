/** Who made a job: volunteers of whom it has a final unit. Each is written once, so that their number is never looked for in pages of units. */
import type { Transaction } from "kysely";
import type { AccountId, JobId } from "../../shared/ids.ts";
import type { Settled } from "../core/store.ts";
import { chunks } from "./chunks.ts";
import type { Tables } from "./tables.ts";

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
        const rows = await trx
          .insertInto("makers")
          .values(chunk.map((account) => ({ job, account })))
          .onConflict((conflict) => conflict.doNothing())
          .returning("account")
          .execute();
        added += rows.length;
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
