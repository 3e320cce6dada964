/** The bench's Web Worker: begins when it is told to, and ends with its worker. */
import { expose } from "comlink";
import { openAdapter } from "../donor/adapter.ts";
import { isLockHeld } from "../donor/tabs/lock.ts";
import { type BenchResult, gpuWords } from "./bench-result.ts";
import { runCourse } from "./course.ts";
import { MEASURED } from "./measure.ts";

export type BenchEnd = { kind: "done"; result: BenchResult } | { kind: "no-webgpu" } | { kind: "no-adapter" };
/** `done`: 0 … 1; `gpu`: what is measured, in words. */
export type Progress = { done: number; now: string; gpu: string };

const bench = {
  async run(tell: (progress: Progress) => void): Promise<BenchEnd> {
    const adapter = await openAdapter(MEASURED);
    if (adapter.kind === "no-webgpu" || adapter.kind === "no-adapter") return { kind: adapter.kind };
    if (adapter.kind !== "adapter") throw new Error("software adapters are measured too");
    const { software, browser, os } = adapter.host;
    const ran = { adapter: adapter.name, software };
    const gpu = gpuWords(ran);
    const before = await isLockHeld();
    const found = await runCourse((done, now) => tell({ done, now, gpu }));
    return { kind: "done", result: { ...ran, browser, os, lent: before || (await isLockHeld()), ...found } };
  },
};
export type Bench = typeof bench;

expose(bench);
