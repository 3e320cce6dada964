/**
 * Devices that an account's key has joined are one account. Each keeps what it computed, and what it earned, under its own number:
 * the account has the sum of them, so that nothing is counted twice.
 *
 *   alone ──device-linked──▶ joined ──device-revoked──▶ revoked: it is refused, and its account's for good
 *
 * What one of them was found out for all of them answer for (sentence.ts), forgotten since or not; what one has shown vouches for it alone. Nobody's word
 * is worth more for having joined. From then on they are one cluster too; votes that each had cast before stay what they were.
 */
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import type { CoreState, Device } from "./state.ts";

const NONE: readonly AccountId[] = [];

/** As the store has it, before the jobs are taken up; and when it is linked. */
export function addDevice(state: CoreState, account: AccountId, device: Device): void {
  state.devices.set(account, device);
  const joined = state.joined.get(device.accountKey);
  if (joined) joined.add(account);
  else state.joined.set(device.accountKey, new Set([account]));
}

export function forgetDevice(state: CoreState, account: AccountId): void {
  const device = state.devices.get(account);
  if (!device) return;
  state.devices.delete(account);
  const joined = state.joined.get(device.accountKey);
  joined?.delete(account);
  if (joined?.size === 0) state.joined.delete(device.accountKey);
}

export function joinedBy(state: CoreState, accountKey: PublicKeyHex): Iterable<AccountId> {
  return state.joined.get(accountKey) ?? NONE;
}

/** All devices of the account that this one is of, itself among them. */
export function devicesOf(state: CoreState, account: AccountId): AccountId[] {
  const device = state.devices.get(account);
  return device ? [...joinedBy(state, device.accountKey)] : [account];
}

export function isRevoked(state: CoreState, account: AccountId): boolean {
  return state.devices.get(account)?.isRevoked ?? false;
}

/** Both were of one account at this time, ms. */
export function areJoined(state: CoreState, one: AccountId, other: AccountId, at = Number.POSITIVE_INFINITY): boolean {
  if (state.devices.size === 0) return false;
  const [first, second] = [state.devices.get(one), state.devices.get(other)];
  if (!first || first.accountKey !== second?.accountKey) return false;
  return first.linkedAt <= at && second.linkedAt <= at;
}
