/**
 * Whether several runs of a unit give what volunteers would agree on: the same bytes, or results within the job's tolerance. How
 * much of that they take is kept: one GPU that computes a unit twice shows what order and chance make of it, and nothing of what
 * another make would round, fuse or flush.
 */
import { type CanaryFinding, MAX_SENTENCE } from "../../shared/canary.ts";
import { compareResults, isTolerant } from "../../shared/comparator.ts";
import { differenceOf } from "../../shared/difference.ts";
import { plain } from "../../shared/plain.ts";
import type { JobPlan } from "../../shared/plan.ts";

type Differing = Pick<CanaryFinding, "verdict" | "why" | "differs">;

export class Repeats {
  private readonly plan: JobPlan;
  private taken = 0;

  constructor(plan: JobPlan) {
    this.plan = plan;
  }

  /** What is known of the tolerance so far. */
  get found(): Pick<CanaryFinding, "taken"> {
    return isTolerant(this.plan) ? { taken: this.taken } : {};
  }

  /** What is wrong with the only run of a unit so far. */
  refuse(unit: number, bytes: Uint8Array): Differing | undefined {
    if (!isTolerant(this.plan) || compareResults(this.plan, bytes, bytes).isAlike) return undefined;
    return {
      verdict: "opaque",
      why: "A unit's numbers are not finite.",
      differs: sentence(`Unit ${unit} has NaN or an infinity in an output that is compared within a tolerance, where that is refused.`),
    };
  }

  /** Where they differ, by more than is allowed; `when` the other one was run, as the end of a sentence. */
  differ(unit: number, one: Uint8Array, other: Uint8Array, when: string): Differing | undefined {
    const found = differenceOf(this.plan, one, other);
    if (!found) return undefined;
    const { byte, element, distance } = found;
    if (distance !== undefined) {
      this.taken = Math.max(this.taken, distance);
      return undefined;
    }
    const where = element
      ? `${element.output}[${element.index.join(", ")}], ${element.dtype}, is ${element.theirs} and was ${element.mine}`
      : "";
    const beyond = isTolerant(this.plan) ? ", and more than its tolerance allows" : "";
    const differs = sentence(`Unit ${unit} gave other bytes ${when}, from byte ${byte} on${beyond}${where ? `: ${where}` : ""}.`);
    return { verdict: "opaque", why: "Two runs of a unit differ.", differs };
  }
}

/** Cut to what a finding may have. */
export function sentence(text: string): string {
  return plain(text).slice(0, MAX_SENTENCE);
}
