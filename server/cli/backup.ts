/** `backup <folder>`: asks the running coordinator for everything, or copies a stopped data folder; checks each digest. */

import { resolve } from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type Command, Option } from "commander";
import type { Backup } from "../../shared/backup.ts";
import { messageOf } from "../../shared/thrown.ts";
import { send } from "./api.ts";
import { keepCopy } from "./copy.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";
import { untar } from "./untar.ts";
import { working } from "./working.ts";

export function backupVerb(program: Command): void {
  verb(program, "backup <folder>", "copy everything of a coordinator into a new folder, while it runs (needs the administrator's token)")
    .addOption(new Option("--data <folder>", "instead of asking a coordinator, copy the data folder of one that is stopped"))
    .action(async (folder: string, options: VerbOptions & { data?: string }) => {
      const { data } = options;
      const copy = () => (data === undefined ? online(folder, options) : offline(folder, data));
      const backup = await working(`Copying into ${folder}`, options.json, copy);
      if (options.json) printJson({ folder, ...backup });
      else {
        const size = ((backup.database.bytes + backup.blobs.bytes) / 1e6).toFixed(1);
        note(
          `${folder}: ${size} MB, ${backup.blobs.count.toLocaleString("en")} blobs, every digest is right. It holds secrets: keep it safe.`,
        );
      }
    });
}

async function online(folder: string, options: VerbOptions): Promise<Backup> {
  const { body } = await send(connectionAs("administrator", options), "/api/backup", { method: "POST" });
  if (!body) throw new CliError(EXIT.failure, "bad-answer", "The coordinator sent no backup.", "");
  return keepCopy(folder, untar(Readable.fromWeb(body as ReadableStream)));
}

async function offline(folder: string, data: string): Promise<Backup> {
  const { openStoppedBackup } = await import("../store/stopped.ts");
  const opened = await openStoppedBackup(resolve(data), "of a stopped folder", Date.now()).catch((error: unknown) => {
    const todo = `Of a coordinator that runs, leave out --data: ${invocation("backup <folder>")} asks it.`;
    throw new CliError(EXIT.failure, "data-folder", messageOf(error), todo);
  });
  try {
    return await keepCopy(folder, opened.parts);
  } finally {
    await opened.close();
  }
}
