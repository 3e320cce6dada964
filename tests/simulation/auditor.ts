/** The auditor of a simulated network: it runs again what the core asks, on its own GPU, and errs never, whatever the job's checker does. */
import { AUDITOR } from "../../server/core/cluster.ts";
import type { Reply } from "../../server/core/effects.ts";
import type { CoreEvent, SubmittedResult } from "../../server/core/events.ts";
import { type AccountId, type HostId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { markOf } from "../unit/core/world.ts";
import { CHECKER_PRICE, isAccepted, isWrongIn, RIGHT, SLICES } from "./adversaries.ts";
import type { Dice } from "./dice.ts";
import { BYTES, CLAIM_MS, TICK_MS } from "./pace.ts";
import { JOB, type Server } from "./server.ts";
import type { Timeline } from "./timeline.ts";

interface AuditorOptions {
  host: HostId;
  account: AccountId;
  /** What a unit takes it, ms. */
  unitMs: number;
  /** It is asked for slices, or for what the job's checker says, too. */
  checks: boolean;
  server: Server;
  timeline: Timeline;
  dice: Dice;
  tell: (event: CoreEvent) => Reply;
}

export class Auditor {
  private readonly options: AuditorOptions;

  constructor(options: AuditorOptions) {
    this.options = options;
  }

  /** A task of checks and a batch of units in turn: its GPU does one of the two at a time. */
  begin(): void {
    if (this.options.checks) this.check();
    else this.compute(TICK_MS);
  }

  private check(): void {
    const { tell, dice, timeline, unitMs } = this.options;
    const reply = tell({ type: "check-claim", random: dice.hex(), features: [], limits: {}, now: timeline.now });
    if (reply.type !== "check" || !reply.task) {
      this.compute(TICK_MS);
      return;
    }
    const { id: task, how, units } = reply.task;
    const slices = units.reduce((all, each) => all + each.slices.length, 0);
    const executions = how === "checker" ? units.length * CHECKER_PRICE : slices / SLICES;
    timeline.after(executions * unitMs, () => {
      for (const each of units) this.report(task, each.unit, how === "checker" ? null : each.slices);
      this.compute(0);
    });
  }

  private compute(idleMs: number): void {
    const { tell, dice, timeline, host, account, unitMs, checks } = this.options;
    const event = { type: "claim", random: dice.hex(), host, units: 0, gpuMillis: CLAIM_MS, job: null } as const;
    const reply = tell({ ...event, now: timeline.now });
    if (reply.type !== "assigned") {
      timeline.after(checks ? idleMs : reply.type === "idle" ? reply.retryMs : TICK_MS, () => this.begin());
      return;
    }
    const { assignment } = reply;
    const results = [...unitsOf(assignment.runs)].map(
      (unit): SubmittedResult => ({ unit, status: "ok", gpuMicros: unitMs * 1000, digest: RIGHT, bytes: BYTES }),
    );
    timeline.after(results.length * unitMs, () => {
      const submit = { type: "submit", account, cluster: AUDITOR, assignment, results, mark: markOf(account) } as const;
      tell({ ...submit, now: timeline.now, draw: dice.hex() });
      this.begin();
    });
  }

  /** Of a unit's slices that were run again; null: of its result, which the checker has judged. */
  private report(task: string, unit: UnitIndex, slices: readonly number[] | null): void {
    const { server, tell, timeline, dice } = this.options;
    const digest = server.checkedDigest(task, unit);
    const isRight = (told: string) => (slices ? !slices.some((slice) => isWrongIn(told, unit, slice)) : isAccepted(told));
    const isSame = digest !== undefined && isRight(digest);
    if (server.isRunning) tell({ type: "check-report", job: JOB, task, unit, isSame, now: timeline.now, draw: dice.hex() });
  }
}
