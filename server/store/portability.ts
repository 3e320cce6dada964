/**
 * Which kinds of GPUs agreed on a job's units, and which did not. Counted as units end, by pairs of kinds and their sums alone;
 * of who differed it is kept beside that, so that it can be taken back: who is proven wrong is no witness of its vendor.
 */
import { CompiledQuery, type Kysely, sql, type Transaction } from "kysely";
import type { Bucket } from "../../shared/bucket.ts";
import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";
import { MAX_HOSTS_COUNTED } from "../../shared/portability.ts";
import type { BucketPair, PortabilityRows } from "../core/portability-store.ts";
import { isWhole, type StoreOp } from "../core/store.ts";
import { chunks } from "./chunks.ts";
import { RowText } from "./row-text.ts";
import type { Tables } from "./tables.ts";

/** Pairs of kinds that are counted of a job: kinds are what hosts say they are. */
const MAX_PAIRS = 256;
/** Units of which it is kept where a pair differs. */
const MAX_EXAMPLES = 8;
const HOSTS = new RowText("(?,?,?)", (rows) => `INSERT OR IGNORE INTO gpu_hosts (job, bucket, account) VALUES ${rows}`);

type Ended = Extract<StoreOp, { type: "final" | "unit-failed" }>;
type Deviation = Extract<BucketPair, { how: "differed" }>;

interface Sums {
  job: JobId;
  bucket: Bucket;
  other: Bucket;
  same: number;
  alike: number;
  taken: number;
  differed: number;
  proven: number;
  undecided: number;
}

/** What the units that end in one commit say. */
export class PortabilityBatch {
  private readonly sums = new Map<string, Sums>();
  private readonly hosts = new Map<string, { job: JobId; bucket: Bucket; account: AccountId }>();
  private readonly deviations = new Map<string, { job: JobId; pair: Deviation; units: number }>();
  private readonly examples: { job: JobId; unit: UnitIndex; audited: boolean; pair: Deviation }[] = [];

  add(op: Ended): void {
    if (!op.kinds) return;
    const { job, unit } = op;
    for (const { bucket, account } of op.kinds.hosts) this.hosts.set(`${job} ${account} ${bucket}`, { job, bucket, account });
    for (const pair of op.kinds.pairs) {
      const sums = this.sumsOf(job, pair);
      if (pair.how === "alike") sums.taken = Math.max(sums.taken, pair.taken);
      if (pair.how !== "differed") sums[pair.how]++;
      else if (pair.proven) sums.proven++;
      else {
        sums.differed++;
        const key = `${job} ${pair.account} ${pair.bucket} ${pair.other}`;
        const known = this.deviations.get(key);
        this.deviations.set(key, { job, pair, units: (known?.units ?? 0) + 1 });
        const audited = op.type === "final" && isWhole(op.audited);
        if (pair.difference) this.examples.push({ job, unit, audited, pair });
      }
    }
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    const left = new Set<string>();
    for (const [key, sums] of this.sums) if (!(await addSums(trx, sums))) left.add(key);
    // A pair that is not counted has no hosts, and nobody who differed.
    if (left.size === this.sums.size) return;
    for (const chunk of chunks([...this.hosts.values()])) {
      const rows = chunk.flatMap(({ job, bucket, account }) => [job, bucket, account]);
      await trx.executeQuery(CompiledQuery.raw(HOSTS.for(chunk.length), rows));
    }
    for (const { job, pair, units } of this.deviations.values()) {
      if (left.has(keyOf(job, pair))) continue;
      await sql`INSERT INTO deviations (account, job, bucket, other, units) VALUES (${pair.account}, ${job}, ${pair.bucket}, ${pair.other}, ${units})
        ON CONFLICT DO UPDATE SET units = units + ${units}`.execute(trx);
    }
    for (const { job, unit, audited, pair } of this.examples) {
      if (left.has(keyOf(job, pair))) continue;
      await sql`INSERT OR IGNORE INTO deviation_examples (account, job, bucket, other, unit, audited, difference)
        SELECT ${pair.account}, ${job}, ${pair.bucket}, ${pair.other}, ${unit}, ${audited ? 1 : 0}, ${JSON.stringify(pair.difference)}
        WHERE (SELECT count(*) FROM deviation_examples WHERE job = ${job} AND bucket = ${pair.bucket} AND other = ${pair.other}) < ${MAX_EXAMPLES}`.execute(
        trx,
      );
    }
  }

  private sumsOf(job: JobId, { bucket, other }: BucketPair): Sums {
    const key = keyOf(job, { bucket, other });
    let sums = this.sums.get(key);
    if (!sums) {
      sums = { job, bucket, other, same: 0, alike: 0, taken: 0, differed: 0, proven: 0, undecided: 0 };
      this.sums.set(key, sums);
    }
    return sums;
  }
}

function keyOf(job: JobId, { bucket, other }: { bucket: Bucket; other: Bucket }): string {
  return `${job} ${bucket} ${other}`;
}

/** False when the job has as many pairs as are counted, and this is none of them. */
async function addSums(trx: Transaction<Tables>, { job, bucket, other, ...sums }: Sums): Promise<boolean> {
  const { same, alike, taken, differed, proven, undecided } = sums;
  const { numAffectedRows } = await sql`INSERT INTO gpu_pairs (job, bucket, other, same, alike, taken, differed, proven, undecided)
    SELECT ${job}, ${bucket}, ${other}, ${same}, ${alike}, ${taken}, ${differed}, ${proven}, ${undecided}
    WHERE EXISTS (SELECT 1 FROM gpu_pairs WHERE job = ${job} AND bucket = ${bucket} AND other = ${other})
      OR (SELECT count(*) FROM gpu_pairs WHERE job = ${job}) < ${MAX_PAIRS}
    ON CONFLICT DO UPDATE SET same = same + ${same}, alike = alike + ${alike}, taken = max(taken, ${taken}),
      differed = differed + ${differed}, proven = proven + ${proven}, undecided = undecided + ${undecided}`.execute(trx);
  return (numAffectedRows ?? 0n) > 0n;
}

/** The account was proven wrong: in what it differed from others it is no witness. */
export async function dropWitness(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  const rows = await trx.selectFrom("deviations").selectAll().where("account", "=", account).execute();
  if (rows.length === 0) return;
  for (const { job, bucket, other, units } of rows) {
    await trx
      .updateTable("gpu_pairs")
      .where("job", "=", job)
      .where("bucket", "=", bucket)
      .where("other", "=", other)
      .set((eb) => ({ differed: eb("differed", "-", units), proven: eb("proven", "+", units) }))
      .execute();
  }
  await trx.deleteFrom("deviations").where("account", "=", account).execute();
  await trx.deleteFrom("deviation_examples").where("account", "=", account).execute();
}

/** At most MAX_PAIRS pairs and what belongs to them, however many units and volunteers the job has. */
export async function portabilityRows(database: Kysely<Tables>, job: JobId, minHosts: number): Promise<PortabilityRows> {
  const pairs = await database.selectFrom("gpu_pairs").selectAll().where("job", "=", job).orderBy("bucket").orderBy("other").execute();
  const buckets = [...new Set(pairs.flatMap(({ bucket, other }) => [bucket, other]))];
  const hosts = new Map<Bucket, number>();
  const few: { bucket: Bucket; account: AccountId }[] = [];
  for (const bucket of buckets) {
    const rows = await database
      .selectFrom("gpu_hosts")
      .select(["bucket", "account"])
      .where("job", "=", job)
      .where("bucket", "=", bucket)
      .limit(MAX_HOSTS_COUNTED)
      .execute();
    hosts.set(bucket, rows.length);
    if (rows.length < minHosts) few.push(...rows);
  }
  const told = [];
  for (const pair of pairs) {
    const { bucket, other } = pair;
    const deviants = pair.differed === 0 ? 0 : await countDeviants(database, job, bucket, other);
    const rows =
      pair.differed === 0
        ? []
        : await database
            .selectFrom("deviation_examples")
            .select(["unit", "audited", "difference"])
            .where("job", "=", job)
            .where("bucket", "=", bucket)
            .where("other", "=", other)
            .orderBy("unit")
            .execute();
    const examples = rows.map(({ unit, audited, difference }) => ({ unit, audited: audited === 1, difference: JSON.parse(difference) }));
    told.push({ ...pair, deviants, examples });
  }
  return { pairs: told, hosts, few };
}

async function countDeviants(database: Kysely<Tables>, job: JobId, bucket: Bucket, other: Bucket): Promise<number> {
  const rows = await database
    .selectFrom("deviations")
    .select("account")
    .where("job", "=", job)
    .where("bucket", "=", bucket)
    .where("other", "=", other)
    .limit(MAX_HOSTS_COUNTED)
    .execute();
  return rows.length;
}
