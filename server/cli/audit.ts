/** `audit`: this machine is the coordinator's auditor: it computes units again that volunteers agreed on, or disagree about. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { donate } from "./donate.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { onGpu } from "./software.ts";

interface AuditOptions extends VerbOptions {
  home: string;
  gpu?: string;
  software?: boolean;
}

export function auditVerb(program: Command): void {
  verb(program, "audit", "be the coordinator's auditor: compute units again that volunteers agreed on (needs an administrator's token)")
    .option("--home <folder>", "where the key and unsent results are", join(homedir(), ".idlewave-auditor"))
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver")
    .action(async (options: AuditOptions) => {
      const { token } = connectionOf(options);
      if (!token)
        throw new CliError(
          EXIT.unauthorised,
          "unauthorized",
          "An auditor needs an administrator's token.",
          `Pass the one that the coordinator printed on its first start with --token or IDLEWAVE_TOKEN, or start the coordinator with ${invocation("serve --audit")}.`,
        );
      await onGpu(options.software === true, () => donate({ ...options, intensity: "90" }, token));
    });
}
