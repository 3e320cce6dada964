import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of the files named in `paths`; those that are not there count as none. */
export async function fileBytes(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += await sizeOf(path);
  return bytes;
}

/** Bytes of all files below `folder`. Looks at each. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await folderBytes(path) : await sizeOf(path);
  }
  return bytes;
}

/** `measure`, at most once in `ageMs`: in between the last figure, and while it is measured again too. */
export function seldom(measure: () => Promise<number>, ageMs: number): () => Promise<number> {
  let last: Promise<number> | undefined;
  let measuring: Promise<number> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return () => {
    if (!measuring && performance.now() - at >= ageMs) {
      const now = measure().finally(() => {
        at = performance.now();
        last = now;
        measuring = undefined;
      });
      now.catch(() => undefined); // whoever asks next has it
      measuring = now;
    }
    return last ?? measuring ?? Promise.resolve(0);
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
