/**
 * The page's hand on a check, which has a worker of its own, loaded when it begins.
 *
 *   idle ─(begin)─▶ asked ─▶ fetching ─▶ computing ─▶ an end (check.ts) ─(begin)─▶ asked
 *                     └──────────┴────────┴─(stop)─▶ stopped ─(begin)─▶ asked
 */
import { proxy, type Remote, wrap } from "comlink";
import { messageOf } from "../../../shared/thrown.ts";
import type { CheckEnd, CheckOrder, Progress } from "../../proof/check.ts";
import type { Checker } from "../../proof/worker.ts";

/** `insecure`: the page came over plain HTTP, which gets no GPU; `broken`: the worker itself did not do its part. */
export type Run = { kind: "idle" | "asked" | "stopped" | "insecure" } | Progress | CheckEnd | { kind: "broken"; why: string };

const INPUTS = ["pointermove", "pointerdown", "wheel", "keydown", "scroll", "touchmove"] as const;
/** The worker is told of input no more often than this. */
const INPUT_MS = 250;

export class Runner {
  private readonly onRun: (run: Run) => void;
  private worker: Worker | null = null;
  private checker: Remote<Checker> | null = null;
  private noticedAt = Number.NEGATIVE_INFINITY;

  constructor(onRun: (run: Run) => void) {
    this.onRun = onRun;
  }

  async begin(order: CheckOrder): Promise<void> {
    this.end();
    this.onRun({ kind: "asked" });
    const worker = new Worker(new URL("../../proof/worker.ts", import.meta.url), { type: "module", name: "idlewave check" });
    const checker = wrap<Checker>(worker);
    this.worker = worker;
    this.checker = checker;
    for (const input of INPUTS) addEventListener(input, this.onInput, { passive: true });
    // What was on its way when it was stopped, or begun anew, is not shown.
    const show = (run: Run) => {
      if (this.worker === worker) this.onRun(run);
    };
    const failed = new Promise<Run>((resolve) => {
      worker.addEventListener("error", (event) => resolve({ kind: "broken", why: event.message || "The worker did not load." }));
    });
    const ended = checker.run(order, proxy(show)).catch((error: unknown): Run => ({ kind: "broken", why: messageOf(error) }));
    const end = await Promise.race([ended, failed]);
    show(end);
    // A software adapter waits for a kernel that does not end as soon as its worker goes.
    if (this.worker === worker && end.kind !== "endless") this.end();
  }

  /** At once, whatever is computed: the device goes with its worker. */
  stop(): void {
    this.end();
    this.onRun({ kind: "stopped" });
  }

  private end(): void {
    for (const input of INPUTS) removeEventListener(input, this.onInput);
    this.worker?.terminate();
    this.worker = null;
    this.checker = null;
  }

  private readonly onInput = (): void => {
    const now = performance.now();
    if (now - this.noticedAt < INPUT_MS) return;
    this.noticedAt = now;
    void this.checker?.noticeInput();
  };
}
