/**
 * `audit`: this machine is the coordinator's auditor: it computes units again that volunteers agreed on, or disagree about, and
 * measures new jobs, and runs slices of units that one volunteer computed, or the checkers of their jobs. Each of the three is a process of its own
 * (audit-part.ts), so that none waits for a kernel of another's that does not end; one that has met such a kernel ends, and another goes on without it.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Command, Option } from "commander";
import { messageOf } from "../../shared/thrown.ts";
import type { Connection } from "./api.ts";
import { canaryPart } from "./audit-canary.ts";
import { checkPart } from "./audit-check.ts";
import { beat, Part, type PartName, tellParent } from "./audit-part.ts";
import { Canaries } from "./canaries.ts";
import { Checks } from "./checks.ts";
import { donate } from "./donate.ts";
import { CliError, EndlessKernel, EXIT, type ExitCode } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note } from "./print.ts";
import { onGpu } from "./software.ts";

const PARTS: readonly PartName[] = ["donor", "canary", "check"];
/** A driver that has just taken the process with it is left alone for so long, ms; twice as long after each time that it soon did so again. */
const RESTART_MS = 1_000;
const MAX_RESTART_MS = 60_000;
/** A donor that went on for so long has not failed at once. */
const SOUND_MS = 120_000;

interface AuditOptions extends VerbOptions {
  home: string;
  gpu?: string;
  software?: boolean;
  part?: PartName;
}

export function auditVerb(program: Command): void {
  verb(
    program,
    "audit",
    "be the coordinator's auditor: compute units again that volunteers agreed on, slices or the checkers of those that one computed alone, and measure new jobs (needs an administrator's token)",
  )
    .option("--home <folder>", "where the key and unsent results are", join(homedir(), ".idlewave-auditor"))
    .option("--gpu <name>", "part of the name of the GPU to use")
    .option("--software", "compute on the processor, with Chromium's software driver")
    .addOption(new Option("--part <part>").choices(PARTS).hideHelp())
    .action(async (options: AuditOptions) => {
      await onGpu(options.software === true, () => actOf(options));
    });
}

async function actOf(options: AuditOptions): Promise<void> {
  if (options.part === "canary") return await canaryPart(options.gpu);
  if (options.part === "check") return await checkPart(options.gpu);
  const connection = connectionOf(options);
  const { token } = connection;
  if (!token)
    throw new CliError(
      EXIT.unauthorised,
      "unauthorized",
      "An auditor needs an administrator's token.",
      `Pass the one that the coordinator printed on its first start with --token or IDLEWAVE_TOKEN, or start the coordinator with ${invocation("serve --audit")}.`,
    );
  await (options.part === "donor" ? donorPart(options, token) : audit(options, { ...connection, token }));
}

/** The donor, under the auditor's token. */
async function donorPart(options: AuditOptions, token: string): Promise<void> {
  beat(() => process.kill(process.pid, "SIGTERM"));
  // It ends by itself, when the donor has.
  process.channel?.unref();
  try {
    await donate({ ...options, intensity: "90" }, token);
  } catch (error) {
    // Another process has a whole GPU again, and the kernel that did not end is left alone from now on.
    if (error instanceof EndlessKernel || (error instanceof CliError && error.body.code === "device-lost")) tellParent({ type: "again" });
    throw error;
  }
}

/** All parts, until a signal ends them, or the donor ends for a reason of its own. */
async function audit(options: AuditOptions, connection: Connection & { token: string }): Promise<void> {
  const gpu = options.gpu === undefined ? [] : ["--gpu", options.gpu];
  const { IDLEWAVE_TOKEN: _, ...env } = process.env;
  const canaries = new Canaries(connection, (onMessage) => new Part("canary", gpu, env, onMessage));
  const measuring = canaries.run().catch((error: unknown) => note(`New jobs are not measured: ${messageOf(error)}`));
  const checks = new Checks(connection, (onMessage) => {
    const part = new Part("check", gpu, env, onMessage);
    const { ended } = part;
    return { ended, kill: () => part.kill(), tell: ({ plan, how, units }) => part.tell({ origin: connection.url, plan, how, units }) };
  });
  const checking = checks.run().catch((error: unknown) => note(`Nothing that one volunteer computed is checked: ${messageOf(error)}`));
  let donor: Part | undefined;
  const stopped = new AbortController();
  const { signal } = stopped;
  const stop = () => {
    stopped.abort();
    donor?.stop();
    canaries.stop();
    checks.stop();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  const args = [...gpu, "--url", connection.url, "--home", options.home, ...(options.json ? ["--json"] : [])];
  let code: number | null = EXIT.ok;
  let waitMs = RESTART_MS;
  while (!signal.aborted) {
    let isAgain = false;
    const begunAt = performance.now();
    donor = new Part("donor", args, { ...env, IDLEWAVE_TOKEN: connection.token }, ({ type }) => {
      isAgain ||= type === "again";
    });
    code = await donor.ended;
    if (signal.aborted || (!isAgain && code !== null)) break;
    if (performance.now() - begunAt > SOUND_MS || isAgain) waitMs = RESTART_MS;
    if (!isAgain) note(`What computes units again was ended from outside; it is started again in ${waitMs / 1000} s.`);
    await delay(waitMs, undefined, { signal }).catch(() => undefined); // stopped
    if (!isAgain) waitMs = Math.min(MAX_RESTART_MS, 2 * waitMs);
  }
  canaries.stop();
  checks.stop();
  await Promise.all([measuring, checking]);
  // It has said all there was to say.
  if (!signal.aborted && code !== EXIT.ok) throw new CliError((code ?? EXIT.failure) as ExitCode, "failed", "", "");
}
