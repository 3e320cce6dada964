/** Admission, from the parent's side: hands a package to a judge's process and bounds what that may cost. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Fault, IdlewaveError } from "../../shared/errors.ts";
import { ROOT } from "../root.ts";
import { JudgeChild, type Outcome } from "./child.ts";
import type { Message } from "./frames.ts";
import { JUDGE_MEMORY_MIB, JUDGE_PATIENCE_MS, JUDGE_TIME_MS, oversized, type Patience } from "./limits.ts";
import { type Admission, type JobPackage, MANIFEST_FILE } from "./package.ts";
import { admissionOf, isVerdict, requestOf } from "./request.ts";

export type { Admission } from "./package.ts";

export interface JudgesOptions {
  /** Address space of the judge's process, default JUDGE_MEMORY_MIB. */
  memoryMiB?: number;
  /** Processor time of one judgement, default JUDGE_TIME_MS. */
  timeoutMs?: number;
  /** Time to get it, default JUDGE_PATIENCE_MS. */
  patienceMs?: Patience;
  /** Told when a package is turned away because the machine gave its judges too little processor time. */
  onBusy?: (spent: { processorMs: number; waitedMs: number }) => void;
  /** The built judge; default: `dist/server/judge.mjs` of this package. */
  entry?: string;
}

/** Packages that may wait; more are turned away, and told to come again when some of them will have been judged. */
const MAX_WAITING = 32;
const COME_AGAIN_S = 10;
/** A judge is replaced after this many judgements: what Tint leaks stays bounded. */
const JUDGEMENTS_PER_CHILD = 200;

/** A warm judge's process and the queue before it. */
export class Judges {
  private readonly memoryMiB: number;
  private readonly timeoutMs: number;
  private readonly patienceMs: Patience;
  private readonly onBusy: NonNullable<JudgesOptions["onBusy"]>;
  private readonly entry: string;
  private child: JudgeChild | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private closed = false;

  constructor(options: JudgesOptions = {}) {
    this.memoryMiB = options.memoryMiB ?? JUDGE_MEMORY_MIB;
    this.timeoutMs = options.timeoutMs ?? JUDGE_TIME_MS;
    this.patienceMs = options.patienceMs ?? JUDGE_PATIENCE_MS;
    this.onBusy = options.onBusy ?? (() => {});
    this.entry = options.entry ?? judgeEntry();
    this.child = this.spawn();
  }

  /**
   * Judges `pkg`: the plan, or all of its faults. Rejects with `IdlewaveError` when too many wait or the machine is too busy,
   * and with `Error` when no judge can be started at all.
   */
  async admit(pkg: JobPackage): Promise<Admission> {
    if (this.closed) throw new IdlewaveError("shutting-down");
    const faults = oversized(pkg);
    if (faults.length > 0) return { ok: false, faults };
    if (this.waiting >= MAX_WAITING)
      throw new IdlewaveError("too-fast", { limit: `${MAX_WAITING} packages are waiting`, retrySeconds: COME_AGAIN_S });
    this.waiting++;
    const turn = this.tail.then(() => this.judge(requestOf(pkg)));
    this.tail = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.waiting--;
    }
  }

  /** Processes that run now. */
  get processes(): number {
    return this.child ? 1 : 0;
  }

  /** Packages that are judged or wait for it. */
  get queued(): number {
    return this.waiting;
  }

  /** Ends the judge; what still waits is answered with a fault or an error. */
  async close(): Promise<void> {
    this.closed = true;
    this.child?.kill("the coordinator stops");
    this.child = undefined;
    await this.tail;
  }

  private async judge(question: Message): Promise<Admission> {
    let outcome: Outcome = { kind: "crash", why: "" };
    const begun = performance.now();
    let isBusy = false;
    // What a try cost that the machine was too busy for: all of them together cost no more than one may.
    let lostMs = 0;
    // Neither a crash nor a machine that is busy is a verdict: once more in a fresh process.
    for (const patienceMs of this.patienceMs) {
      if (this.closed) throw new IdlewaveError("shutting-down");
      const child = await this.warm();
      outcome = await child.ask(question, this.timeoutMs - lostMs, patienceMs);
      if (outcome.kind === "answer" && !isVerdict(outcome.message)) {
        this.replace(child);
        throw new TypeError("the judge's answer is malformed");
      }
      if (outcome.kind !== "answer" || child.asked >= JUDGEMENTS_PER_CHILD) this.replace(child);
      if (outcome.kind === "stalled") {
        isBusy = true;
        lostMs += outcome.usedMs;
      } else if (outcome.kind !== "crash") break;
    }
    if (this.closed && outcome.kind === "crash") throw new IdlewaveError("shutting-down");
    if (outcome.kind === "answer") return admissionOf(outcome.message);
    if (outcome.kind === "stalled" || (isBusy && outcome.kind !== "memory")) {
      this.onBusy({ processorMs: Math.round(lostMs), waitedMs: Math.round(performance.now() - begun) });
      throw new IdlewaveError("busy");
    }
    return { ok: false, faults: [this.endedFault(outcome)] };
  }

  private endedFault(outcome: Exclude<Outcome, { kind: "answer" | "stalled" }>): Fault {
    const right = "Make the kernel's types, constants and functions simpler, and its tables smaller.";
    if (outcome.kind === "crash") {
      const step = outcome.stage ? ` It was ${outcome.stage.doing}.` : "";
      const wrong = `The judge died of this package, twice: ${outcome.why}.${step}`;
      return {
        file: outcome.stage?.file ?? MANIFEST_FILE,
        wrong,
        right: `An expression or a nesting may be too deep: break it up. ${right}`,
      };
    }
    const { file, doing } = outcome.stage ?? { file: MANIFEST_FILE, doing: "reading the manifest" };
    const limit = outcome.kind === "timeout" ? `${this.timeoutMs / 1000} s` : `${this.memoryMiB} MiB`;
    return { file, wrong: `The package could not be judged within ${limit}: it ended while ${doing}.`, right };
  }

  private async warm(): Promise<JudgeChild> {
    this.child ??= this.spawn();
    if (await this.child.ready()) return this.child;
    const first = this.child.why();
    if (this.closed) throw new IdlewaveError("shutting-down");
    this.child = this.spawn();
    if (await this.child.ready()) return this.child;
    const why = this.child.why() || first;
    this.child = undefined;
    throw new Error(`the judge's process does not start: ${why}`);
  }

  private replace(child: JudgeChild): void {
    child.kill("it is replaced");
    if (this.child === child) this.child = this.closed ? undefined : this.spawn();
  }

  private spawn(): JudgeChild {
    return new JudgeChild(this.entry, this.memoryMiB);
  }
}

function judgeEntry(): string {
  const entry = join(ROOT, "dist", "server", "judge.mjs");
  if (existsSync(entry)) return entry;
  throw new Error(`${entry} is not there: run npm run build`);
}
