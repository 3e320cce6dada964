/** The measured speed of a host without a browser: a file of JSON. */
import { readFile, writeFile } from "node:fs/promises";
import type { MeasuredSpeed, SpeedShelf } from "../donor/computing/host-speed.ts";

export function fileSpeeds(path: string): SpeedShelf {
  return {
    async load() {
      try {
        const { of, gflops } = JSON.parse(await readFile(path, "utf8")) as Partial<MeasuredSpeed>;
        if (typeof of === "string" && typeof gflops === "number" && gflops > 0) return { of, gflops };
      } catch {
        // Not there the first time, or damaged: it is measured again.
      }
      return undefined;
    },
    save: (measured) => writeFile(path, `${JSON.stringify(measured)}\n`, { mode: 0o600 }),
  };
}
