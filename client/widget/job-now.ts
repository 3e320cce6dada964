/** What the coordinator says now of the site and of the job to ask for: the frame's own facts are as old as its document. */
import type { WidgetNow } from "../../shared/widget.ts";

/** Who does not answer within this is not waited for, ms. */
const ANSWER_MS = 5_000;

/** Told is `job` as long as it runs, else the first that does. Null: no answer, or none that can be read. */
export async function askNow(site: string, job: number): Promise<WidgetNow | null> {
  const query = new URLSearchParams({ site, cause: String(job) });
  try {
    const response = await fetch(`/api/widget?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const now = response.ok ? ((await response.json()) as Partial<WidgetNow> | null) : null;
    return typeof now?.on === "boolean" && now.job !== undefined ? { on: now.on, job: now.job } : null;
  } catch {
    return null;
  }
}
