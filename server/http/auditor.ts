/** What routes for the auditor alone have in common. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { HttpContext } from "./context.ts";
import { type Guard, tokenIn } from "./owners.ts";

/** For `onRequest`: lets the auditor and administrators in alone. Throws `unauthorized` or `forbidden`. */
export function forAuditors({ mayAudit }: Pick<HttpContext, "mayAudit">): Guard {
  return async (request) => {
    if (await mayAudit(tokenIn(request))) return;
    const todo = "Use an administrator's token, or let serve --audit start the auditor.";
    throw new IdlewaveError("forbidden", { why: "Only the coordinator's auditor may do this.", todo });
  };
}
