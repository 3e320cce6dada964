/** Invariants of the ledger as queries over the newest schema: each row that comes back, `what`, breaks one. */

export interface LedgerCheck {
  check: string;
  sql: string;
  /** Other than to restore a backup. */
  todo?: string;
}

/** Sums of many small amounts are added in another order: so much of them, and at least so much, is rounding. */
const CREDIT_ROUNDING = "1e-6 * max(1, abs";

const LEDGER_SUMS = `SELECT account,
    sum(CASE outcome WHEN 'open' THEN credit ELSE 0 END) AS escrow, sum(CASE outcome WHEN 'final' THEN credit ELSE 0 END) AS final,
    count(*) AS submitted, sum(outcome = 'final') AS units_final, sum(outcome = 'refused') AS units_refused
  FROM replicas GROUP BY account`;

export const LEDGER_CHECKS: readonly LedgerCheck[] = [
  {
    check: "Each account's credit is the sum of its replicas'.",
    sql: `SELECT 'account ' || id || ' has ' || credit_final || ' and ' || credit_escrow || ' in escrow, its replicas '
        || coalesce(final, 0) || ' and ' || coalesce(escrow, 0) AS what
      FROM accounts LEFT JOIN (${LEDGER_SUMS}) ON account = id
      WHERE abs(credit_final - coalesce(final, 0)) > ${CREDIT_ROUNDING}(credit_final))
        OR abs(credit_escrow - coalesce(escrow, 0)) > ${CREDIT_ROUNDING}(credit_escrow))`,
  },
  {
    check: "Each account's counts are those of its replicas.",
    sql: `SELECT 'account ' || id AS what FROM accounts LEFT JOIN (${LEDGER_SUMS}) AS sums ON account = id
      WHERE (accounts.units_submitted, accounts.units_final, accounts.units_refused)
        IS NOT (coalesce(submitted, 0), coalesce(sums.units_final, 0), coalesce(sums.units_refused, 0))`,
  },
  {
    check: "Each job's counts are those of its replicas and units.",
    sql: `SELECT 'job ' || id AS what FROM jobs WHERE (counted, refused, final) IS NOT (
        (SELECT coalesce(sum(status = 'ok'), 0) FROM replicas WHERE job = jobs.id),
        (SELECT coalesce(sum(outcome = 'refused'), 0) FROM replicas WHERE job = jobs.id),
        (SELECT count(digest) FROM units WHERE job = jobs.id))`,
  },
  {
    check: "Each final unit has its canonical result.",
    sql: `SELECT 'unit ' || units.unit || ' of job ' || units.job AS what FROM units LEFT JOIN results USING (job, unit, digest)
      WHERE units.digest IS NOT NULL AND results.digest IS NULL`,
  },
  {
    check: "No replica of a unit that has ended is still open.",
    sql: `SELECT 'unit ' || unit || ' of job ' || job || ', account ' || account AS what FROM replicas JOIN units USING (job, unit)
      WHERE outcome = 'open'`,
  },
  {
    check: "Only replicas that equal the canonical result are paid.",
    sql: `SELECT 'unit ' || unit || ' of job ' || job || ', account ' || account AS what FROM replicas LEFT JOIN units USING (job, unit)
      WHERE outcome = 'final' AND replicas.digest IS NOT units.digest`,
  },
  {
    check: "No job that was broken off holds credit in escrow.",
    sql: `SELECT DISTINCT 'job ' || job AS what FROM replicas JOIN jobs ON jobs.id = job
      WHERE outcome = 'open' AND state IN ('done', 'failed', 'cancelled')`,
  },
  {
    check: "No unit lies outside of its job.",
    sql: `SELECT 'unit ' || unit || ' of job ' || job AS what FROM units JOIN jobs ON jobs.id = job
      WHERE unit < 0 OR unit >= json_extract(spec, '$.units')`,
  },
];
