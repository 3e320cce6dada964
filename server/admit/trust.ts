/** Whether a job may be checked as its manifest asks: what is trusted, and what slices of it can tell. */
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";

/** Strangers are not believed, and the auditor looks at no pool's jobs. */
export function checkTrust({ verify, pool }: Manifest, faults: Faults): void {
  const path = ["verify", "tier"];
  if (pool !== undefined && (verify?.tier === "checker" || verify?.tier === "sampled" || verify?.tier === "audited"))
    faults.at(
      path,
      `The coordinator's auditor looks at no job of a pool, so none has the tier ${verify.tier}.`,
      'Write "quorum", or "trusted".',
    );
  if (verify?.tier !== "trusted") return;
  if (pool === undefined && !faults.holes.touches(["pool"]))
    faults.at(path, "A public job cannot trust its volunteers.", 'Name a pool of yours with "pool", or write "quorum".');
  if (verify.quorum !== undefined) {
    faults.at(["verify", "quorum"], "A trusted job computes each unit once.", 'Leave it out, or write the tier "quorum".');
  }
}

/** What is known of slices before any was run. */
export function checkSampled({ verify, passes }: Manifest, slicing: JobPlan["slicing"], floats: boolean, faults: Faults): void {
  if (verify?.tier !== "sampled") return;
  const path = ["verify", "tier"];
  const right = 'Write "quorum", or "audited".';
  if ("whole" in slicing) faults.at(path, `It cannot be sampled, for its kernel runs whole, not in slices. ${slicing.whole}`, right);
  if (passes.length > 1 || (passes[0]?.repeat ?? 1) > 1)
    faults.at(path, "It cannot be sampled: a unit is several dispatches, and slices are told apart within one alone.", right);
  if (floats)
    faults.at(
      path,
      "It cannot be sampled: its kernel computes with floats, correct GPUs may disagree about them, and then one volunteer's word is not known to be wrong.",
      'Compute in integers or fixed point, or write "quorum".',
    );
}
