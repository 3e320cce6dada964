/** Exit codes of the command line, for scripts, and the failures that end in them. */
import type { ErrorBody } from "../../shared/api.ts";
import type { Fault } from "../../shared/errors.ts";

export const EXIT = { ok: 0, failure: 1, usage: 2, refused: 3, unreachable: 4, unauthorised: 5, notReady: 6, differs: 7 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Shown by `--help`. */
export const EXIT_HELP = `Exit codes:
  0  done
  1  it failed
  2  wrong usage
  3  the job package was refused: its faults are listed
  4  the coordinator cannot be reached
  5  the token is missing, unknown, or not allowed to do this
  6  the results are not ready, or the unit has none
  7  a unit came out otherwise here, or the second time`;

/** A failure with words for a person and a code for a script. An empty message: all has been said already. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit: ExitCode;
  readonly body: ErrorBody;
  /** The same may go well a moment later. */
  readonly passing: boolean;

  constructor(exit: ExitCode, code: string, message: string, todo: string, faults?: Fault[], passing = exit === EXIT.unreachable) {
    super(message);
    this.exit = exit;
    this.passing = passing;
    this.body = faults ? { code, message, todo, faults } : { code, message, todo };
  }
}

/** A kernel does not end, and Dawn waits for it: the process is ended as soon as it has said so. */
export class EndlessKernel extends CliError {
  constructor(message: string, todo: string) {
    super(EXIT.failure, "endless-kernel", message, todo);
  }
}

/** The exit code of an error that the coordinator answered. */
export function exitOf(code: string): ExitCode {
  switch (code) {
    case "refused":
      return EXIT.refused;
    case "unauthorized":
    case "forbidden":
      return EXIT.unauthorised;
    case "not-ready":
      return EXIT.notReady;
    default:
      return EXIT.failure;
  }
}
