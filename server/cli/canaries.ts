/**
 * Jobs that the coordinator wants measured, each in a process of its own (canary-process.ts) that is killed after it. A few are
 * measured at a time, so that one that does not end keeps nobody waiting. The coordinator is told every few seconds that a
 * measurement goes on; what was found by its limit is reported.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ALIVE_EVERY_MS, CanaryAnswerSchema, type CanaryFinding, type CanaryRun, MAX_SENTENCE } from "../../shared/canary.ts";
import { messageOf } from "../../shared/thrown.ts";
import { type Connection, posted, send, sendJson } from "./api.ts";
import { CanaryProcess, type Outcome, type StartPart } from "./canary-process.ts";
import { CliError } from "./exit.ts";
import { CLASS_WORDS, note } from "./print.ts";

/** When a coordinator without a job to measure is asked again, and one that did not answer, ms. */
const ASK_EVERY_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;
/** Jobs that are measured at a time. */
const MAX_MEASURED = 3;
/** A GPU, or a process, that is lost with a job the second time was not lost by chance. */
const MAX_LOSSES = 2;
const MINUTE_MS = 60_000;
const UNENDED = "It does not end, or takes far too long: it was not compiled, or not one unit of it computed,";

export class Canaries {
  private readonly connection: Connection;
  private readonly start: StartPart;
  private readonly stopped = new AbortController();
  private readonly measuring = new Set<Promise<void>>();

  /** `start`: a new process of the canary's part. */
  constructor(connection: Connection, start: StartPart) {
    this.connection = connection;
    this.start = start;
  }

  /** Resolves after `stop`. Rejects with `CliError` when the coordinator does not let it, or knows no canary. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      try {
        if (this.measuring.size >= MAX_MEASURED) await Promise.race(this.measuring);
        await this.next();
      } catch (error) {
        if (!(error instanceof CliError) || !error.passing) throw error;
        await this.pause(AFTER_FAILURE_MS);
      }
    }
    await Promise.all(this.measuring);
  }

  stop(): void {
    this.stopped.abort();
  }

  private get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Opens a process, waits for a job, and begins to measure it. */
  private async next(): Promise<void> {
    const process = this.open();
    const run = await this.jobFor(process).catch((error: unknown) => {
      process.kill();
      throw error;
    });
    if (!run) return process.kill();
    const measuring = this.measure(run, process)
      .catch((error: unknown) => note(`Job ${run.job} could not be measured: ${messageOf(error)}`))
      .finally(() => this.measuring.delete(measuring));
    this.measuring.add(measuring);
  }

  /** Undefined when the process ended, or all does. */
  private async jobFor(process: CanaryProcess): Promise<CanaryRun | undefined> {
    const abilities = await process.ready;
    if (!abilities) await this.pause(AFTER_FAILURE_MS);
    let isOver = abilities === undefined;
    void process.ended.then(() => {
      isOver = true;
    });
    while (!isOver && !this.isStopped) {
      const { run } = await sendJson(this.connection, "/api/canary", CanaryAnswerSchema, posted(abilities));
      if (run) return run;
      await this.pause(ASK_EVERY_MS);
    }
    return undefined;
  }

  private async measure(run: CanaryRun, first: CanaryProcess): Promise<void> {
    note(`Job ${run.job} is measured.`);
    const gone = new AbortController();
    const given = AbortSignal.any([this.stopped.signal, gone.signal]);
    const beat = setInterval(() => {
      send(this.connection, `/api/canary/${run.job}/alive`, posted({ run: run.run })).catch((error: unknown) => {
        // Another run has the job by now, or its owner has cancelled it.
        if (error instanceof CliError && !error.passing) gone.abort();
      });
    }, ALIVE_EVERY_MS);
    try {
      const outcome = await this.outcomeOf(run, first, given);
      if (given.aborted) return;
      // Nothing of the job has run: it is measured again, later or elsewhere.
      if (outcome.type === "lost" && outcome.finding.benchmarkMicros === null)
        return note(`Job ${run.job} could not be measured: ${outcome.why}`);
      if (outcome.type === "unfetched") return note(`Job ${run.job} could not be fetched: ${outcome.why}`);
      const finding = outcome.type === "done" ? outcome.finding : refusalOf(outcome);
      await send(this.connection, `/api/canary/${run.job}/report`, posted({ run: run.run, finding }));
      note(
        `Job ${run.job} was measured: ${CLASS_WORDS[finding.verdict]}.${finding.why && ` ${finding.why}`}${finding.differs && ` ${finding.differs}`}`,
      );
    } catch (error) {
      if (!(error instanceof CliError && error.body.code === "wrong-state")) throw error;
    } finally {
      clearInterval(beat);
    }
  }

  /** Tries again in a new process where the GPU was lost. `given`: what is found is of no use any more. */
  private async outcomeOf(run: CanaryRun, first: CanaryProcess, given: AbortSignal): Promise<Outcome> {
    let process = first;
    const end = AbortSignal.any([given, AbortSignal.timeout(run.limitMs)]);
    const late = aborted(end).then((): Outcome => {
      const { found } = process;
      const within = `within ${Math.round(run.limitMs / MINUTE_MS)} minutes`;
      if (found.benchmarkMicros === null) return { type: "lost", why: `The benchmark did not end ${within}.`, finding: found };
      // A kernel of which no unit ends must not meet volunteers: they would wait for it as long.
      if (found.unitMicros === null) return { type: "done", finding: { ...found, verdict: "refused", why: `${UNENDED} ${within}.` } };
      return { type: "done", finding: { ...found, verdict: "opaque", why: `More could not be told ${within}.` } };
    });
    for (let losses = 1; ; losses++) {
      if (await Promise.race([process.ready, late])) process.measure(this.connection.url, run.plan);
      const outcome = await Promise.race([process.outcome, late]);
      process.kill();
      if (outcome.type !== "lost" || losses === MAX_LOSSES || end.aborted) return outcome;
      process = this.open();
    }
  }

  private open(): CanaryProcess {
    const process = new CanaryProcess(this.start);
    const kill = () => process.kill();
    this.stopped.signal.addEventListener("abort", kill);
    void process.ended.then(() => this.stopped.signal.removeEventListener("abort", kill));
    if (this.isStopped) kill();
    return process;
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopped.signal }).catch(() => undefined); // stopped
  }
}

function refusalOf({ why, finding }: Extract<Outcome, { type: "lost" }>): CanaryFinding {
  const told = `The GPU, or the process that ran it, was lost with it twice. ${why}`.slice(0, MAX_SENTENCE);
  return { ...finding, verdict: "refused", why: told };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
