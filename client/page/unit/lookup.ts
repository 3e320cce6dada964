/** What the page's address names, as this coordinator knows it. */
import type { JobStatus, NetworkInfo } from "../../../shared/api.ts";
import { messageOf } from "../../../shared/thrown.ts";
import type { Unit } from "../../../shared/unit.ts";
import type { Named } from "../../../shared/unit-address.ts";
import { asked, NotTold } from "../asked.ts";
import { askAgain } from "../pool.ts";

/** A unit and what it is of. */
export interface Found {
  job: JobStatus;
  unit: Unit;
  /** Null: the coordinator did not say who runs it. */
  network: NetworkInfo | null;
}

/** Why there is no unit to show. */
export type Absent =
  | { kind: "unnamed"; job: JobStatus | null }
  | { kind: "no-job"; job: number }
  | { kind: "no-unit"; job: JobStatus; unit: number }
  | { kind: "unreachable"; why: string };

export type Lookup = ({ kind: "found" } & Found) | Absent;

/** Never rejects: no connection is an answer too. */
export async function lookUp({ job, unit }: Named): Promise<Lookup> {
  if (job === undefined) return { kind: "unnamed", job: null };
  try {
    const status = await known<JobStatus>(`/api/jobs/${job}`);
    if (!status) return { kind: "no-job", job };
    if (unit === undefined) return { kind: "unnamed", job: status };
    const [found, network] = await Promise.all([
      known<Unit>(`/api/jobs/${job}/units/${unit}`),
      asked<NetworkInfo>("/api/network").catch(() => null),
    ]);
    return found ? { kind: "found", job: status, unit: found, network } : { kind: "no-unit", job: status, unit };
  } catch (error) {
    return { kind: "unreachable", why: messageOf(error) };
  }
}

/** Undefined: there is no such thing, or not for whoever asks. Rejects when the coordinator does not answer as it should. */
async function known<Answer>(path: string): Promise<Answer | undefined> {
  try {
    return await asked<Answer>(path);
  } catch (error) {
    const status = error instanceof NotTold ? error.status : 0;
    if (status === 404) return undefined;
    // A pass that is good no more.
    if (status === 401) askAgain();
    throw error;
  }
}
