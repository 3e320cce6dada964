/** What becomes of a device that shows an account's certificate, or is taken off its account (devices.ts). */
import type { AccountId } from "../../shared/ids.ts";
import { accountOf } from "./account.ts";
import { addDevice, devicesOf, joinedBy } from "./devices.ts";
import type { Reply } from "./effects.ts";
import type { CoreEvent } from "./events.ts";
import { leavePool } from "./membership.ts";
import { disgrace } from "./sentence.ts";
import type { CoreState } from "./state.ts";
import type { Work } from "./work.ts";

/** Devices of one account, those too that were taken off it: a household's, and some that are lost. */
export const MAX_DEVICES = 64;

type Event<Type extends CoreEvent["type"]> = Extract<CoreEvent, { type: Type }>;

/** Done also for who is one of its devices already. */
export function linkDevice(state: CoreState, { account, link, record }: Event<"device-linked">, work: Work): Reply {
  const { accountKey } = link;
  const known = state.devices.get(account);
  if (known?.isRevoked) return { type: "error", code: "device-revoked", details: {} };
  if (known) return known.accountKey === accountKey ? { type: "done" } : refused("this device is another account's already");
  const fellows = [...joinedBy(state, accountKey)];
  if (fellows.length >= MAX_DEVICES) return refused(`the account has ${MAX_DEVICES} devices, as many as one may have`);
  addDevice(state, account, { accountKey, linkedAt: work.now, isRevoked: false });
  work.store({ type: "device-linked", account, ...link, at: work.now });
  if (fellows.length > 0) answerTogether(state, account, fellows, record, work);
  for (const id of devicesOf(state, account)) work.accountChanged(id);
  return { type: "done" };
}

/** Each of them was proven wrong as often as all of them. Who was not so lately as the one that joins, or whom it joins, begins anew. */
function answerTogether(
  state: CoreState,
  account: AccountId,
  fellows: readonly AccountId[],
  stored: Event<"device-linked">["record"],
  work: Work,
): void {
  const own = accountOf(state, account).record;
  const joined = { ...stored };
  for (const id of fellows) {
    const known = state.accounts.get(id)?.record;
    joined.proven = Math.max(joined.proven, known?.proven ?? 0);
    joined.convictedAt = Math.max(joined.convictedAt, known?.convictedAt ?? 0);
  }
  const { convictedAt } = own;
  const proven = own.proven + joined.proven;
  for (const id of [account, ...fellows]) accountOf(state, id).record.proven = proven;
  if (convictedAt < joined.convictedAt) disgrace(state, account, null, work);
  for (const id of fellows) if (accountOf(state, id).record.convictedAt < convictedAt) disgrace(state, id, null, work);
}

/** Its leases are others' when it returns; done also for one that was taken off before. */
export function revokeDevice(state: CoreState, { by, device: id, created, signature }: Event<"device-revoked">, work: Work): Reply {
  const device = state.devices.get(id);
  if (!device || device.accountKey !== state.devices.get(by)?.accountKey)
    return { type: "error", code: "not-found", details: { what: "such device of this account" } };
  if (device.isRevoked) return { type: "done" };
  device.isRevoked = true;
  work.store({ type: "device-revoked", account: id, created, signature, at: work.now });
  for (const pool of state.pools.keys()) leavePool(state, { pool, account: id }, work);
  return { type: "done" };
}

function refused(why: string): Reply {
  return { type: "error", code: "bad-certificate", details: { why } };
}
