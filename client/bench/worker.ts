/** The bench's Web Worker: begins when it is told to, ends between two measurements. */
import { expose } from "comlink";
import { openAdapter } from "../donor/adapter.ts";
import type { BenchResult } from "./bench-result.ts";
import { runCourse } from "./course.ts";

export type BenchEnd = { kind: "done"; result: BenchResult } | { kind: "stopped" } | { kind: "no-webgpu" } | { kind: "no-adapter" };

export class Bench {
  private stopped = false;

  async run(tell: (done: number, now: string) => void): Promise<BenchEnd> {
    this.stopped = false;
    const adapter = await openAdapter({ allowSoftware: true });
    if (adapter.kind === "no-webgpu" || adapter.kind === "no-adapter") return { kind: adapter.kind };
    if (adapter.kind !== "adapter") throw new Error("software adapters are measured too");
    const found = await runCourse(tell, () => this.stopped);
    if (!found) return { kind: "stopped" };
    const { software, browser, os } = adapter.host;
    return { kind: "done", result: { adapter: adapter.name, software, browser, os, ...found } };
  }

  stop(): void {
    this.stopped = true;
  }
}

expose(new Bench());
