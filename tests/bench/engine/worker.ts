/** The browser's worker of the bench: what the goals ask of it, through Comlink. */
import { expose } from "comlink";
import { type Rate, submitsOf, throughput } from "../../../client/bench/measure.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { type Bare, loop, openBare } from "./bare.ts";
import { donate, donationRate, type Given, sleep } from "./donation.ts";
import type { Work } from "./kernel.ts";

let bare: Bare | undefined;
let sentBytes = 0;
let dispatched: () => void = () => undefined;

const verbs = {
  /** The adapter, and whether it tells GPU times. */
  async adapter(): Promise<string> {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return "";
    const { vendor, architecture, description } = adapter.info;
    const times = adapter.features.has("timestamp-query") ? "with" : "without";
    return `${[vendor, architecture, description].filter(Boolean).join(" ")}, ${times} time stamps`;
  },
  async bare({ work, seconds, least }: { work: Work; seconds: number; least: number }): Promise<Rate> {
    bare ??= await openBare();
    return loop(bare, work, seconds, least);
  },
  donor: ({ given, seconds, least }: { given: Given; seconds: number; least: number }): Promise<Rate> =>
    donationRate(given, seconds, least),
  throughput: (input: { plan: JobPlan; targetMicros: number | null; units: number }) => throughput(input),
  submits: (input: { plan: JobPlan; targetMicros: number }) => submitsOf(input),

  /** Milliseconds from Stop until nothing of ours is on the GPU, while it computes. */
  async stop({ given, afterMillis }: { given: Given; afterMillis: number }): Promise<number> {
    const { session, finished, failed } = donate(given);
    while (finished.length < 3) await Promise.race([failed, sleep(10)]);
    await sleep(afterMillis);
    const begin = performance.now();
    const { closed } = await session.stop();
    const millis = performance.now() - begin;
    await closed;
    return millis;
  },
  /** Milliseconds to a device with the kernel compiled, without anything of ours. */
  async bareStart(): Promise<number> {
    const begin = performance.now();
    const { device } = await openBare();
    const millis = performance.now() - begin;
    device.destroy();
    return millis;
  },
  /** Milliseconds from the start of a donor to its first dispatch. */
  async donorStart({ given }: { given: Given }): Promise<number> {
    const first = new Promise<void>((resolve) => {
      dispatched = resolve;
    });
    const begin = performance.now();
    const { session, failed } = donate(given);
    await Promise.race([failed, first]);
    const millis = performance.now() - begin;
    await (await session.stop()).closed;
    return millis;
  },
  /** Donates until nothing is left to do; answers the bytes sent meanwhile, frames and bodies. */
  async sent({ given, units }: { given: Given; units: number }): Promise<number> {
    sentBytes = 0;
    const { session, finished, failed } = donate(given);
    while (finished.length < units) await Promise.race([failed, sleep(20)]);
    await (await session.stop()).closed;
    return sentBytes;
  },
};
export type WorkerVerbs = typeof verbs;

const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
  dispatched();
  return dispatchWorkgroups.call(this, x, y, z);
};
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (data) {
  sentBytes += sizeOf(data);
  send.call(this, data);
};
const plainFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = (input, init) => {
  sentBytes += init?.body ? sizeOf(init.body) : 0;
  return plainFetch(input, init);
};

function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  if (data instanceof Blob) return data.size;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength;
  throw new TypeError("bytes of a kind that the bench does not count were sent");
}

expose(verbs);
