/** `account new|words|restore|link|forget|remove`, with the verbs of account-devices.ts: one account on several devices. */
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { Place } from "../../client/dawn/account.ts";
import { MAX_DEVICE_NAME } from "../../shared/account/certificate.ts";
import { accountKey, newSeed } from "../../shared/account/key.ts";
import { seedOfWords, WORDS, type WordsFault, wordsOf } from "../../shared/account/words.ts";
import { fromHex, toHex } from "../../shared/bytes.ts";
import { plain } from "../../shared/plain.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { deviceVerbs, type HomeOptions, named, placeOf, said } from "./account-devices.ts";
import { readAccount, writeAccount } from "./account-file.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { type OfflineOptions, offlineVerb, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";

export const HOME = join(homedir(), ".idlewave");

export function accountVerb(program: Command): void {
  const account = program.command("account").description("one account on several devices: its key is a file, or 24 words");
  const online = (usage: string, description: string) =>
    verb(account, usage, description).option("--home <folder>", "where this machine's own key is", HOME);

  offlineVerb(account, "new <file>", "make an account's key, in a file that a passphrase opens").action(
    async (file: string, options: OfflineOptions) => {
      const seed = newSeed();
      await writeAccount(file, seed);
      tellWritten(file, seed, options);
      if (options.json) return;
      note(`Whoever loses file and words loses the account: write the words down, ${invocation(`account words ${file}`)} shows them.`);
    },
  );

  offlineVerb(account, "words <file>", `show the ${WORDS} words that are as good as the file`).action(
    async (file: string, options: OfflineOptions) => {
      const words = wordsOf(await readAccount(file));
      if (options.json) return printJson({ words });
      for (const [at, word] of words.entries()) print(`${String(at + 1).padStart(2)}  ${word}`);
    },
  );

  offlineVerb(account, "restore <file>", `make the file anew from the ${WORDS} words, read from stdin`).action(
    async (file: string, options: OfflineOptions) => {
      if (process.stdin.isTTY) note(`Type the ${WORDS} words, then Ctrl-D.`);
      const read = seedOfWords(await text(process.stdin));
      if (!("seed" in read)) throw new CliError(EXIT.usage, "words", faultWords(read), "Look at what you wrote down, and try again.");
      await writeAccount(file, read.seed);
      tellWritten(file, read.seed, options);
    },
  );

  online("link <file>", "make this machine a device of the account; what it has earned is the account's from now on")
    .option("--name <name>", "what its other devices call it", hostname().slice(0, MAX_DEVICE_NAME))
    .action(async (file: string, options: HomeOptions & { name: string }) => {
      const { credit } = await link(placeOf(options), await readAccount(file), options.name);
      if (options.json) return printJson({ linked: options.name, credit });
      note(`This machine is a device of the account now, which has ${credit.final.toFixed(4)} credits.`);
    });

  deviceVerbs(account, HOME);

  online("forget [file]", "remove this machine's key and what it has earned; with the account's file all devices of the account, for good")
    .option("--yes", "do not ask")
    .action(async (file: string | undefined, options: HomeOptions & { yes?: boolean }) => {
      const key = file === undefined ? undefined : accountKey(await readAccount(file));
      const what = key ? "The whole account, all its devices and what they earned," : "This machine's key, and what it has earned,";
      if (!options.yes) await sure(`${what} will be gone, for good.`);
      const { forget } = await import("../../client/dawn/account.ts");
      await said(forget(placeOf(options), key));
      if (options.json) printJson({ forgotten: key ? "account" : "device" });
      else note(`${what.replace(/,$/, "")} ${key ? "are" : "is"} forgotten.`);
    });

  online("remove <device> <file>", "take a device off the account for good, by its name in devices: a laptop that is lost").action(
    async (device: string, file: string, options: HomeOptions) => {
      const { devicesOf, removeDevice } = await import("../../client/dawn/account.ts");
      const place = placeOf(options);
      const one = named(device, await said(devicesOf(place)));
      await said(removeDevice(place, accountKey(await readAccount(file)), fromHex(one.device)));
      if (options.json) printJson({ removed: one.device });
      else note(`${one.name || volunteerIdOf(one.device)} is off the account. What it has earned stays the account's.`);
    },
  );
}

/** Without a terminal nobody can say so. */
async function sure(what: string): Promise<void> {
  const no = new CliError(EXIT.usage, "usage", `${what} Nothing was done.`, "--yes does it without asking.");
  if (!process.stdin.isTTY) throw no;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${what} Go on? [y/N] `).finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw no;
}

/** Joins this machine to the account, and says what the account has. */
export async function link(place: Place, seed: Uint8Array, name: string): Promise<{ credit: { escrow: number; final: number } }> {
  const { linkDevice } = await import("../../client/dawn/account.ts");
  return await said(linkDevice(place, seed, plain(name).slice(0, MAX_DEVICE_NAME)));
}

function tellWritten(file: string, seed: Uint8Array, { json }: OfflineOptions): void {
  const account = toHex(accountKey(seed).publicKey);
  if (json) printJson({ file, account });
  else note(`${file} has the key of account ${volunteerIdOf(account)}.`);
}

function faultWords(fault: WordsFault): string {
  switch (fault.fault) {
    case "count":
      return `There are ${fault.got} words, not ${WORDS}.`;
    case "word":
      return `Word ${fault.at}, ${fault.word}, is none of the list.`;
    case "order":
      return "These words do not belong together: one of them is another, or they are in another order.";
    default:
      return fault satisfies never;
  }
}
