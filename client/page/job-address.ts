/** Where a job is shown: the visitor's page, by its number, and for a pool's job as that pool's. */
import type { JobStatus } from "../../shared/api.ts";

export function jobAddress({ id, pool }: Pick<JobStatus, "id" | "pool">): string {
  return pool ? `/?pool=${pool.id}&job=${id}` : `/?job=${id}`;
}
