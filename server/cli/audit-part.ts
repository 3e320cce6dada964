/**
 * A part of the auditor in a process of its own, which can be ended at any moment: only that ends a kernel which does not end by
 * itself. It says every second that it lives; when it has said nothing for long it is killed.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { CanaryFinding } from "../../shared/canary.ts";
import type { Checked, CheckTask } from "../../shared/checks.ts";
import { ROOT } from "../root.ts";

export type PartName = "donor" | "canary" | "check";

/** What a part tells. `ready`: it has a GPU. `again`: it ends, and another of its kind can go on. `lost`: it could not be run. `unfetched`: it could not be fetched. */
export type PartMessage =
  | { type: "alive" }
  | { type: "again" }
  | { type: "ready"; features: string[]; limits: Record<string, number> }
  | { type: "found"; finding: CanaryFinding }
  | { type: "done"; finding: CanaryFinding }
  | { type: "checked"; unit: number; found: Checked }
  | { type: "lost"; why: string }
  | { type: "unfetched"; why: string };
/** What the canary's part is told: once. */
export interface MeasureMessage {
  origin: string;
  /** SHA-256 of the plan. */
  plan: string;
}

/** What the part that checks is told, again and again. */
export interface CheckMessage extends MeasureMessage {
  how: CheckTask["how"];
  /** `result`: its result bytes, for the job's checker. */
  units: (CheckTask["units"][number] & { result?: Uint8Array })[];
}

const BEAT_MS = 1_000;
const SILENCE_MS = 60_000;
/** A process that says it ends may wait for its GPU for ever. */
const END_MS = 3_000;

export class Part {
  /** Resolves with the exit code, null when it was killed. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private isKilled = false;
  private heardAt = performance.now();

  /** `args`: of the verb `audit`. */
  constructor(name: PartName, args: readonly string[], env: NodeJS.ProcessEnv, onMessage: (message: PartMessage) => void) {
    this.child = fork(join(ROOT, "scripts", "idlewave.mjs"), ["audit", "--part", name, ...args], {
      env,
      stdio: ["ignore", name === "donor" ? "inherit" : "ignore", "inherit", "ipc"],
      // Results are bytes.
      serialization: "advanced",
    });
    this.child.on("message", (message: PartMessage) => {
      this.heardAt = performance.now();
      if (message.type === "again") setTimeout(() => this.kill(), END_MS).unref();
      onMessage(message);
    });
    const watch = setInterval(() => {
      if (performance.now() - this.heardAt > SILENCE_MS) this.kill();
    }, BEAT_MS);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        clearInterval(watch);
        resolve(code);
      };
      this.child.once("error", () => end(null));
      this.child.once("close", end);
    });
  }

  /** We ended it. */
  get wasKilled(): boolean {
    return this.isKilled;
  }

  tell(message: MeasureMessage | CheckMessage): void {
    // One that has just ended is told by `ended`.
    this.child.send(message, () => undefined);
  }

  /** Asks it to end, as a terminal does. */
  stop(): void {
    this.child.kill("SIGTERM");
  }

  kill(): void {
    if (this.child.exitCode !== null) return;
    this.isKilled = true;
    this.child.kill("SIGKILL");
  }
}

/** In the part's own process: tells, if anybody listens. */
export function tellParent(message: PartMessage): void {
  // A parent that has just gone is told by `disconnect`.
  process.send?.(message, undefined, undefined, () => undefined);
}

/** In the part's own process: it lives as long as its parent does. `onOrphan`: the parent is gone. */
export function beat(onOrphan: () => void): void {
  process.once("disconnect", onOrphan);
  setInterval(() => tellParent({ type: "alive" }), BEAT_MS).unref();
}
