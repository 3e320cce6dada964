/** What is counted of kinds of GPUs, as units end. */
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it, onTestFinished } from "vitest";
import type { BucketPair } from "../../../server/core/portability-store.ts";
import type { StoreOp } from "../../../server/core/store.ts";
import { portabilityFaults } from "../../../server/store/portability-check.ts";
import type { Bucket } from "../../../shared/bucket.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { bytesOf, final, jobRow, openStore, publicKey, replica, SPEC, temporaryFolder } from "./place.ts";

const A = "a/b/chromium/linux" as Bucket;
const B = "b/b/chromium/linux" as Bucket;
const difference = { byte: 8, element: null };
const differed = (account: AccountId, changes: { proven?: boolean } = {}): BucketPair => ({
  ...{ bucket: A, other: B, how: "differed", account, proven: false, difference },
  ...changes,
});

async function place() {
  const path = `${await temporaryFolder()}/idlewave.db`;
  const store = openStore(path);
  const job = (await store.addJob(jobRow(), SPEC)).id;
  const [one, two, three] = (await Promise.all([1, 2, 3].map((id) => store.accountOf(publicKey(id), 1)))).map(({ id }) => id) as [
    AccountId,
    AccountId,
    AccountId,
  ];
  return { path, store, job, one, two, three };
}

/** A unit of one replica ends, and says this of two kinds; by `hosts`, on the second one. */
function ended(job: JobId, unit: number, by: AccountId, pairs: BucketPair[], hosts: AccountId[] = []): StoreOp[] {
  const kinds = { hosts: [{ bucket: A, account: by }, ...hosts.map((account) => ({ bucket: B, account }))], pairs };
  const end = final(job, unit, "a", [by]);
  return [replica(job, unit, by, "a"), bytesOf(job, unit, "a"), end.type === "final" ? { ...end, kinds } : end];
}

const convicted = (account: AccountId): StoreOp => ({ type: "proven-wrong", account, cluster: null, alike: true, at: 9, watchedUntil: 9 });

it("adds up over units and commits, with the largest part of the tolerance, and who computed on what once", async () => {
  const { store, job, one, two } = await place();
  const alike = (taken: number): BucketPair => ({ bucket: A, other: B, how: "alike", taken });
  await store.commit([...ended(job, 0, one, [alike(0.5)], [two]), ...ended(job, 1, one, [alike(0.25)], [two])]);
  await store.commit(ended(job, 2, one, [{ bucket: A, other: B, how: "same" }, differed(two)], [two]));
  const { pairs, hosts, few } = await store.portability(job, 3);
  expect(pairs).toMatchObject([{ bucket: A, other: B, same: 1, alike: 2, taken: 0.5, differed: 1, proven: 0, undecided: 0, deviants: 1 }]);
  expect(pairs[0]?.examples).toEqual([{ unit: 2, audited: false, difference }]);
  expect([...hosts]).toEqual([
    [A, 1],
    [B, 1],
  ]);
  expect(few).toHaveLength(2);
  expect((await store.portability(job, 1)).few).toEqual([]);
});

it("takes back what somebody said who is proven wrong, in the same commit too, and nobody else's", async () => {
  const { store, job, one, two, three } = await place();
  await store.commit([
    ...ended(job, 0, one, [differed(two)]),
    ...ended(job, 1, one, [differed(two)]),
    ...ended(job, 2, one, [differed(three)]),
  ]);
  await store.commit([...ended(job, 3, one, [differed(two)]), convicted(two)]);
  await store.commit(ended(job, 4, one, [differed(two, { proven: true })]));
  const [pair] = (await store.portability(job, 3)).pairs;
  expect(pair).toMatchObject({ differed: 1, proven: 4, deviants: 1, examples: [{ unit: 2 }] });
});

it("keeps as many pairs and examples as it says, however many kinds hosts make up", async () => {
  const { store, job, one, two } = await place();
  const made = (from: number, count: number): BucketPair[] =>
    Array.from({ length: count }, (_, at) => ({ bucket: `m/${from + at}/c/l` as Bucket, other: B, how: "same" }));
  await store.commit(ended(job, 0, one, [differed(two), ...made(0, 300)]));
  for (let unit = 1; unit < 20; unit++) await store.commit(ended(job, unit, one, [differed(two), ...made(1000 + unit, 1)]));
  const { pairs } = await store.portability(job, 3);
  expect(pairs).toHaveLength(256);
  const known = pairs.find(({ bucket }) => bucket === A);
  expect(known).toMatchObject({ differed: 20 });
  expect(known?.examples.map(({ unit }) => unit)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it("doctor finds counts that are not their volunteers', or cannot be", async () => {
  const { path, store, job, one, two } = await place();
  await store.commit(ended(job, 0, one, [differed(two)], [two]));
  await store.close();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  const faultsAfter = (sql: string) => {
    database.exec("SAVEPOINT before");
    database.exec(sql);
    const found = portabilityFaults(database);
    database.exec("ROLLBACK TO before");
    return found;
  };
  expect(faultsAfter("")).toEqual([]);
  for (const [sql, words] of [
    ["UPDATE gpu_pairs SET differed = 2", "2 units that differed, its volunteers 1"],
    ["DELETE FROM deviations", "1 units that differed, its volunteers 0"],
    ["UPDATE gpu_pairs SET taken = 1.5", "counts that cannot be"],
    ["UPDATE gpu_pairs SET same = -1", "counts that cannot be"],
    ["DELETE FROM gpu_pairs", "of which that is not counted"],
    ["UPDATE deviation_examples SET account = 99", "account 99 differed in job"],
    ["UPDATE deviation_examples SET difference = '{'", "of which that is not counted"],
  ] as const)
    expect(faultsAfter(sql).join(), sql).toContain(words);
});
