/** Where the coordinator is when nobody says it: the one that `serve` starts in this folder or the nearest above it that has settings. */
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AUTHORITY_FILE, type Config, ConfigError, readConfig, speaksTls, TLS_FOLDER } from "../config.ts";
import { CliError, EXIT } from "./exit.ts";

/** `publicUrl` of `idlewave.json` or of IDLEWAVE_PUBLIC_URL, else the address that `serve` would listen on. Throws `CliError` (usage) on a wrong setting. */
export function coordinatorUrl(env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): string {
  const { publicUrl, host, port, ...tls } = settings(env, configuredFolder(folder));
  // Listening everywhere, it is here too; a port that is chosen at the start cannot be known.
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return publicUrl || `${speaksTls(tls) ? "https" : "http"}://${name}:${port || 8080}`;
}

/** File with the certificate of that coordinator's authority, where it makes its own; undefined where it does not. Throws as `coordinatorUrl`. */
export function ownAuthority(env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): string | undefined {
  const above = configuredFolder(folder);
  const { tls, tlsCert, data } = settings(env, above);
  return tls && tlsCert === "" ? join(resolve(above, data), TLS_FOLDER, AUTHORITY_FILE) : undefined;
}

function settings(env: NodeJS.ProcessEnv, folder: string): Config {
  try {
    return readConfig({}, env, folder);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CliError(EXIT.usage, "bad-config", `${error.message}.`, `${error.todo} Or name the coordinator with --url.`.trim());
  }
}

/** `folder`, or the nearest above it with an `idlewave.json`, so that verbs work inside a job's folder too. */
function configuredFolder(folder: string): string {
  for (let above = folder; ; above = dirname(above)) {
    const file = statSync(join(above, "idlewave.json"), { throwIfNoEntry: false });
    // Somebody else's in a shared folder above would be told the owner's token.
    if (file && (above === folder || file.uid === process.getuid?.())) return above;
    if (above === dirname(above)) return folder;
  }
}
