/** Which job is shown while units of several are computed: one of them for a readable time. */
import type { JobStatus } from "../../shared/api.ts";

const READABLE_MS = 20_000;

export class Showing {
  private since = Number.NEGATIVE_INFINITY;

  /** What to show while `computed` is worked on; a job that still runs keeps its place for a while. `now` in milliseconds. */
  take(shown: JobStatus | null, computed: JobStatus | null, now = performance.now()): JobStatus | null {
    if (!computed) return shown;
    if (computed.id === shown?.id) return computed;
    if (shown?.state === "running" && now - this.since < READABLE_MS) return shown;
    this.since = now;
    return computed;
  }
}
