/**
 * One judge's process, from the parent's side.
 *
 *   starting ──ready──▶ idle ◀──answer── asked
 *      │                 │                 │
 *      └──────── exit, kill, malformed ────┴──▶ ended
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { messageOf } from "../../shared/thrown.ts";
import { encodeMessage, type Message, MessageReader } from "./frames.ts";
import { MAX_ANSWER_BYTES } from "./limits.ts";
import type { Stage } from "./package.ts";

/** Time to start: Node, our code, Dawn, one judgement to warm up. Generous, for a machine that is busy. */
const START_MS = 60_000;
/** How often its processor time is looked at, at most. */
const LOOK_EVERY_MS = 20;
const MAX_STDERR = 20_000;
/** What the C++ library, V8 and Dawn say when memory is refused to them. */
const OUT_OF_MEMORY = /bad_alloc|out of memory|OOM|Allocation failed/i;

export type Outcome =
  | { kind: "answer"; message: Message }
  | { kind: "timeout"; stage?: Stage }
  /** The machine gave it no more than `usedMs` of processor time while there was patience. */
  | { kind: "stalled"; usedMs: number }
  /** It ran out of its address space or heap. */
  | { kind: "memory"; stage?: Stage }
  /** `why`: the signal or exit code; what it wrote to stderr is not for owners to read. */
  | { kind: "crash"; why: string; stage?: Stage };

export class JudgeChild {
  private readonly process: ChildProcess;
  private readonly reader = new MessageReader(MAX_ANSWER_BYTES);
  private readonly started: Promise<boolean>;
  private waiting: ((outcome: Outcome) => void) | undefined;
  private stderr = "";
  private stage: Stage | undefined;
  private ended: string | undefined;
  /** Judgements asked of it so far. */
  asked = 0;

  /** `entry`: the built judge. `memoryMiB`: its address space. */
  constructor(entry: string, memoryMiB: number) {
    const heapMiB = Math.max(128, Math.floor(memoryMiB / 8));
    const command = `ulimit -c 0; ulimit -v ${memoryMiB * 1024} 2>/dev/null; exec "$0" --max-old-space-size=${heapMiB} "$1"`;
    this.process = spawn("/bin/sh", ["-c", command, process.execPath, entry], {
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH ?? "" },
      cwd: "/",
    });
    let ready: (is: boolean) => void = () => {};
    this.started = new Promise((resolve) => {
      ready = resolve;
    });
    const timer = setTimeout(() => this.kill(`it did not start in ${START_MS / 1000} s`), START_MS);
    timer.unref();
    this.process.stderr?.on("data", (piece: Buffer) => {
      this.stderr = (this.stderr + piece.toString("utf8")).slice(-MAX_STDERR);
    });
    this.process.stdin?.on("error", () => {});
    (this.process.stdio[3] as Readable).on("data", (piece: Buffer) => {
      try {
        for (const message of this.reader.push(piece)) {
          const stage = stageOf(message.json);
          if (isReady(message.json)) ready(true);
          else if (stage) this.stage = stage;
          else this.settle({ kind: "answer", message });
        }
      } catch (error) {
        this.kill(`it wrote a malformed answer: ${messageOf(error)}`);
      }
    });
    const end = (how: string) => {
      clearTimeout(timer);
      this.ended ??= how;
      ready(false);
      const why = this.ended;
      this.settle(OUT_OF_MEMORY.test(this.stderr) ? { kind: "memory", ...this.at() } : { kind: "crash", why, ...this.at() });
    };
    this.process.once("error", (error) => end(error.message));
    this.process.once("close", (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
    void this.started.then(() => clearTimeout(timer));
  }

  /** True once it takes questions, false when it ended instead; `why` says how. */
  async ready(): Promise<boolean> {
    return (await this.started) && this.ended === undefined;
  }

  /** Asks for one judgement and gives it `timeoutMs` of processor time, or `patienceMs` to get it, then kills. Never rejects. */
  async ask(question: Message, timeoutMs: number, patienceMs: number): Promise<Outcome> {
    if (!(await this.ready())) return { kind: "crash", why: this.ended ?? "it ended" };
    this.asked++;
    this.stage = undefined;
    this.stderr = "";
    const begun = performance.now();
    const cpuBefore = cpuMillis(this.process.pid);
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.waiting = resolve;
      const check = () => {
        const wall = performance.now() - begun;
        const cpu = cpuMillis(this.process.pid);
        const used = cpu === undefined || cpuBefore === undefined ? wall : Math.min(wall, cpu - cpuBefore);
        if (used >= timeoutMs || wall >= patienceMs) {
          this.settle(used >= timeoutMs ? { kind: "timeout", ...this.at() } : { kind: "stalled", usedMs: used });
          this.kill("it took too long");
        } else timer = setTimeout(check, Math.max(LOOK_EVERY_MS, Math.min(timeoutMs - used, patienceMs - wall)));
      };
      timer = setTimeout(check, Math.min(timeoutMs, patienceMs));
      this.process.stdin?.write(encodeMessage(question));
    });
    clearTimeout(timer);
    return outcome;
  }

  /** Ends the process at once. */
  kill(why: string): void {
    this.ended ??= why;
    this.process.kill("SIGKILL");
  }

  /** How it ended, with the telling line of what it wrote to stderr: for the operator, paths and all. */
  why(): string {
    const line = this.stderr.split("\n").find((candidate) => /error|terminate|fatal/i.test(candidate));
    return line ? `${this.ended} (${line.trim().slice(0, 300)})` : `${this.ended}`;
  }

  private at(): { stage?: Stage } {
    return this.stage ? { stage: this.stage } : {};
  }

  private settle(outcome: Outcome): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.(outcome);
  }
}

function stageOf(json: unknown): Stage | undefined {
  const stage = json !== null && typeof json === "object" && "stage" in json ? (json.stage as Partial<Stage> | null) : undefined;
  return typeof stage?.file === "string" && typeof stage.doing === "string" ? { file: stage.file, doing: stage.doing } : undefined;
}

function isReady(json: unknown): boolean {
  return json !== null && typeof json === "object" && "ready" in json && json.ready === true;
}

/** User and system time of a process in ms; undefined where there is no /proc. */
function cpuMillis(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Fields 14 and 15 of proc(5), in ticks of 10 ms; the first two are cut off.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
