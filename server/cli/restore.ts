/** `restore <backup>`: a backup becomes a data folder, with every id, secret and credit; each digest is checked on the way. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Command } from "commander";
import { BACKUP_FILE, type BackupPart, DATABASE_FILE } from "../../shared/backup.ts";
import { messageOf } from "../../shared/thrown.ts";
import { DamagedDatabase } from "../store/damaged.ts";
import { keepCopy } from "./copy.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { note, printJson } from "./print.ts";
import { working } from "./working.ts";

export function restoreVerb(program: Command): void {
  program
    .command("restore <backup>")
    .description("make a data folder of a backup")
    .option("--data <folder>", "the data folder to make; it must be empty or not exist", "./data")
    .option("--json", "print JSON")
    .action(async (source: string, { data, json }: { data: string; json?: boolean }) => {
      const backup = await working(`Restoring ${source} into ${data}`, json, () => keepCopy(data, partsOf(source), refuseForeign));
      if (json) printJson({ data, ...backup });
      else {
        note(`${data} is as it was at ${backup.madeAt}; every digest is right.`);
        note(`Check it with ${invocation(`doctor ${data}`)}, start it with ${invocation(`serve --data ${data}`)}.`);
      }
    });
}

/** A backup is a file from somewhere: what would run by itself in a coordinator is not let in. */
async function refuseForeign(copy: string): Promise<void> {
  const { inspectStopped } = await import("../store/stopped.ts");
  try {
    inspectStopped(join(copy, DATABASE_FILE));
  } catch (error) {
    if (!(error instanceof DamagedDatabase)) throw new CliError(EXIT.failure, "broken-backup", messageOf(error), "Use another backup.");
    throw new CliError(EXIT.failure, "foreign-backup", `${error.message}.`, "Nothing was restored. Use a backup that you trust.");
  }
}

async function* partsOf(source: string): AsyncGenerator<BackupPart> {
  const names = [DATABASE_FILE, ...(await blobNames(source)), BACKUP_FILE];
  for (const name of names) {
    const path = join(source, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) {
      const message = `There is no ${name} in ${source}.`;
      throw new CliError(EXIT.usage, "no-backup", message, `Name a folder that ${invocation("backup <folder>")} made.`);
    }
    yield { name, bytes: found.size, content: createReadStream(path, { highWaterMark: 256 * 1024 }) };
  }
}

async function blobNames(source: string): Promise<string[]> {
  const folder = join(source, "blobs");
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // A backup without blobs has no folder of them.
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `blobs/${relative(folder, join(entry.parentPath, entry.name))}`)
    .sort();
}
