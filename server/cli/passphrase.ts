/** What is typed and not shown, from IDLEWAVE_PASSPHRASE or a terminal. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { MIN_PASSPHRASE } from "../../shared/account/sealed.ts";
import { CliError, EXIT } from "./exit.ts";

const VARIABLE = "IDLEWAVE_PASSPHRASE";

/** Of a file that there is. */
export async function askPassphrase(): Promise<string> {
  return process.env[VARIABLE] ?? (await hidden("Passphrase: "));
}

/** Of a new file: long enough, and typed twice. */
export async function newPassphrase(): Promise<string> {
  const given = process.env[VARIABLE];
  const passphrase = given ?? (await hidden(`A passphrase for the file, at least ${MIN_PASSPHRASE} characters: `));
  if ([...passphrase].length < MIN_PASSPHRASE)
    throw new CliError(
      EXIT.usage,
      "usage",
      `The passphrase is shorter than ${MIN_PASSPHRASE} characters.`,
      "Take five or six random words.",
    );
  if (given === undefined && (await hidden("The same again: ")) !== passphrase)
    throw new CliError(EXIT.usage, "usage", "The two passphrases are not the same.", "Try again.");
  return passphrase;
}

async function hidden(question: string): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CliError(EXIT.usage, "usage", "A passphrase is asked for, and there is no terminal to ask on.", `Put it into ${VARIABLE}.`);
  process.stderr.write(question);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once("line", resolve);
      terminal.once("SIGINT", () => reject(new CliError(EXIT.usage, "usage", "No passphrase was given.", "")));
      terminal.once("close", () => reject(new CliError(EXIT.usage, "usage", "No passphrase was given.", "")));
    });
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
