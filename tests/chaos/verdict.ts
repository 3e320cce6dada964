/** What a run of `npm run chaos` comes to: only what was lost or broken fails it, a slow start is told. */

/** A start takes this long at most on a machine that does nothing else, seconds. */
const READY_SECONDS = 5;

interface Found {
  lostAcknowledged: number;
  doubleCredits: number;
  invariantsBroken: number;
  readySecondsMax: number;
}

/** Sentences for people, and the exit code. */
export function verdictOf({ lostAcknowledged, doubleCredits, invariantsBroken, readySecondsMax }: Found): {
  said: string[];
  exitCode: 0 | 1;
} {
  const holds = lostAcknowledged === 0 && doubleCredits === 0 && invariantsBroken === 0;
  const said = [holds ? "Everything that was acknowledged is there, counted once." : "It does not hold: what was found is above."];
  if (readySecondsMax > READY_SECONDS)
    said.push(`Warning: a start took ${readySecondsMax} s, more than ${READY_SECONDS} s; on a busy machine that may be the machine.`);
  return { said, exitCode: holds ? 0 : 1 };
}
