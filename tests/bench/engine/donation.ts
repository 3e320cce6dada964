/** In the browser's worker: the donor as the product runs it, on a coordinator, with everything that it has. */

import { ed25519 } from "@noble/curves/ed25519.js";
import type { Rate } from "../../../client/bench/measure.ts";
import { browserBarred } from "../../../client/donor/claims/barred.ts";
import { browserSpeeds } from "../../../client/donor/computing/host-speed.ts";
import { Throttle } from "../../../client/donor/computing/throttle.ts";
import { NO_WISHES } from "../../../client/donor/manners/wishes.ts";
import { browserShelf } from "../../../client/donor/outbox/shelf.ts";
import { Report } from "../../../client/donor/report.ts";
import { Session } from "../../../client/donor/session.ts";
import type { DonorFact } from "../../../client/donor/state.ts";
import { exactBytes } from "../../../shared/bytes.ts";

/** Units before the figure begins: the controller knows the kernel then. */
const WARM_UP_UNITS = 8;
/** The dose without gaps: what donor and engine cost is told apart from what a person keeps. */
const WHOLE_GPU = 1;
const PATIENCE_MS = 60_000;

export interface Given {
  origin: string;
  job: number;
  /** Whether the person has been away for an hour, or is there. */
  person: "idle" | "there";
}

export interface Donation {
  session: Session;
  /** When each unit was finished. */
  finished: number[];
  /** Rejects when the session ends by itself. */
  failed: Promise<never>;
}

/** Starts a volunteer with a key of its own and the whole GPU: no gaps, where a person lends nine tenths at most. */
export function donate({ origin, job, person }: Given): Donation {
  const throttle = new Throttle(WHOLE_GPU);
  throttle.heed({ kind: "lend", share: WHOLE_GPU, idle: person === "idle", longestMs: Number.POSITIVE_INFINITY, slowed: null });
  const report = new Report();
  const finished: number[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<DonorFact>) => {
    if (data.type === "unit" && data.unit.state === "waiting") finished.push(performance.now());
  };
  report.facts(port2);
  const failed = new Promise<never>((_, reject) => {
    report.watch(({ phase }) => {
      if (phase.kind === "failed") reject(new Error(phase.message));
    });
  });
  failed.catch(() => undefined);
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const identity = {
    publicKey: exactBytes(ed25519.getPublicKey(seed)),
    sign: async (message: Uint8Array) => exactBytes(ed25519.sign(message, seed)),
  };
  const session = new Session(
    { origin, dose: 0.9, job, wishes: { ...NO_WISHES, card: "strong" } },
    identity,
    { shelf: browserShelf(), barred: browserBarred(), onWish: () => undefined },
    browserSpeeds(),
    throttle,
    report,
  );
  return { session, finished, failed };
}

/** Units a second once the donor is warm (half as long as it is measured), over so many seconds and at least `least` units. */
export async function donationRate(given: Given, seconds: number, least: number): Promise<Rate> {
  const { session, finished, failed } = donate(given);
  const until = async (holds: () => boolean) => {
    for (const begin = performance.now(); !holds(); await Promise.race([failed, sleep(20)])) {
      if (performance.now() - begin > PATIENCE_MS) throw new Error(`the donor had finished ${finished.length} units after a minute`);
    }
  };
  const started = performance.now();
  await until(() => finished.length >= WARM_UP_UNITS && performance.now() - started >= 500 * seconds);
  const from = finished.length - 1;
  const begin = finished[from] ?? 0;
  await until(() => finished.length - 1 - from >= least && performance.now() - begin >= 1000 * seconds);
  const last = finished.length - 1;
  const rate = { units: last - from, seconds: ((finished[last] ?? 0) - begin) / 1000 };
  const { closed } = await session.stop();
  await closed;
  return rate;
}

export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
