/**
 * A part of the bench in a process of its own, asked over Node's IPC channel. Both ends share the type of its verbs: the
 * entry calls `answerParent(verbs)`, the parent `Child.start<typeof verbs>`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export type Verbs = Record<string, (input: never) => unknown>;
type Input<Verb> = Verb extends (input: infer Given) => unknown ? Given : never;
type Output<Verb> = Verb extends (input: never) => infer Given ? Awaited<Given> : never;

interface Question {
  id: number;
  verb: string;
  input: unknown;
}
type Answer = { id: number; output: unknown } | { id: number; error: string } | { ready: true };

/** The core that servers are pinned to, and that of what loads them. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;

let pinning: boolean | undefined;

/** Whether `taskset` can keep two processes on two cores here. */
export function canPin(): boolean {
  pinning ??= [SERVER_CORE, CLIENT_CORE].every((core) => spawnSync("taskset", ["-c", String(core), "true"]).status === 0);
  return pinning;
}

/** A command as it is run on one core; as it is where that cannot be. */
export function pinned(core: number, command: string, args: readonly string[]): [string, string[]] {
  return canPin() ? ["taskset", ["-c", String(core), command, ...args]] : [command, [...args]];
}

export interface ChildOptions {
  core: number;
  /** What the entry finds in `process.argv[2]`, as JSON. */
  input?: unknown;
  nodeOptions?: readonly string[];
}

export class Child<Parts extends Verbs> {
  private readonly process: ChildProcess;
  private readonly name: string;
  private readonly waiting = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();
  private readonly exited: Promise<void>;
  private stderr = "";
  private next = 1;
  private ended: string | null = null;

  private constructor(entry: string, options: ChildOptions) {
    this.name = entry;
    const file = fileURLToPath(new URL(`./${entry}.mjs`, import.meta.url));
    const [command, args] = pinned(options.core, process.execPath, [
      ...(options.nodeOptions ?? []),
      file,
      JSON.stringify(options.input ?? null),
    ]);
    this.process = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.process.stderr?.on("data", (part: Buffer) => {
      this.stderr = (this.stderr + part.toString()).slice(-4000);
    });
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        this.ended ??= how;
        for (const { reject } of this.waiting.values()) reject(this.gone());
        this.waiting.clear();
        resolve();
      };
      this.process.once("error", (error) => end(error.message));
      this.process.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    });
    this.process.on("message", (answer: Answer) => this.hear(answer));
  }

  /** Resolves when the entry answers. Rejects when it ends before that. */
  static async start<Parts extends Verbs>(entry: string, options: ChildOptions): Promise<Child<Parts>> {
    const child = new Child<Parts>(entry, options);
    await child.expect(0);
    return child;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Rejects with what the verb threw, or when the child ends without an answer. */
  async ask<Verb extends keyof Parts & string>(verb: Verb, input: Input<Parts[Verb]>): Promise<Output<Parts[Verb]>> {
    const id = this.next++;
    const answer = this.expect(id);
    if (this.process.connected) this.process.send({ id, verb, input } satisfies Question);
    return (await answer) as Output<Parts[Verb]>;
  }

  /** Ends the channel, upon which the entry closes what it has open. */
  async stop(): Promise<void> {
    if (this.process.connected) this.process.disconnect();
    await this.exited;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  private expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) reject(this.gone());
      else this.waiting.set(id, { resolve, reject });
    });
  }

  private hear(answer: Answer): void {
    const id = "ready" in answer ? 0 : answer.id;
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if ("error" in answer) waiting?.reject(new Error(`${this.name}: ${answer.error}`));
    else waiting?.resolve("ready" in answer ? undefined : answer.output);
  }

  private gone(): Error {
    return new Error(`${this.name} ended (${this.ended})${this.stderr === "" ? "" : `:\n${this.stderr}`}`);
  }
}

/** The child's side: answers the parent until it hangs up, then runs `close` and ends the process. */
export function answerParent(verbs: Verbs, close: () => unknown = () => undefined): void {
  const send = (answer: Answer) => process.send?.(answer);
  process.on("message", async ({ id, verb, input }: Question) => {
    try {
      const act = verbs[verb];
      if (!act) throw new Error(`no verb ${verb}`);
      send({ id, output: await act(input as never) });
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once("disconnect", async () => {
    await close();
    process.exit(0);
  });
  send({ ready: true });
}
