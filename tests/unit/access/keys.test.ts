/** Keys of assignment tokens over weeks, in a real store. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { KeyRing } from "../../../server/access/keys.ts";
import { TokenKeys } from "../../../server/access/token.ts";
import type { Assignment } from "../../../server/core/events.ts";
import type { AccountId, JobId, UnitIndex } from "../../../shared/ids.ts";
import { openStore, temporaryFolder } from "../store/place.ts";

const DAY = 24 * 3600 * 1000;
const START = Date.UTC(2026, 0, 1);
const ASSIGNMENT: Assignment = {
  id: "0".repeat(32),
  job: 1 as JobId,
  account: 1 as AccountId,
  issuedAt: START,
  deadline: START + 60_000,
  runs: [{ start: 0 as UnitIndex, length: 4 }],
};

const store = async () => openStore(join(await temporaryFolder(), "a.sqlite"));
const isGood = (tokens: TokenKeys, token: Uint8Array) => {
  try {
    return tokens.verify(token).id === ASSIGNMENT.id;
  } catch (error) {
    expect(error).toMatchObject({ code: "bad-token" });
    return false;
  }
};

it("after a rotation new tokens bear the new key, and those that are out stay good until the old key retires", async () => {
  const kept = await store();
  const tokens = await TokenKeys.open(kept, START);
  const old = tokens.sign(ASSIGNMENT);
  await tokens.ring.rotate(START + DAY, false);
  const fresh = tokens.sign(ASSIGNMENT);
  expect(fresh[1]).not.toBe(old[1]);
  expect([isGood(tokens, old), isGood(tokens, fresh)]).toEqual([true, true]);
  const restarted = await TokenKeys.open(kept, START + 2 * DAY);
  expect([isGood(restarted, old), isGood(restarted, fresh)]).toEqual([true, true]);
  await restarted.ring.renew(START + 14 * DAY);
  expect(isGood(restarted, old)).toBe(true);
  await restarted.ring.renew(START + 15 * DAY);
  expect([isGood(restarted, old), isGood(restarted, fresh)]).toEqual([false, true]);
  expect(await kept.secrets("token-key")).toHaveLength(1);
});

it("a key that has leaked is revoked: no token under it is believed, after a restart neither", async () => {
  const kept = await store();
  const tokens = await TokenKeys.open(kept, START);
  const old = tokens.sign(ASSIGNMENT);
  await tokens.ring.rotate(START + 1, true);
  expect([isGood(tokens, old), isGood(tokens, tokens.sign(ASSIGNMENT))]).toEqual([false, true]);
  expect(isGood(await TokenKeys.open(kept, START + 2), old)).toBe(false);
});

it("a key signs for thirty days and is replaced then by itself, while the process runs or when it starts", async () => {
  const kept = await store();
  const ring = await KeyRing.open(kept, START);
  const first = ring.newest.id;
  await ring.renew(START + 29 * DAY);
  expect(ring.newest.id).toBe(first);
  await ring.renew(START + 30 * DAY);
  expect([ring.newest.id, ring.count]).toEqual([first + 1, 2]);
  expect((await KeyRing.open(kept, START + 61 * DAY)).newest.id).toBe(first + 2);
});

it("the key of release 0.1.0 is read, good for what it signed, and replaced", async () => {
  const kept = await store();
  const secret = await kept.secret("token-key", () => new Uint8Array(32).fill(5));
  const ring = await KeyRing.open(kept, START);
  expect(ring.secretOf(1)).toEqual(secret);
  expect([ring.newest.id, ring.count]).toEqual([2, 2]);
});

it("a clock that was set back does not bring an old key back", async () => {
  const kept = await store();
  const ring = await KeyRing.open(kept, START);
  await ring.rotate(START - 90 * DAY, false);
  expect(ring.newest.id).toBe(2);
  expect((await KeyRing.open(kept, START - 89 * DAY)).newest.id).toBe(2);
});

it("numbers come round, and none is given twice while it is in use", async () => {
  const kept = await store();
  const ring = await KeyRing.open(kept, START);
  for (let i = 0; i < 254; i++) await ring.rotate(START + i, false);
  await expect(ring.rotate(START + 300, false)).rejects.toMatchObject({ code: "too-fast" });
  await ring.renew(START + 20 * DAY);
  await ring.rotate(START + 20 * DAY, false);
  expect([ring.newest.id, ring.count]).toEqual([1, 2]);
});
