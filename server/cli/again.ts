/** This same command line once more, in a process of another environment: some things are read only when one starts. */
import { spawn } from "node:child_process";
import { CliError, EXIT, type ExitCode } from "./exit.ts";

/** Resolves when it ended well. Throws `CliError` with its exit code when it did not. */
export async function again(env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  // A terminal tells both, somebody else this one alone.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const code = await new Promise<ExitCode>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (ended) => resolve((ended ?? EXIT.failure) as ExitCode));
  });
  // It has said all there was to say.
  if (code !== EXIT.ok) throw new CliError(code, "failed", "", "");
}
