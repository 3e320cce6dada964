import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it, onTestFinished } from "vitest";
import type { SignedWish } from "../../../server/core/device-store.ts";
import type { DeviceLink } from "../../../server/core/events.ts";
import type { StoreOp } from "../../../server/core/store.ts";
import { deviceFaults, wishFaults } from "../../../server/store/device-check.ts";
import { migrate } from "../../../server/store/migrate.ts";
import { certificateMessage, revocationMessage } from "../../../shared/account/certificate.ts";
import { accountKey } from "../../../shared/account/key.ts";
import { type RemoteWish, wishMessage } from "../../../shared/account/remote-wish.ts";
import { fromHex, toHex } from "../../../shared/bytes.ts";
import type { AccountId, PublicKeyHex } from "../../../shared/ids.ts";
import { bytesOf, final, jobRow, openStore, replica, SPEC, temporaryFolder } from "./place.ts";

const KEY = accountKey(new Uint8Array(32).fill(1));
const ACCOUNT = toHex(KEY.publicKey) as PublicKeyHex;
const deviceKey = (seed: number) => toHex(accountKey(new Uint8Array(32).fill(seed)).publicKey) as PublicKeyHex;

function linked(account: AccountId, device: PublicKeyHex, at: number, changes: Partial<DeviceLink> = {}): StoreOp {
  const parts = { created: 7, name: "laptop" };
  const signature = KEY.sign(certificateMessage({ ...parts, account: KEY.publicKey, device: fromHex(device) }));
  return { type: "device-linked", account, accountKey: ACCOUNT, ...parts, signature, at, ...changes };
}

function revoked(account: AccountId, device: PublicKeyHex, at: number): StoreOp {
  const signature = KEY.sign(revocationMessage({ account: KEY.publicKey, device: fromHex(device), created: 8 }));
  return { type: "device-revoked", account, created: 8, signature, at };
}

async function place() {
  const path = `${await temporaryFolder()}/idlewave.db`;
  const store = openStore(path);
  const job = (await store.addJob(jobRow(), SPEC)).id;
  const keys = [2, 3, 4].map(deviceKey) as [PublicKeyHex, PublicKeyHex, PublicKeyHex];
  const [one, two, three] = (await Promise.all(keys.map((key) => store.accountOf(key, 1)))).map(({ id }) => id) as [
    AccountId,
    AccountId,
    AccountId,
  ];
  return { path, store, job, keys, one, two, three };
}

it("a device belongs to one account, once, over a reopening; the account has what its devices have", async () => {
  const { path, store, job, keys, one, two, three } = await place();
  await store.commit([
    ...[one, two, three].map((account) => replica(job, 0, account, account === three ? "b" : "a")),
    ...["a", "b"].map((text) => bytesOf(job, 0, text)),
    final(job, 0, "a", [one, two, [three, "b"]]),
    replica(job, 1, one, "c"),
  ]);
  const nothing = { creditEscrow: 0, creditFinal: 0, unitsSubmitted: 0, unitsFinal: 0, unitsRefused: 0, gpuMicros: 0 };
  expect(await store.devices.totals(ACCOUNT)).toEqual(nothing);
  await store.commit([linked(one, keys[0], 10)]);
  await expect(store.commit([linked(one, keys[0], 11, { accountKey: keys[2] })])).rejects.toThrow();
  await store.commit([linked(three, keys[2], 12), revoked(three, keys[2], 13)]);
  await store.close();
  const again = openStore(path);
  const both = { creditEscrow: 2.5, creditFinal: 2.5, unitsSubmitted: 3, unitsFinal: 1, unitsRefused: 1, gpuMicros: 4500 };
  expect(await again.devices.totals(ACCOUNT)).toEqual(both);
  const device = { accountKey: ACCOUNT, name: "laptop" };
  const rows = [
    { ...device, account: one, publicKey: keys[0], linkedAt: 10, revokedAt: null },
    { ...device, account: three, publicKey: keys[2], linkedAt: 12, revokedAt: 13 },
  ];
  expect([await again.devices.of(ACCOUNT), await again.devices.all()]).toEqual([rows, rows]);
  // Nobody sees which devices are one account's.
  expect((await again.accounts(9)).map(({ publicKey, unitsSubmitted }) => [publicKey, unitsSubmitted])).toEqual([
    [keys[1], 1],
    [ACCOUNT, 3],
  ]);
  await again.commit([{ type: "forget", account: one, at: 20 }]);
  expect((await again.devices.of(ACCOUNT)).map(({ account }) => account)).toEqual([three]);
});

it("an account was proven wrong as often as its devices together, and when the last of them was", async () => {
  const { store, keys, one, two, three } = await place();
  const proven = (account: AccountId, at: number, alike = true): StoreOp => ({
    ...{ type: "proven-wrong", account, cluster: alike ? "net" : null, alike, at, watchedUntil: 99 },
  });
  await store.commit([linked(one, keys[0], 10), linked(two, keys[1], 10)]);
  expect(await store.devices.record(ACCOUNT)).toEqual({ proven: 0, convictedAt: 0 });
  await store.commit([proven(one, 20), proven(two, 21), proven(two, 22, false), proven(three, 30)]);
  expect(await store.devices.record(ACCOUNT)).toEqual({ proven: 2, convictedAt: 22 });
  expect([...(await store.watched(0)).keys()]).toEqual(["net"]);
  // Whoever was found out and is forgotten leaves that to the others.
  await store.commit([{ type: "forget", account: two, at: 40 }]);
  expect(await store.devices.record(ACCOUNT)).toEqual({ proven: 2, convictedAt: 22 });
  await store.commit([{ type: "forget", account: one, at: 41 }]);
  expect(await store.devices.record(ACCOUNT)).toEqual({ proven: 0, convictedAt: 0 });
});

it("doctor finds each device that no signature of its account's makes one, or takes off", async () => {
  const { path, store, keys, one, two } = await place();
  await store.commit([linked(one, keys[0], 10), linked(two, keys[1], 10), revoked(two, keys[1], 11)]);
  await store.close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  const faultsAfter = (sql: string) => {
    database.exec("SAVEPOINT before");
    database.exec(sql);
    const found = [...deviceFaults(database)];
    database.exec("ROLLBACK TO before");
    return found;
  };
  expect(faultsAfter("")).toEqual([]);
  for (const [sql, device] of [
    [`UPDATE devices SET account_key = '${keys[2]}' WHERE account = ${one}`, one],
    [`UPDATE devices SET account_key = 'x' WHERE account = ${one}`, one],
    [`UPDATE devices SET name = 'mine' WHERE account = ${one}`, one],
    [`UPDATE devices SET created = 9007199254740993 WHERE account = ${one}`, one],
    [`UPDATE devices SET created = -7 WHERE account = ${one}`, one],
    [`UPDATE devices SET revoked_at = 5 WHERE account = ${one}`, one],
    [`UPDATE devices SET revocation = zeroblob(64) WHERE account = ${two}`, two],
    [`UPDATE devices SET revocation_created = 9 WHERE account = ${two}`, two],
    [`UPDATE accounts SET public_key = NULL WHERE id = ${two}`, two],
  ] as const)
    expect(faultsAfter(sql), sql).toEqual([expect.stringContaining(`device ${device}:`)]);
});

/** The device of that seed wishes something of the other one. */
function wished(by: number, device: PublicKeyHex, wish: RemoteWish): SignedWish {
  const { publicKey, sign } = accountKey(new Uint8Array(32).fill(by));
  const text = wishMessage({ account: KEY.publicKey, device: fromHex(device), by: publicKey }, wish);
  return { ...wish, by: toHex(publicKey) as PublicKeyHex, signature: sign(text) };
}

it("what was wished of a device last is kept over a reopening, each number once, until the device or who wished it is forgotten", async () => {
  const { path, store, keys, one, two } = await place();
  await store.commit([linked(one, keys[0], 10), linked(two, keys[1], 10)]);
  const [pause, resume, less]: RemoteWish[] = [
    { turn: 1, paused: true, share: 90 },
    { turn: 2, paused: false, share: 90 },
    { turn: 3, paused: false, share: 10 },
  ] as [RemoteWish, RemoteWish, RemoteWish];
  expect(await store.devices.wish(one, wished(3, keys[0], resume))).toBe(false);
  for (const wish of [pause, pause, resume]) expect(await store.devices.wish(one, wished(3, keys[0], wish))).toBe(true);
  for (const wish of [pause, { ...resume, share: 10 } as RemoteWish])
    expect(await store.devices.wish(one, wished(3, keys[0], wish))).toBe(false);
  expect(
    await Promise.all([less, { ...less, share: 25 } as RemoteWish].map((wish) => store.devices.wish(one, wished(3, keys[0], wish)))),
  ).toEqual([true, false]);
  await store.close();
  const again = openStore(path);
  expect(await again.devices.wishesOf([one, two])).toEqual(new Map([[one, less]]));
  await again.commit([{ type: "forget", account: two, at: 20 }]);
  await again.close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  expect(database.prepare("SELECT turn, by_key, signature FROM wishes").all()).toEqual([{ turn: 3, by_key: null, signature: null }]);
  expect([...wishFaults(database)]).toEqual([]);
  const last = openStore(path);
  await last.commit([{ type: "forget", account: one, at: 21 }]);
  await last.close();
  expect(database.prepare("SELECT count(*) AS wishes FROM wishes").get()).toEqual({ wishes: 0 });
});

it("doctor finds each wish that no device of the account has signed", async () => {
  const { path, store, keys, one, two, three } = await place();
  await store.commit([linked(one, keys[0], 10), linked(two, keys[1], 10)]);
  await store.devices.wish(one, wished(3, keys[0], { turn: 1, paused: true, share: 90 }));
  await store.close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  expect([...wishFaults(database)]).toEqual([]);
  for (const [sql, device] of [
    ["UPDATE wishes SET paused = 0", one],
    ["UPDATE wishes SET paused = 2", one],
    ["UPDATE wishes SET share = 25", one],
    ["UPDATE wishes SET share = 11", one],
    ["UPDATE wishes SET turn = 9007199254740993", one],
    [`UPDATE wishes SET by_key = '${keys[0]}'`, one],
    ["UPDATE wishes SET by_key = NULL", one],
    [`UPDATE wishes SET device = ${two}`, two],
    [`UPDATE wishes SET device = ${three}`, three],
  ] as const) {
    database.exec("SAVEPOINT before");
    database.exec(sql);
    expect([...wishFaults(database)], sql).toEqual([expect.stringContaining(`device ${device}:`)]);
    database.exec("ROLLBACK TO before");
  }
});

it("what earlier programs left has no device of any account, and each account what it had", () => {
  const database = new DatabaseSync(":memory:");
  onTestFinished(() => database.close());
  migrate(database, 17);
  database.exec(`INSERT INTO accounts (public_key, credit_final, created_at) VALUES ('${"ab".repeat(32)}', 2.5, 1)`);
  migrate(database);
  expect(database.prepare("SELECT count(*) AS devices FROM devices").get()).toEqual({ devices: 0 });
  expect(database.prepare("SELECT credit_final FROM accounts").get()).toEqual({ credit_final: 2.5 });
});
