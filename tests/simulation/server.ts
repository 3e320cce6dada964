/** What the volunteers of a simulated network speak to: the production core, or BOINC's policies to compare with. */
import type { Effect } from "../../server/core/effects.ts";
import type { CoreEvent } from "../../server/core/events.ts";
import { type CoreState, createState } from "../../server/core/state.ts";
import { step } from "../../server/core/step.ts";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import { checkState } from "../core-check/invariants.ts";
import { Ledger } from "../core-check/ledger.ts";
import { SLICES } from "./adversaries.ts";
import { Boinc } from "./boinc.ts";
import { BYTES } from "./pace.ts";
import { distanceOf } from "./tolerance.ts";

export const JOB = 1 as JobId;
const MAX_REPLICAS = 20;

/** Of the auditor's GPU time; what it takes in the simulated network is CHECKER_PRICE. */
const CHECKER_MICROS = 1_000;

/** `tolerant`: a quorum of results that differ from machine to machine. `boinc`: replication; `boinc-adaptive`: adaptive replication. The others are ours. */
export const TIERS = ["quorum", "tolerant", "checker", "sampled", "boinc", "boinc-adaptive"] as const;
export type Tier = (typeof TIERS)[number];

/** One volunteer computes a unit, and the auditor checks it. */
export function isCheckedAlone(tier: Tier): boolean {
  return tier === "checker" || tier === "sampled";
}

/** BOINC has no auditor, and the invariants are the core's. */
export function isBoinc(tier: Tier): boolean {
  return tier === "boinc" || tier === "boinc-adaptive";
}

export interface ServerOptions {
  tier: Tier;
  seed: number;
  units: number;
  quorum: number;
  /** Share of agreements that an auditor computes again; undefined: the core's own. */
  auditShare: number | undefined;
  /** The core's invariants are looked at after each step. */
  check: boolean;
}

export interface Server {
  readonly isRunning: boolean;
  step(event: CoreEvent): Effect[];
  /** The result that a check is about; undefined: there is none. */
  checkedDigest(task: string, unit: UnitIndex): string | undefined;
}

export function startServer(options: ServerOptions): Server {
  return isBoinc(options.tier) ? new Baseline(options) : new Core(options);
}

class Core implements Server {
  private readonly state: CoreState;
  private readonly ledger: Ledger | undefined;

  constructor({ tier, units, quorum, auditShare, check }: ServerOptions) {
    this.state = createState(auditShare);
    this.ledger = check ? new Ledger((one, other) => distanceOf(one, other) !== null) : undefined;
    const spec = {
      id: JOB,
      owner: 1,
      units,
      quorum,
      priority: 0,
      creditPerUnit: 1,
      requires: { features: [], limits: {} },
      maxReplicas: MAX_REPLICAS,
      floats: tier === "tolerant",
      tolerant: tier === "tolerant",
      measured: false,
      unitMicros: null,
      maxGpuMicros: null,
      asks: false,
      ...(tier === "checker" ? { check: { how: "checker", bytes: BYTES.byteLength, micros: CHECKER_MICROS, why: "" } as const } : {}),
      ...(tier === "sampled" ? { check: { how: "slices", slices: SLICES, why: "" } as const } : {}),
    };
    this.ledger?.addJob(spec);
    this.step({ type: "job-added", now: 0, spec, state: "running" });
  }

  get isRunning(): boolean {
    return this.state.jobs.get(JOB)?.state === "running";
  }

  step(event: CoreEvent): Effect[] {
    const effects = step(this.state, event);
    this.ledger?.observe(effects);
    if (this.ledger) checkState(this.state);
    return effects;
  }

  checkedDigest(task: string, unit: UnitIndex): string | undefined {
    return this.state.jobs.get(JOB)?.checkTasks.get(task)?.units.get(unit)?.digest;
  }
}

class Baseline extends Boinc implements Server {
  constructor({ tier, seed, units, quorum, check }: ServerOptions) {
    if (check) throw new RangeError("the invariants are the core's, and BOINC has none of them");
    super({ isAdaptive: tier === "boinc-adaptive", seed, job: JOB, units, quorum, maxReplicas: MAX_REPLICAS });
  }

  checkedDigest(): undefined {
    return undefined;
  }
}
