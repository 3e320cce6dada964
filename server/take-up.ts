/** What a start takes up where the store left it: sentences, devices, pools, jobs, and whether an auditor is waited for. */
import { awaitAuditor } from "./core/audit.ts";
import { addDevice } from "./core/devices.ts";
import { restorePool } from "./core/membership.ts";
import { restoreJob } from "./core/restore.ts";
import { AUDITOR_SEEN } from "./core/secret-names.ts";
import { watch } from "./core/sentence.ts";
import type { CoreState } from "./core/state.ts";
import { isOver, type JobRow, type Store } from "./core/store.ts";
import type { JobRows } from "./job-rows.ts";

/** After a restart nothing becomes final without an auditor that was here, before it has had time to come back. */
export async function noteAuditor(store: Store): Promise<void> {
  await store.secret(AUDITOR_SEEN, () => Uint8Array.of(1));
}

/** `now`: ms; `draw`: what nobody can know before, a new one each time. */
export async function takeUp(state: CoreState, store: Store, rows: JobRows, now: () => number, draw: () => string): Promise<void> {
  for (const [cluster, until] of await store.watched(now())) watch(state, cluster, until);
  if ((await store.secrets(AUDITOR_SEEN)).length > 0) awaitAuditor(state, now());
  for (const { account, accountKey, linkedAt, revokedAt } of await store.devices.all())
    addDevice(state, account, { accountKey, linkedAt, isRevoked: revokedAt !== null });
  for (const { id, offAt } of await store.pools.all()) {
    const members = offAt === null ? await store.pools.members(id) : [];
    const current = members.filter(({ leftAt }) => leftAt === null).map(({ account }) => account);
    restorePool(state, id, offAt !== null, current);
  }
  for (const row of await store.jobs()) {
    rows.add(row);
    await takeUpJob(row);
  }

  async function takeUpJob(row: JobRow): Promise<void> {
    const spec = await store.spec(row.id);
    const history = isOver(row) ? { final: [], failed: await store.failedUnits(row.id), open: [], due: [] } : await store.history(row.id);
    const effects = restoreJob(state, spec, row.state, history, await store.tally(row.id), now(), draw());
    const ops = effects.flatMap((effect) => (effect.type === "store" ? [effect.op] : []));
    await store.commit(ops);
    rows.note(ops);
  }
}
