/** Why a claim got nothing, and when to ask again. */
import type { IdleReason } from "../../shared/wire.ts";
import type { Reply } from "./effects.ts";

/** When to ask again, ms. `all-assigned` and `waits-for-others` are short: a tie-break may come at any time. */
const RETRY_MS: Record<IdleReason, number> = {
  "no-jobs": 10_000,
  "all-assigned": 2_000,
  "needs-features": 60_000,
  paused: 10_000,
  "waits-for-others": 2_000,
  quota: 15_000,
};

/**
 * Why a job has nothing for a host, what is most useful to know last. `failing`: its kernel does not run there. `full`: it holds
 * as much as it may, until it answers some of it.
 */
const OBSTACLES = ["needs-features", "failing", "all-assigned", "waits-for-others", "full", "quota"] as const;
export type Obstacle = (typeof OBSTACLES)[number];
/** Units that are answered make room for others at once: as soon as those of others, in any case. */
const FULL_RETRY_MS = RETRY_MS["all-assigned"];

export function idle(reason: IdleReason, retryMs = RETRY_MS[reason]): Reply {
  return { type: "idle", reason, retryMs };
}

/** Who holds as much as it may: a place is free as soon as something of it is answered. */
export function idleFull(): Reply {
  return idle("quota", FULL_RETRY_MS);
}

/** One job's reason must not hide another's: the most useful of those met, until the first of them may be gone. */
export function idleAfter(met: ReadonlySet<Obstacle>, retryMs?: number): Reply {
  const obstacles = OBSTACLES.filter((obstacle) => met.has(obstacle));
  const last = obstacles.at(-1);
  return idle(last ? reasonOf(last) : "no-jobs", retryMs ?? Math.min(...obstacles.map(retryOf)));
}

function reasonOf(obstacle: Obstacle): IdleReason {
  return obstacle === "failing" || obstacle === "full" ? "quota" : obstacle;
}

function retryOf(obstacle: Obstacle): number {
  return obstacle === "full" ? FULL_RETRY_MS : RETRY_MS[reasonOf(obstacle)];
}
