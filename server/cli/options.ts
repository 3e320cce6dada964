/** Options that every verb has: where the coordinator is, with which token, and whether to print JSON. */
import { type Command, Option } from "commander";
import type { Connection } from "./api.ts";
import { CliError, EXIT } from "./exit.ts";

export const DEFAULT_URL = "http://127.0.0.1:8080";

export interface VerbOptions {
  url: string;
  token?: string;
  json?: boolean;
}

/** A verb with the common options. */
export function verb(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .addOption(new Option("--url <url>", "the coordinator").env("IDLEWAVE_URL").default(DEFAULT_URL))
    .addOption(new Option("--token <token>", "owner's token").env("IDLEWAVE_TOKEN"))
    .option("--json", "print JSON");
}

/** Throws `CliError` (usage) when `--url` is no HTTP address. */
export function connectionOf(options: VerbOptions): Connection {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new CliError(EXIT.usage, "usage", `--url ${options.url} is no HTTP address.`, `Write it like ${DEFAULT_URL}.`);
  }
  return { url: url.href.replace(/\/$/, ""), token: options.token };
}
