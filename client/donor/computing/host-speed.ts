/** The host's speed: measured once after consent, kept for its GPU and this benchmark, and told rounded. */
import { get, set } from "idb-keyval";
import { toHex } from "../../../shared/bytes.ts";
import type { Host } from "../../../shared/messages.ts";
import { BENCHMARK_PLAN } from "../../engine/benchmark-plan.ts";
import { sha256 } from "../digest.ts";
import { KEPT, storeAt } from "../kept.ts";

/** The first hello waits no longer for the figure; a GPU that is slower to measure tells it the next time. */
const PATIENCE_MS = 300;
const KEY = "measured";

/** What was measured, on which GPU and with which kernel. */
export interface MeasuredSpeed {
  of: string;
  gflops: number;
}

/** Where one measured speed is kept. */
export interface SpeedShelf {
  load(): Promise<MeasuredSpeed | undefined>;
  save(measured: MeasuredSpeed): Promise<void>;
}

export function browserSpeeds(): SpeedShelf {
  const speeds = storeAt(KEPT.speed);
  return { load: () => get<MeasuredSpeed>(KEY, speeds), save: (measured) => set(KEY, measured, speeds) };
}

/**
 * The speed to tell: GFLOP/s as a power of two, as kept or as `measure` (GFLOP/s) finds within moments. Undefined when it could
 * not be had: the coordinator then assumes one.
 */
export async function toldSpeed(host: Host, shelf: SpeedShelf, measure: () => Promise<number>): Promise<number | undefined> {
  try {
    const of = [host.vendor, host.architecture, host.software, toHex(await sha256(new TextEncoder().encode(BENCHMARK_PLAN.kernel)))].join(
      " ",
    );
    const kept = await shelf.load();
    if (kept?.of === of) return rounded(kept.gflops);
    const measuring = measure().then(async (gflops) => {
      await shelf.save({ of, gflops });
      return rounded(gflops);
    });
    measuring.catch(() => undefined); // it may fail when nobody waits for it any more
    return await within(PATIENCE_MS, measuring);
  } catch {
    return undefined; // a lost device and a full disk are told where they stop work
  }
}

/** A figure that many hosts share, within what a hello may tell. */
function rounded(gflops: number): number {
  return 2 ** Math.min(30, Math.max(0, Math.round(Math.log2(gflops))));
}

async function within<T>(millis: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), millis);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
