/** The demo's auditor: a process of its own, as beside any coordinator, on the software GPU that the browsers have. */
import { setTimeout as sleep } from "node:timers/promises";
import { JobListSchema } from "../../../shared/api.ts";
import { type Connection, sendJson } from "../api.ts";
import { startAuditor } from "../auditor-process.ts";
import { CliError, EXIT } from "../exit.ts";

const POLL_MS = 250;
/** Starting a driver takes seconds; on a busy machine many. */
const READY_MS = 120_000;

export interface DemoAuditor {
  /** Resolves when it has asked for work. Rejects when it does not. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** `token` lets it audit and do nothing else; `home` is its folder. */
export function openAuditor(connection: Connection, token: string, home: string): DemoAuditor {
  const stop = startAuditor({ url: connection.url, token, home, software: true, authorityFile: undefined });
  return {
    stop,
    async ready() {
      for (const giveUp = Date.now() + READY_MS; Date.now() < giveUp; await sleep(POLL_MS)) {
        const { jobs } = await sendJson(connection, "/api/jobs", JobListSchema);
        if (jobs.some(({ verification }) => verification.auditor === "auditing")) return;
      }
      throw new CliError(EXIT.failure, "demo", `The auditor did not come within ${READY_MS / 1000} s.`, "");
    },
  };
}
