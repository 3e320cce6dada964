/**
 * Units that are not done, of a donor without a browser: a folder with a file for each, SHA-256 of what follows, then the unit as
 * `node:v8` writes it. What is not whole is as if it had never been there: wrong bytes would be a wrong result.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { DIGEST_BYTES } from "../../shared/wire.ts";
import type { CheckpointShelf, KeptUnit } from "../donor/computing/checkpoints.ts";
import { sha256 } from "../donor/digest.ts";

/** One donor at a time has the folder. Of one file the last that was asked for counts, however long a write takes. */
export function fileCheckpoints(folder: string): CheckpointShelf {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = last.then(act);
    last = done.catch(() => undefined); // told to whoever asked for it
    return done;
  };
  const pathOf = (key: string) => join(folder, key.replace(":", "-"));
  return {
    load: () =>
      inTurn(async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const units: KeptUnit[] = [];
        for (const name of await readdir(folder)) {
          const path = join(folder, name);
          // What cannot be read now may be whole: it stays for a later start.
          const file = await readFile(path).catch(() => undefined);
          if (!file) continue;
          const unit = path.endsWith(".new") ? undefined : await unitIn(file);
          if (unit) units.push(unit);
          else await rm(path, { force: true });
        }
        return units;
      }),
    keep: (key, unit) =>
      inTurn(async () => {
        const bytes = serialize(unit);
        const made = `${pathOf(key)}.new`;
        await writeFile(made, [await sha256(bytes), bytes], { mode: 0o600 });
        await rename(made, pathOf(key));
      }),
    drop: (keys) =>
      inTurn(async () => {
        for (const key of keys) await rm(pathOf(key), { force: true });
      }),
  };
}

async function unitIn(file: Buffer): Promise<KeptUnit | undefined> {
  const bytes = file.subarray(DIGEST_BYTES);
  if (!file.subarray(0, DIGEST_BYTES).equals(await sha256(bytes))) return undefined;
  try {
    const unit: unknown = deserialize(bytes);
    return typeof unit === "object" && unit !== null ? (unit as KeptUnit) : undefined;
  } catch {
    return undefined; // of a release whose Node wrote it in another way
  }
}
