/** A core with volunteers of any keys and clusters, who claim, answer, lie and give back; and what became of the units. */
import { createHash } from "node:crypto";
import type { Reply } from "../../server/core/effects.ts";
import type { Assignment, CoreEvent, JobSpec, Timeless } from "../../server/core/events.ts";
import { createState } from "../../server/core/state.ts";
import { step } from "../../server/core/step.ts";
import type { AccountId, UnitIndex } from "../../shared/ids.ts";
import { account, digestOf, host, JOB, jobSpec, markOf, results } from "../unit/core/world.ts";

export class Network {
  /** Units that each account has a recorded replica of. */
  readonly done = new Map<number, Set<UnitIndex>>();
  /** Final units, and those of them that are not the truth. */
  readonly ended = new Set<UnitIndex>();
  readonly wrong = new Set<UnitIndex>();
  now = 1000;
  readonly state = createState();
  private readonly clusters = new Map<number, string>();
  private readonly seed: number;
  private claims = 0;

  constructor(seed: number, spec: Partial<JobSpec>) {
    this.seed = seed;
    this.send({ type: "job-added", spec: jobSpec(spec), state: "running" });
  }

  get isOver(): boolean {
    return this.state.jobs.get(JOB)?.state !== "running";
  }

  join(who: number, cluster: string): void {
    this.send({
      type: "host-joined",
      facts: { host: host(who), account: account(who), cluster, features: [], limits: {} },
      record: { passed: 0, proven: 0, convictedAt: 0 },
    });
    this.done.set(who, new Set());
    this.clusters.set(who, cluster);
  }

  leave(who: number): void {
    this.send({ type: "host-left", host: host(who) });
  }

  claim(who: number, units: number, gpuMillis = 0): Assignment | undefined {
    const random = createHash("sha256")
      .update(`${this.seed} ${this.claims++}`)
      .digest("hex")
      .slice(0, 32);
    const reply = this.send({ type: "claim", random, host: host(who), units, gpuMillis, job: null });
    return reply?.type === "assigned" ? reply.assignment : undefined;
  }

  /** `liar`: the name of a lie, empty for the truth; all who tell the same lie agree. */
  submit(assignment: Assignment, units: Iterable<UnitIndex>, liar = "", gpuMicros = 1000): void {
    const by = assignment.account as AccountId;
    const cluster = this.clusters.get(by) ?? "";
    this.send({ type: "submit", account: by, cluster, assignment, results: results(units, { liar, gpuMicros }), mark: markOf(by) });
  }

  release(assignment: Assignment, units: UnitIndex[]): void {
    this.send({ type: "release", host: host(assignment.account), assignment, units });
  }

  /** The clock goes on, and deadlines are looked at. */
  pass(ms: number): void {
    this.now += ms;
    this.send({ type: "tick" });
  }

  private send(event: Timeless): Reply | undefined {
    let reply: Reply | undefined;
    for (const effect of step(this.state, { ...event, now: this.now++, draw: "0".repeat(32) } as CoreEvent)) {
      if (effect.type === "reply") reply = effect.reply;
      if (effect.type !== "store") continue;
      const { op } = effect;
      if (op.type === "replica") this.done.get(op.replica.account)?.add(op.replica.unit);
      if (op.type !== "final") continue;
      this.ended.add(op.unit);
      if (op.digest !== digestOf(op.unit)) this.wrong.add(op.unit);
    }
    return reply;
  }
}
