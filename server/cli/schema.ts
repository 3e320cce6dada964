/** `schema`: the JSON Schema of job.json, for editors. */
import type { Command } from "commander";
import { MANIFEST_JSON_SCHEMA } from "../../shared/manifest.ts";
import { offlineVerb } from "./options.ts";
import { printStyled } from "./print.ts";

export function schemaVerb(program: Command): void {
  offlineVerb(program, "schema", "print the JSON Schema of job.json").action(() => {
    printStyled(JSON.stringify(MANIFEST_JSON_SCHEMA, null, 2));
  });
}
