/** One line of the table: an adversary at a share, over independent seeds. */
import { messageOf } from "../../shared/thrown.ts";
import { ADVERSARIES, CHECKER_PRICE, SLICES } from "./adversaries.ts";
import { type AuditOptions, Network } from "./network.ts";
import type { Tier } from "./server.ts";

export interface CellOptions {
  /** "quorum" when absent. */
  tier?: Tier;
  adversary: string;
  f: number;
  units: number;
  seeds: number;
  firstSeed: number;
  seats: number;
  quorum: number;
  audit: AuditOptions | null;
  check: boolean;
}

export interface Cell {
  tier: Tier;
  adversary: string;
  /** Share of hosts that cheat, and of the replicas that were theirs. */
  f: number;
  workByCheats: number;
  /** Final ones. */
  units: number;
  executionsPerUnit: number;
  /** Wrong units over final ones, and the upper end of its 95 % interval (`bound95`). */
  acceptedWrong: number;
  acceptedWrong95: number;
  /** Right results of honest people that were refused. */
  honestRefused: number;
  /** Share of the credit that wrong results earned. */
  creditWrong: number;
  /** Units that failed. */
  failed: number;
  /** Share of final units that the auditor computed, and its executions a unit, those of slices and of the checker too. */
  audited: number;
  auditorShare: number;
  /** Times that honest people were proven wrong, and cheats that were banned. */
  honestProven: number;
  banned: number;
}

/** What is told while a cell runs. */
interface Listener {
  onSeed?: (trace: number) => void;
  /** After each step: how many units of all seeds are final. */
  onStep?: (final: number) => void;
}

/** The runs of one cell. Throws `SeedFailed` when one breaks an invariant. */
export function runCell(options: CellOptions, { onSeed, onStep }: Listener = {}): Cell {
  const { tier = "quorum", adversary, f, seeds, firstSeed, seats, quorum, audit, check } = options;
  const strategy = ADVERSARIES[adversary];
  if (!strategy) throw new RangeError(`there is no adversary ${adversary}`);
  const share = adversary === "honest" || adversary === "casual" ? 0 : f;
  const sum = {
    replicas: 0,
    byAuditor: 0,
    slices: 0,
    byCheats: 0,
    final: 0,
    wrong: 0,
    failed: 0,
    credit: 0,
    creditWrong: 0,
    honestRefused: 0,
    audited: 0,
    honestProven: 0,
    banned: 0,
  };
  const rates: number[] = [];
  for (let i = 0; i < seeds; i++) {
    const seed = firstSeed + i;
    const units = Math.max(1, Math.ceil(options.units / seeds));
    try {
      const network = new Network({ tier, seed, units, quorum, seats, share, strategy, audit, sessions: adversary !== "honest", check });
      const { score } = network;
      network.run(() => onStep?.(sum.final + score.final));
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += score[key];
      rates.push(score.wrong / Math.max(1, score.final));
      onSeed?.(network.trace);
    } catch (error) {
      throw new SeedFailed(seed, adversary, error);
    }
  }
  const again = tier === "checker" ? sum.slices * CHECKER_PRICE : sum.slices / SLICES;
  return {
    ...{ tier, adversary, f: share, workByCheats: sum.byCheats / sum.replicas, units: sum.final },
    executionsPerUnit: (sum.replicas + again) / sum.final,
    acceptedWrong: sum.wrong / sum.final,
    acceptedWrong95: bound95(rates, sum.final / seeds),
    honestRefused: sum.honestRefused,
    creditWrong: sum.credit === 0 ? 0 : sum.creditWrong / sum.credit,
    failed: sum.failed,
    audited: sum.audited / sum.final,
    auditorShare: (sum.byAuditor + again) / sum.final,
    honestProven: sum.honestProven,
    banned: sum.banned,
  };
}

export class SeedFailed extends Error {
  constructor(seed: number, adversary: string, cause: unknown) {
    const why = messageOf(cause);
    super(`seed ${seed} of ${adversary}: ${why}`, { cause });
  }
}

/** Two-sided 95 % quantiles of Student's t by degrees of freedom; beyond the table the normal's. */
const STUDENT = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093,
];
const NORMAL = 1.96;

/**
 * Upper end of the 95 % interval of a rate whose events come in runs: seeds are independent, units are not. When no seed had
 * any, so many seeds may still have had one (1 - 0.05^(1/seeds)), which is counted as one unit of each.
 */
export function bound95(rates: readonly number[], unitsPerSeed: number): number {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  if (mean === 0) return (1 - 0.05 ** (1 / rates.length)) / unitsPerSeed;
  if (rates.length === 1) return 1;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (rates.length - 1);
  const quantile = STUDENT[rates.length - 2] ?? NORMAL;
  return Math.min(1, mean + quantile * Math.sqrt(variance / rates.length));
}
