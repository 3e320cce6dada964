/** What others ask of a donor's phase, whichever it is: what a phase has not is no. */
import type { DonorPhase } from "./state.ts";

type Trait =
  /** The run has ended, and another one begins only when somebody wants it. */
  | "over"
  /** The same where the phase says that it is final. */
  | "over-when-final"
  /** The session goes on: a hold, a connection that is gone or a refused unit may be told in its stead. */
  | "working"
  /** The GPU has work. */
  | "computes"
  /** Nothing is computed for now; who lends until there is no more work may leave. A job that cannot be computed here is such a phase: there may be others. */
  | "rests"
  /** Without a network it is told only until the connection times out. */
  | "needs-network"
  /** It is told at once, not when the next quiet moment comes. */
  | "fault"
  /** Trying again is another run, not another claim. */
  | "tried-afresh";

const TRAITS: Readonly<Record<DonorPhase["kind"], readonly Trait[]>> = {
  off: ["over"],
  starting: ["working", "rests", "needs-network"],
  running: ["working", "computes", "needs-network"],
  "on-hold": ["working"],
  offline: ["rests", "fault"],
  waiting: ["working", "rests", "needs-network"],
  "no-webgpu": ["over", "fault", "tried-afresh"],
  "no-adapter": ["over", "fault", "tried-afresh"],
  "software-adapter": ["over", "fault", "tried-afresh"],
  "another-version": [],
  "device-lost": ["over-when-final", "fault", "tried-afresh"],
  endless: ["over", "fault"],
  refused: ["computes", "fault"],
  "job-done": ["over-when-final", "working", "rests"],
  "another-tab": [],
  forgotten: ["over"],
  stopped: ["over"],
  failed: ["over", "rests", "fault", "tried-afresh"],
};

export function has(phase: DonorPhase, trait: Exclude<Trait, "over" | "over-when-final">): boolean {
  return TRAITS[phase.kind].includes(trait);
}

export function isOver(phase: DonorPhase): boolean {
  const traits = TRAITS[phase.kind];
  return traits.includes("over") || (traits.includes("over-when-final") && "final" in phase && phase.final);
}

/** How another tab's donor looks from a tab beside it. */
export function fromBeside(phase: DonorPhase): Extract<DonorPhase, { kind: "another-tab" }> {
  const hold = phase.kind === "on-hold" ? { reason: phase.reason, until: phase.until } : null;
  const running = has(phase, "computes") || (phase.kind === "offline" && phase.running);
  return { kind: "another-tab", running, hold };
}
