/** The command line: one file a verb, exit codes in exit.ts. */
import { Command, CommanderError } from "commander";
import { checkVerb } from "./check.ts";
import { demoVerb } from "./demo.ts";
import { CliError, EXIT, EXIT_HELP, type ExitCode } from "./exit.ts";
import { newVerb } from "./new.ts";
import { printError } from "./print.ts";
import { resultsVerb } from "./results.ts";
import { schemaVerb } from "./schema.ts";
import { serveVerb } from "./serve.ts";
import { statusVerb } from "./status.ts";
import { steerVerbs } from "./steer.ts";
import { submitVerb } from "./submit.ts";
import { tokenVerb } from "./token.ts";
import { watchVerb } from "./watch.ts";

/** Runs one command line (without node and script). Resolves with its exit code; prints what went wrong. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  const program = new Command("idlewave").description("Volunteer computing on WebGPU.").addHelpText("after", `\n${EXIT_HELP}`);
  program.exitOverride().configureHelp({ showGlobalOptions: true });
  for (const add of [
    serveVerb,
    newVerb,
    checkVerb,
    submitVerb,
    statusVerb,
    watchVerb,
    resultsVerb,
    steerVerbs,
    schemaVerb,
    tokenVerb,
    demoVerb,
  ]) {
    add(program);
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = error instanceof CliError ? error : new CliError(EXIT.failure, "internal", String(error), "");
    printError(failure, args.includes("--json"));
    return failure.exit;
  }
}
