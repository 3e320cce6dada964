/**
 * Units of which the coordinator wants slices run again, or that their job's checker is to judge, in a process of its own (audit-check.ts) that goes on with one task after
 * the other. When it ends, or says nothing of a task in time, it is killed and another is begun; that what it had was not run is told once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { MAX_SENTENCE } from "../../shared/canary.ts";
import { CheckAnswerSchema, type Checked, type CheckTask } from "../../shared/checks.ts";
import { plain } from "../../shared/plain.ts";
import { messageOf } from "../../shared/thrown.ts";
import { type Connection, posted, send, sendJson } from "./api.ts";
import type { CheckMessage, Part, PartMessage } from "./audit-part.ts";
import { CliError } from "./exit.ts";
import { note } from "./print.ts";

/** When a coordinator without a unit to check is asked again, and what did not answer, ms. */
const ASK_EVERY_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;
/** Of a task's time the part has this share: the rest is for telling. */
const PART_SHARE = 0.8;

type StartCheckPart = (onMessage: (message: PartMessage) => void) => Pick<Part, "ended" | "kill"> & { tell(task: WithResults): void };
/** Of a task for a checker the units have their results. */
type WithResults = Omit<CheckTask, "units"> & Pick<CheckMessage, "units">;
type Ready = Extract<PartMessage, { type: "ready" }>;

export class Checks {
  private readonly connection: Connection;
  private readonly start: StartCheckPart;
  private readonly stopped = new AbortController();

  /** `start`: a new process of the part that checks. */
  constructor(connection: Connection, start: StartCheckPart) {
    this.connection = connection;
    this.start = start;
  }

  /** Resolves after `stop`. Rejects with `CliError` when the coordinator does not let it, or knows no checks. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      const process = new CheckProcess(this.start);
      const kill = () => process.kill();
      this.stopped.signal.addEventListener("abort", kill);
      try {
        await this.serve(process);
      } catch (error) {
        if (!(error instanceof CliError) || !error.passing) throw error;
      } finally {
        this.stopped.signal.removeEventListener("abort", kill);
        process.kill();
      }
      await this.pause(AFTER_FAILURE_MS);
    }
  }

  stop(): void {
    this.stopped.abort();
  }

  private get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Task after task, until the process ends or is of no use any more. */
  private async serve(process: CheckProcess): Promise<void> {
    const ready = await process.ready;
    if (!ready) return;
    const { features, limits } = ready;
    while (!process.isOver && !this.isStopped) {
      const { task } = await sendJson(this.connection, "/api/checks", CheckAnswerSchema, posted({ features, limits }));
      if (task) await this.perform(task, process);
      else await this.pause(ASK_EVERY_MS);
    }
  }

  private async perform(asked: CheckTask, process: CheckProcess): Promise<void> {
    const task = asked.how === "checker" ? await this.withResults(asked) : asked;
    // Its job is over, or others have it by now.
    if (!task) return;
    const left = new Set(task.units.map(({ unit }) => unit));
    const tells: Promise<void>[] = [];
    const broken = await process.perform(task, PART_SHARE * task.limitMs, (unit, found) => {
      if (left.delete(unit)) tells.push(this.report(task, { unit, ...found }));
    });
    await Promise.all(tells);
    if (!broken || this.isStopped) return;
    note(`Units of job ${task.job} could not be checked: ${broken.why}`);
    if (broken.isUnrun) await this.report(task, { why: plain(broken.why).slice(0, MAX_SENTENCE) || "No reason was told." });
  }

  /** Undefined where the coordinator has none of them any more. */
  private async withResults(task: CheckTask): Promise<WithResults | undefined> {
    const units: WithResults["units"] = [];
    for (const each of task.units) {
      try {
        const response = await send(this.connection, `/api/checks/${task.job}/${task.task}/${each.unit}`);
        units.push({ ...each, result: new Uint8Array(await response.arrayBuffer()) });
      } catch (error) {
        // That one ended meanwhile.
        if (!(error instanceof CliError) || error.body.code !== "not-found") throw error;
      }
    }
    return units.length > 0 ? { ...task, units } : undefined;
  }

  private async report(
    { job, task }: Pick<CheckTask, "job" | "task">,
    what: ({ unit: number } & Checked) | { why: string },
  ): Promise<void> {
    try {
      await send(this.connection, `/api/checks/${job}/report`, posted({ task, ...what }));
    } catch (error) {
      // It was drawn anew meanwhile, or its job is over.
      if (!(error instanceof CliError)) throw error;
      if (error.body.code !== "wrong-state") note(`A check of job ${job} could not be told: ${messageOf(error)}`);
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopped.signal }).catch(() => undefined); // stopped
  }
}

/** A task that was not told of to its end. `isUnrun`: its slices were there, and could not be run; else they could not be fetched. */
interface Broken {
  why: string;
  isUnrun: boolean;
}

class CheckProcess {
  /** Undefined when it ended before. */
  readonly ready: Promise<Ready | undefined>;
  isOver = false;
  private readonly part: ReturnType<StartCheckPart>;
  private readonly ended: Promise<unknown>;
  private tellReady: (ready: Ready | undefined) => void = () => undefined;
  private take: (message: PartMessage) => void = () => undefined;

  constructor(start: StartCheckPart) {
    this.ready = new Promise((resolve) => {
      this.tellReady = resolve;
    });
    this.part = start((message) => {
      if (message.type === "ready") this.tellReady(message);
      else this.take(message);
    });
    this.ended = this.part.ended.then(() => {
      this.isOver = true;
      this.tellReady(undefined);
    });
  }

  /** Resolves when all of its units are told of, or with why they are not. */
  async perform(task: WithResults, limitMs: number, tell: (unit: number, found: Checked) => void): Promise<Broken | undefined> {
    let left = task.units.length;
    let timer: NodeJS.Timeout | undefined;
    const told = new Promise<Broken | undefined>((resolve) => {
      this.take = (message) => {
        if (message.type === "checked") {
          tell(message.unit, message.found);
          if (--left === 0) resolve(undefined);
        } else if (message.type === "lost") resolve({ why: message.why, isUnrun: true });
        else if (message.type === "unfetched") resolve({ why: message.why, isUnrun: false });
      };
      timer = setTimeout(() => resolve({ why: "They did not end in time.", isUnrun: true }), limitMs);
      void this.ended.then(() => resolve({ why: "The process that ran them ended.", isUnrun: true }));
    });
    this.part.tell(task);
    const broken = await told.finally(() => clearTimeout(timer));
    if (broken) this.kill();
    return broken;
  }

  kill(): void {
    this.isOver = true;
    this.part.kill();
  }
}
