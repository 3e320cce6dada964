/** The command line: one file a verb, exit codes in exit.ts. */
import { Command, CommanderError } from "commander";
import { IdlewaveError } from "../../shared/errors.ts";
import { unknownVariables } from "../config.ts";
import { accountVerb } from "./account.ts";
import { auditVerb } from "./audit.ts";
import { backupVerb } from "./backup.ts";
import { checkVerb } from "./check.ts";
import { demoVerb } from "./demo.ts";
import { doctorVerb } from "./doctor.ts";
import { donateVerb } from "./donate.ts";
import { CliError, EndlessKernel, EXIT, EXIT_HELP, type ExitCode } from "./exit.ts";
import { invocation, PROGRAM } from "./invocation.ts";
import { keyVerb } from "./key.ts";
import { newVerb } from "./new.ts";
import { poolVerb } from "./pool.ts";
import { portabilityVerb } from "./portability.ts";
import { note, printError } from "./print.ts";
import { replayVerb } from "./replay.ts";
import { restoreVerb } from "./restore.ts";
import { resultsVerb } from "./results.ts";
import { runVerb } from "./run.ts";
import { schemaVerb } from "./schema.ts";
import { serveVerb } from "./serve.ts";
import { siteVerb } from "./site.ts";
import { statusVerb } from "./status.ts";
import { steerVerbs } from "./steer.ts";
import { submitVerb } from "./submit.ts";
import { tokenVerb } from "./token.ts";
import { isTrusted } from "./trust.ts";
import { watchVerb } from "./watch.ts";

const VERBS = [
  serveVerb,
  newVerb,
  checkVerb,
  runVerb,
  submitVerb,
  statusVerb,
  watchVerb,
  resultsVerb,
  replayVerb,
  portabilityVerb,
  steerVerbs,
  donateVerb,
  accountVerb,
  auditVerb,
  schemaVerb,
  tokenVerb,
  siteVerb,
  poolVerb,
  keyVerb,
  backupVerb,
  restoreVerb,
  doctorVerb,
  demoVerb,
];

/** Runs one command line (without node and script). Resolves with its exit code; prints what went wrong. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  const json = args.includes("--json");
  const program = new Command(PROGRAM).description("Volunteer computing on WebGPU.").addHelpText("after", `\n${EXIT_HELP}`);
  // What commander would write about a wrong usage is printed below, in our own shape.
  program
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined });
  if (json) program.configureOutput({ writeErr: () => undefined });
  for (const add of VERBS) add(program);
  program.hook("preAction", async (_program, verb) => {
    if (verb.options.some(({ long }) => long === "--pin") && !(await isTrusted(verb.opts()))) throw new CommanderError(0, "done", "");
  });
  for (const warning of unknownVariables(process.env)) note(warning);
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const failure = json && args.every((arg) => arg.startsWith("-")) ? NO_VERB : failureOf(error);
    printError(failure, json);
    if (failure instanceof EndlessKernel) process.exit(failure.exit);
    return failure.exit;
  }
}

const NO_VERB = new CliError(EXIT.usage, "usage", "A verb is missing.", `See ${invocation("help")}.`);

function failureOf(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof IdlewaveError) return new CliError(EXIT.failure, error.code, error.message, error.todo);
  if (!(error instanceof CommanderError)) return new CliError(EXIT.failure, "internal", String(error), "");
  const todo = `See ${invocation("help")}.`;
  // Without a verb commander has shown the help already.
  if (error.code === "commander.help") return new CliError(EXIT.usage, "usage", "", "");
  const sentence = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return new CliError(EXIT.usage, "usage", /[.?)]$/.test(sentence) ? sentence : `${sentence}.`, todo);
}
