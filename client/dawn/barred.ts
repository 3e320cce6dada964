/** Kernels that did not end on this machine, a file: a plan's hash a line. */
import { appendFile, readFile } from "node:fs/promises";
import type { Barred } from "../donor/claims/barred.ts";

export function fileBarred(path: string): Barred {
  return {
    async has(plan) {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      return text.split("\n").includes(plan);
    },
    add: async (plan) => await appendFile(path, `${plan}\n`, { mode: 0o600, flush: true }),
  };
}
