/** `serve`: the coordinator, until SIGINT or SIGTERM. */
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Config, ConfigError, readConfig } from "../config.ts";
import type { RunningCoordinator } from "../main.ts";
import { DamagedDatabase } from "../store/damaged.ts";
import { type AuditorOptions, startAuditor } from "./auditor-process.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { DEFAULT_URL } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { fingerprintOf } from "./trust.ts";

const DRIVERS = ["gpu", "software"] as const;
type Driver = (typeof DRIVERS)[number];

interface ServeOptions {
  host?: string;
  port?: number;
  data?: string;
  tls?: boolean;
  tlsCert?: string;
  tlsKey?: string;
  allowSoftware?: boolean;
  audit?: Driver;
  json?: boolean;
}

export function serveVerb(program: Command): void {
  program
    .command("serve")
    .description("run a coordinator; settings in idlewave.json or IDLEWAVE_* variables")
    .option("--host <address>", "address to listen on, default 127.0.0.1")
    .addOption(new Option("--port <port>", "port to listen on, default 8080; 0 takes a free one").argParser(portOf))
    .option("--data <folder>", "folder of the database and the blobs, default ./data")
    .option("--tls", "speak HTTPS, with a certificate that it makes itself")
    .option("--tls-cert <file>", "speak HTTPS with this certificate, PEM")
    .option("--tls-key <file>", "its private key, PEM")
    .option("--allow-software", "give work to software adapters too")
    .addOption(
      new Option("--audit [driver]", "start an auditor beside it, on this machine's GPU or with Chromium's software driver")
        .choices(DRIVERS)
        .preset("gpu"),
    )
    .option("--json", "print JSON")
    .action(async ({ json, audit, ...overrides }: ServeOptions) => {
      // Loaded here, so that the verbs that only ask start fast.
      if (!json) note("Starting …");
      const { startCoordinator: start } = await import("../main.ts");
      const config = configOf(overrides);
      if (audit && config.tlsCert !== "" && config.publicUrl === "") throw noNameForAuditor();
      const coordinator = await started(() => start(config, { auditorFollows: audit !== undefined }), config);
      // Before the address is told: whoever waits for it may stop it at once.
      const stop = stopSignal();
      if (json) printJson(factsOf(coordinator));
      else tell(coordinator);
      const stopAuditor = audit && startAuditor(auditorOf(coordinator, config, audit));
      await stop;
      await stopAuditor?.();
      await coordinator.close();
    });
}

function factsOf({ url, network, authority, adminToken }: RunningCoordinator) {
  return { url, token: adminToken ?? null, ...(network && { network }), ...(authority && { pin: fingerprintOf(authority.fingerprint) }) };
}

function tell({ url, network, authority, adminToken }: RunningCoordinator): void {
  print(`Idlewave is at ${url}`);
  if (network && network !== url) print(`Others reach it at ${network}`);
  const pin = authority && fingerprintOf(authority.fingerprint);
  if (authority) {
    note(`Its certificate is of its own making: each browser asks once whether to go on, or trusts ${authority.file} from then on.`);
    note(`SHA-256 of that file's certificate, for --pin or IDLEWAVE_PIN: ${pin}`);
  }
  if (!adminToken) return;
  print(`The administrator's token, shown once: ${adminToken}`);
  const where = `${url === DEFAULT_URL ? "" : `IDLEWAVE_URL=${url} `}${pin ? `IDLEWAVE_PIN=${pin} ` : ""}`;
  note(`To use it in another terminal: export ${where}IDLEWAVE_TOKEN=<the token>`);
  note(`Make one for each owner with ${invocation("token new <name>")}.`);
}

function auditorOf(
  { url, authority, auditorToken: token }: RunningCoordinator,
  { data, tlsCert, publicUrl }: Config,
  driver: Driver,
): AuditorOptions {
  // A certificate that was given is for its public name alone.
  const reached = tlsCert === "" ? loopback(url) : publicUrl;
  return { url: reached, token, home: join(resolve(data), "auditor"), software: driver === "software", authorityFile: authority?.file };
}

function noNameForAuditor(): CliError {
  const todo = "Set publicUrl to the https:// address that the certificate is for, or start the auditor beside it yourself.";
  return new CliError(EXIT.usage, "bad-config", "An auditor cannot reach this coordinator under the name of its certificate.", todo);
}

/** A coordinator that listens on all addresses is reached at this one. */
function loopback(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:|$)/, "//127.0.0.1");
}

async function started(start: () => Promise<RunningCoordinator>, config: Config): Promise<RunningCoordinator> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof ConfigError) throw badConfig(error);
    if (error instanceof DamagedDatabase) {
      const todo = `${invocation(`doctor ${config.data}`)} tells what else is wrong. Restore a backup that you trust into a new folder and start on that.`;
      throw new CliError(EXIT.failure, "damaged-data", `${error.message}.`, todo);
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw Object.hasOwn(NO_LISTENING, code) ? NO_LISTENING[code]?.(config) : error;
  }
}

const ANOTHER_PORT = "Choose another with --port, IDLEWAVE_PORT or port in idlewave.json.";
const ANOTHER_HOST = "Choose one of this machine's with --host, IDLEWAVE_HOST or host in idlewave.json; 127.0.0.1 is always there.";

/** Why an address cannot be listened on, by the system's code. */
const NO_LISTENING: Record<string, (config: Config) => CliError> = {
  EADDRINUSE: ({ port }) => new CliError(EXIT.failure, "port-in-use", `Port ${port} is in use.`, ANOTHER_PORT),
  EACCES: ({ port }) => new CliError(EXIT.failure, "no-permission", `You may not listen on port ${port}.`, ANOTHER_PORT),
  EADDRNOTAVAIL: ({ host }) => new CliError(EXIT.failure, "no-address", `${host} is no address of this machine.`, ANOTHER_HOST),
  ENOTFOUND: ({ host }) => new CliError(EXIT.failure, "no-address", `There is no address of the name ${host}.`, ANOTHER_HOST),
};

export function configOf(overrides: Omit<ServeOptions, "json" | "audit">) {
  try {
    return readConfig(overrides);
  } catch (error) {
    throw error instanceof ConfigError ? badConfig(error) : error;
  }
}

function badConfig({ message, todo }: ConfigError): CliError {
  return new CliError(EXIT.usage, "bad-config", `${message}.`, todo);
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError("It is no port: 0 to 65535.");
  return port;
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Resolves on the first SIGINT or SIGTERM; a second one, of either kind, ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      resolve();
    };
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
  });
}
