/** What the log tells of the auditor. */
import type { Logger } from "pino";
import { AUDITOR_GRACE, type AuditState } from "./core/audit.ts";

export const AUDITING: Record<AuditState, string> = {
  none: "Nothing is audited, and new jobs are not measured: what two volunteers agree on is final. Start an auditor with serve --audit, or npx idlewave audit on a machine with a GPU.",
  away: `The auditor has left. For ${AUDITOR_GRACE} what it owes waits for it, then what volunteers agree on is final.`,
  behind: "The auditor cannot keep up: less of what volunteers agree on is looked at than should be.",
  auditing: "An auditor looks at what volunteers agree on.",
};

export function tellAuditing(log: Logger): (state: AuditState) => void {
  return (state) => log[state === "away" || state === "behind" ? "warn" : "info"](AUDITING[state]);
}
