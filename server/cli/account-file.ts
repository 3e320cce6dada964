/** The file of an account's key on this machine. */
import { readFile, writeFile } from "node:fs/promises";
import { seal, unseal } from "../../shared/account/sealed.ts";
import { messageOf } from "../../shared/thrown.ts";
import { CliError, EXIT } from "./exit.ts";
import { askPassphrase, newPassphrase } from "./passphrase.ts";

/** The seed in the file, which its passphrase opens. */
export async function readAccount(path: string): Promise<Uint8Array> {
  const file = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(EXIT.failure, "no-account", `${path} cannot be read: ${messageOf(error)}.`, "");
  });
  const opened = await unseal(file, await askPassphrase());
  if ("seed" in opened) return opened.seed;
  if (opened.fault === "form") throw new CliError(EXIT.failure, "no-account", `${path} is no file of an account's key.`, "");
  throw new CliError(
    EXIT.failure,
    "passphrase",
    `${path} does not open with this passphrase.`,
    "Try again; the 24 words open it without one.",
  );
}

/** Never over a file that is there: the key in it may be the only copy. */
export async function writeAccount(path: string, seed: Uint8Array): Promise<void> {
  const file = `${await seal(seed, await newPassphrase())}\n`;
  await writeFile(path, file, { flag: "wx", mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "there is a file of this name already" : messageOf(error);
    throw new CliError(EXIT.failure, "no-account", `${path} was not written: ${why}.`, "Give another name.");
  });
}
