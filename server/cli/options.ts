/** Options that many verbs have: where the coordinator is, with which token, and whether to print JSON. */
import { type Command, Option } from "commander";
import type { Connection } from "./api.ts";
import { coordinatorUrl } from "./coordinator-url.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { pinArgument } from "./trust.ts";

/** As the coordinator makes them; another text may not even be fit for a header. */
const TOKEN = /^iw_[A-Za-z0-9_-]{43}$/;

export const DEFAULT_URL = "http://127.0.0.1:8080";

export interface OfflineOptions {
  json?: boolean;
}

export interface VerbOptions extends OfflineOptions {
  /** Undefined: the coordinator of this folder. */
  url?: string;
  token?: string;
  /** SHA-256 of a certificate to trust, hexadecimal. */
  pin?: string;
}

/** A verb that asks a coordinator. */
export function verb(program: Command, usage: string, description: string): Command {
  return program
    .command(usage)
    .description(description)
    .addOption(
      new Option("--url <url>", `the coordinator, default the one of idlewave.json here or in a folder above, else ${DEFAULT_URL}`).env(
        "IDLEWAVE_URL",
      ),
    )
    .addOption(new Option("--token <token>", "owner's token").env("IDLEWAVE_TOKEN"))
    .addOption(
      new Option("--pin <fingerprint>", "SHA-256 of the certificate to trust, where the coordinator made it itself")
        .env("IDLEWAVE_PIN")
        .argParser(pinArgument),
    )
    .option("--json", "print JSON");
}

/** A verb that asks none: it works on this machine alone. */
export function offlineVerb(program: Command, usage: string, description: string): Command {
  return program.command(usage).description(description).option("--json", "print JSON");
}

/** Whose token a verb needs, and where one is had from. */
const TOKEN_OF = {
  owner: () => `Give it with --token or IDLEWAVE_TOKEN. The operator makes one with ${invocation("token new <name>")}.`,
  administrator: () => "Give the one that the coordinator printed on its first start with --token or IDLEWAVE_TOKEN.",
};

/** The connection of a verb that no coordinator obeys without a token: `CliError` (unauthorised) when there is none, before anything is sent. */
export function connectionAs(who: keyof typeof TOKEN_OF, options: VerbOptions): Connection {
  const connection = connectionOf(options);
  if (connection.token) return connection;
  throw new CliError(EXIT.unauthorised, "unauthorized", `This needs an ${who}'s token, and none was given.`, TOKEN_OF[who]());
}

/** Throws `CliError`: usage when `--url` is no HTTP address, unauthorised when `--token` has not the form of one. */
export function connectionOf(options: VerbOptions): Connection {
  const given = options.url ?? coordinatorUrl();
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new CliError(EXIT.usage, "usage", `--url ${given} is no HTTP address.`, `Write it like ${DEFAULT_URL}.`);
  }
  if (options.token && !TOKEN.test(options.token))
    throw new CliError(
      EXIT.unauthorised,
      "unauthorized",
      "This is not a token.",
      "An owner's token is iw_ and 43 letters, digits, - or _: copy all of it to --token or IDLEWAVE_TOKEN.",
    );
  return { url: url.href.replace(/\/$/, ""), token: options.token };
}
