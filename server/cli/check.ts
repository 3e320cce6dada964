/** `check <dir>`: admission without a coordinator: the same judges, on this machine. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { counted } from "../../shared/counted.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { type Admitted, type JobPackage, MORE_LATER, textLimit } from "../admit/package.ts";
import { CliError, EXIT } from "./exit.ts";
import { nameNeighbours, type PackageFile, packageFiles } from "./folder.ts";
import { type OfflineOptions, offlineVerb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { working } from "./working.ts";

export interface HashedFile extends PackageFile {
  sha256: BlobHash;
}

/** Judges the package in `dir`. Throws `CliError` (refused) with all of its faults. */
export async function admitFolder(dir: string): Promise<{ admitted: Admitted; files: HashedFile[] }> {
  const files: HashedFile[] = [];
  for (const file of await packageFiles(dir)) files.push({ ...file, sha256: await hashOf(file.place) });
  const { Judges } = await import("../admit/admit.ts");
  const judges = new Judges();
  try {
    const admission = await judges.admit(await readPackage(files));
    if (admission.ok) return { admitted: admission, files };
    const faults = await nameNeighbours(dir, admission.faults, files);
    const message = `The job package was refused: ${counted(faults.length, "fault")}.`;
    const todo = `Mend ${faults.length === 1 ? "it" : "them"} and check again.`;
    throw new CliError(EXIT.refused, "refused", message, `${todo}${admission.more ? ` ${MORE_LATER}` : ""}`, faults);
  } finally {
    await judges.close();
  }
}

async function readPackage(files: readonly HashedFile[]): Promise<JobPackage> {
  const pkg: JobPackage = { texts: new Map(), files: new Map() };
  for (const { path, place, bytes, sha256 } of files) {
    pkg.files.set(path, { bytes, sha256 });
    if (textLimit(path) !== null) pkg.texts.set(path, await readFile(place));
  }
  return pkg;
}

async function hashOf(place: string): Promise<BlobHash> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(place)) hash.update(chunk as Uint8Array);
  return hash.digest("hex") as BlobHash;
}

export function checkVerb(program: Command): void {
  offlineVerb(program, "check <dir>", "judge the job package in <dir> on this machine, without a coordinator")
    .option("--strict", `end with ${EXIT.refused}, as for a fault, where there is a warning`)
    .action(async (dir: string, options: OfflineOptions & { strict?: boolean }) => {
      const { admitted } = await working(`Judging ${dir}`, options.json, () => admitFolder(dir));
      const { manifest, plan, entryPoints, warnings } = admitted;
      const slicing = "whole" in plan.slicing ? plan.slicing : { sliced: true };
      const warned = counted(warnings.length, "warning");
      if (!options.json) for (const warning of warnings) note(warning);
      if (options.strict && warnings.length > 0)
        throw new CliError(
          EXIT.refused,
          "refused",
          `${manifest.name} has no faults, and ${warned}.`,
          "See to them, or leave --strict out.",
        );
      if (options.json) {
        const checker = manifest.verify?.checker ? { checker: manifest.verify.checker.entryPoint } : {};
        printJson({ faults: [], warnings, units: plan.units.count, entryPoints, ...checker, slicing });
        return;
      }
      const verdict = warnings.length > 0 ? `has no faults, and ${warned}` : "is good";
      print(`${manifest.name} ${verdict}: ${plan.units.count.toLocaleString("en")} ${plan.units.count === 1 ? "unit" : "units"}.`);
      print(`Its dispatches ${"whole" in slicing ? "run whole" : "can be sliced"}.`);
      if (manifest.verify?.checker) print(`Its checker is ${manifest.verify.checker.entryPoint}; run says whether it accepts each result.`);
    });
}
