/** `site add|list|off`: sites that may show the widget, with the administrator's token. */
import type { Command } from "commander";
import Type from "typebox";
import { sitePath } from "../../shared/badge.ts";
import { counted } from "../../shared/counted.ts";
import { widgetSnippet } from "../../shared/widget.ts";
import { posted, send, sendJson } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { asking } from "./working.ts";

const SiteSchema = Type.Object({
  id: Type.Integer(),
  origin: Type.String(),
  name: Type.String(),
  createdAt: Type.String(),
  offAt: Type.String(),
  units: Type.Integer(),
  credit: Type.Number(),
});
const SiteListSchema = Type.Object({ sites: Type.Array(SiteSchema) });

export function siteVerb(program: Command): void {
  const site = program.command("site").description("sites that may show the widget (needs the administrator's token)");
  verb(site, "add <origin>", "register a site, or switch it on again")
    .option("--name <name>", "what its visitors know it by; without one its host")
    .action(async (origin: string, options: VerbOptions & { name?: string }) => {
      const connection = connectionAs("administrator", options);
      const request = posted({ origin, ...(options.name === undefined ? {} : { name: options.name }) });
      const made = await asking(connection, options, () => sendJson(connection, "/api/sites", SiteSchema, request));
      if (options.json) return printJson(made);
      note(`Site ${made.id} is ${made.name}, ${made.origin}. Put this into its pages:`);
      print(widgetSnippet(connection.url, made.origin));
      note(
        `What its visitors gave, and a picture of it for its pages: ${connection.url.replace(/\/$/, "")}${sitePath(made.id)}, taken every full hour and rounded down; site list tells it as it is.`,
      );
    });
  verb(site, "list", "list the sites").action(async (options: VerbOptions) => {
    const connection = connectionAs("administrator", options);
    const { sites } = await asking(connection, options, () => sendJson(connection, "/api/sites", SiteListSchema));
    if (options.json) return printJson({ sites });
    for (const { id, origin, name, createdAt, offAt, units } of sites) {
      const state = `since ${createdAt}${offAt ? `, off ${offAt}` : ""}, ${counted(units, "unit")} verified`;
      print(`${String(id).padStart(4)}  ${origin.padEnd(32)}  ${name.padEnd(24)}  ${state}`);
    }
  });
  verb(site, "off <id>", "switch a site off by its number").action(async (id: string, options: VerbOptions) => {
    if (!/^[1-9]\d*$/.test(id)) throw new CliError(EXIT.usage, "usage", `${id} is no site's number.`, "site list shows them.");
    const connection = connectionAs("administrator", options);
    await asking(connection, options, () => send(connection, `/api/sites/${id}`, { method: "DELETE" }));
    if (options.json) printJson({ off: Number(id) });
    else
      note(
        `Site ${id} is off: its visitors are asked no more, nothing counts for it from now on, and who lends there stops within ten seconds.`,
      );
  });
}
