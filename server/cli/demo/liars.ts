/** The demo's cheats: one that lies alone, and two that tell the same lie. */

import { agreed, type Liar, startLiar } from "./liar.ts";
import type { DemoVolunteer } from "./report.ts";

/** Units that each accomplice answers, before browsers are there: enough to meet, few enough for the auditor to be done soon. */
const ACCOMPLICE_UNITS = 24;

export interface Liars {
  /** How each lies, by its name. */
  ways: ReadonlyMap<string, NonNullable<DemoVolunteer["lies"]>>;
  accomplices: readonly [string, string];
  /** Units that were lied about so far. */
  lies(): number;
  /** Resolves when all have left. Rejects with what made one fail, if anything did. */
  stop(): Promise<void>;
}

export async function startLiars(url: string): Promise<Liars> {
  const started: Liar[] = [];
  const stop = async () => {
    const stopped = await Promise.allSettled(started.map((liar) => liar.stop()));
    for (const outcome of stopped) if (outcome.status === "rejected") throw outcome.reason;
  };
  try {
    const one = await startLiar(url, agreed, ACCOMPLICE_UNITS);
    started.push(one);
    const two = await startLiar(url, agreed, ACCOMPLICE_UNITS);
    started.push(two);
    const alone = await startLiar(url);
    started.push(alone);
    return {
      ways: new Map([
        [one.id, "together"],
        [two.id, "together"],
        [alone.id, "alone"],
      ]),
      accomplices: [one.id, two.id],
      lies: () => started.reduce((sum, liar) => sum + liar.lies(), 0),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
