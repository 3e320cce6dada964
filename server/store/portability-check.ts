/** What must hold of the counts by kinds of GPUs. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";

const UNEQUAL = `
  SELECT job, bucket, other, differed, counted FROM (
    SELECT job, bucket, other, differed, coalesce(
      (SELECT sum(units) FROM deviations d WHERE d.job = p.job AND d.bucket = p.bucket AND d.other = p.other), 0) AS counted
    FROM gpu_pairs p)
  WHERE differed <> counted`;
const IMPOSSIBLE = `
  SELECT job, bucket, other FROM gpu_pairs
  WHERE min(same, alike, differed, proven, undecided) < 0 OR NOT (taken BETWEEN 0 AND 1)`;
/** Who was proven wrong is no witness, and a pair that is not counted has none. */
const STRAY = `
  SELECT d.account, d.job FROM deviations d LEFT JOIN gpu_pairs p ON p.job = d.job AND p.bucket = d.bucket AND p.other = d.other
  WHERE p.job IS NULL
  UNION SELECT e.account, e.job FROM deviation_examples e
  LEFT JOIN deviations d ON d.account = e.account AND d.job = e.job AND d.bucket = e.bucket AND d.other = e.other
  WHERE d.job IS NULL OR NOT json_valid(e.difference)`;

export function portabilityFaults(database: DatabaseSyncInstance): string[] {
  const unequal = database.prepare(UNEQUAL).all() as { job: number; differed: number; counted: number }[];
  const impossible = database.prepare(IMPOSSIBLE).all() as { job: number; bucket: string; other: string }[];
  const stray = database.prepare(STRAY).all() as { account: number; job: number }[];
  return [
    ...unequal.map(({ job, differed, counted }) => `job ${job} has ${differed} units that differed, its volunteers ${counted}`),
    ...impossible.map(({ job }) => `job ${job} has counts that cannot be`),
    ...stray.map(({ account, job }) => `account ${account} differed in job ${job}, of which that is not counted`),
  ];
}
