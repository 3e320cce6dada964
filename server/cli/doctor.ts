/** `doctor [folder]`: looks at the data folder of a stopped coordinator, changes nothing, and says what to do. */

import { resolve } from "node:path";
import type { Command } from "commander";
import colours from "picocolors";
import { plain } from "../../shared/plain.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Finding } from "../store/doctor.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { print, printJson, printStyled } from "./print.ts";
import { configOf } from "./serve.ts";
import { working } from "./working.ts";

export function doctorVerb(program: Command): void {
  program
    .command("doctor [folder]")
    .description("check a stopped coordinator's data folder, by default the configured one; nothing is changed")
    .option("--json", "print JSON")
    .action(async (folder: string | undefined, { json }: { json?: boolean }) => {
      const data = resolve(folder ?? configOf({}).data);
      const findings: Finding[] = [];
      try {
        await working(`Looking at ${data}`, json, async () => {
          const { examine } = await import("../store/doctor.ts");
          for await (const finding of examine(data)) {
            findings.push(finding);
            if (!json) printFinding(finding);
          }
        });
      } catch (error) {
        const why = messageOf(error);
        const todo = `Name the data folder of a coordinator that is stopped; one that runs can be copied with ${invocation("backup <folder>")}.`;
        throw new CliError(EXIT.failure, "data-folder", why, todo);
      }
      const wrong = findings.filter(({ holds }) => !holds).length;
      if (json) printJson({ data, holds: wrong === 0, findings });
      else if (wrong === 0) print(`${data} is in order.`);
      if (wrong > 0) throw new CliError(EXIT.failure, "unwell", json ? "" : `${wrong} of ${findings.length} checks do not hold.`, "");
    });
}

function printFinding({ check, holds, found, todo }: Finding): void {
  const mark = holds ? colours.green("✓") : colours.red("✗");
  printStyled(`${mark} ${plain(`${check}${found ? ` ${found}.` : ""}`)}`);
  if (todo) print(`  → ${todo}`);
}
