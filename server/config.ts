/** What an operator may change: one typed configuration from `idlewave.json` and IDLEWAVE_* variables, read once. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { hiddenIn, PLAIN_PATTERN } from "../shared/plain.ts";
import { messageOf } from "../shared/thrown.ts";
import { shown, type ValueSchema, wordsOf } from "./admit/expected.ts";
import { readJson } from "./admit/json.ts";
import { nearest } from "./admit/nearest.ts";
import { DEFAULT_AUDIT_SHARE } from "./core/state.ts";

const Text = (description: string) => Type.String({ maxLength: 500, pattern: PLAIN_PATTERN, description });

export const ConfigSchema = Type.Object(
  {
    data: Type.String({ minLength: 1, description: "Folder of the database and the blobs." }),
    host: Type.String({ minLength: 1, description: "Address to listen on." }),
    port: Type.Integer({ minimum: 0, maximum: 65535, description: "Port to listen on; 0 takes a free one." }),
    tls: Type.Boolean({ description: "Whether HTTPS is spoken, with a certificate of its own making where none is given." }),
    tlsCert: Type.String({ description: "PEM file of a certificate, and of those between it and its authority: HTTPS is spoken with it." }),
    tlsKey: Type.String({ description: "PEM file of its private key." }),
    publicUrl: Type.String({
      pattern: "^(https?://[^/?#\\s]+)?$",
      description:
        "Origin that visitors see, without a path: volunteers sign in under it alone. Empty: under localhost or the address they connected to.",
      examples: ["https://idlewave.example"],
    }),
    trustProxy: Type.Integer({
      minimum: 0,
      maximum: 8,
      description: "How many proxies in front append to X-Forwarded-For; 0: the header is not believed.",
    }),
    allowSoftware: Type.Boolean({ description: "Whether software adapters get work (demo and tests). The page says so before consent." }),
    auditPercent: Type.Integer({
      minimum: 0,
      maximum: 100,
      description:
        "Share of the agreements of known volunteers that the auditor computes again, percent; newcomers' are looked at more often.",
    }),
    canaryMinutes: Type.Integer({
      minimum: 0,
      maximum: 120,
      description: "How long the auditor may measure a new job before volunteers meet it, minutes; 0: jobs are not measured.",
    }),
    jobsPerOwner: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: "Jobs that an owner may have at a time, drafts too and ended ones not; an administrator may have any number.",
    }),
    visitorsPerSite: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: "Visitors of one site that may lend in its name at a time; further ones wait.",
    }),
    logLevel: Type.Union(
      [Type.Literal("silent"), Type.Literal("error"), Type.Literal("warn"), Type.Literal("info"), Type.Literal("debug")],
      { description: "What is logged." },
    ),
    logFormat: Type.Union([Type.Literal("text"), Type.Literal("json")], {
      description: "Log lines for people, or one JSON object a line for programs.",
    }),
    metricsToken: Type.String({
      pattern: "^([!-~]{16,200})?$",
      description: "Bearer token that may read /metrics, 16 to 200 printable characters; empty: an administrator's token alone may.",
    }),
    minFreeMiB: Type.Integer({
      minimum: 0,
      maximum: 2 ** 40,
      description: "Free space of the data folder, MiB, below which claims, result bytes and new jobs are refused.",
    }),
    drainSeconds: Type.Integer({
      minimum: 0,
      maximum: 600,
      description: "How long a stopping coordinator waits for requests that are under way.",
    }),
    network: Type.Object(
      {
        name: Text("Name of this network; another one than `Idlewave` stands on the page's first screen."),
        operator: Text("Who runs it."),
        purpose: Text("Why."),
        contact: Text("How to reach the operator."),
        source: Text("Address of the source code that runs here; one that begins with https:// is linked from the page's foot."),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type Config = Static<typeof ConfigSchema>;
type PartialConfig = Partial<Omit<Config, "network">> & { network?: Partial<Config["network"]> };

export const DEFAULT_CONFIG: Config = {
  data: "./data",
  host: "127.0.0.1",
  port: 8080,
  tls: false,
  tlsCert: "",
  tlsKey: "",
  publicUrl: "",
  trustProxy: 0,
  allowSoftware: false,
  auditPercent: 100 * DEFAULT_AUDIT_SHARE,
  canaryMinutes: 10,
  jobsPerOwner: 200,
  visitorsPerSite: 10_000,
  logLevel: "info",
  logFormat: "text",
  metricsToken: "",
  minFreeMiB: 512,
  drainSeconds: 5,
  network: {
    name: "Idlewave",
    operator: "not stated",
    purpose: "not stated",
    contact: "not stated",
    source: "not stated",
  },
};

export const VARIABLES: Record<string, readonly [keyof Config, (keyof Config["network"])?]> = {
  IDLEWAVE_DATA: ["data"],
  IDLEWAVE_HOST: ["host"],
  IDLEWAVE_PORT: ["port"],
  IDLEWAVE_TLS: ["tls"],
  IDLEWAVE_TLS_CERT: ["tlsCert"],
  IDLEWAVE_TLS_KEY: ["tlsKey"],
  IDLEWAVE_PUBLIC_URL: ["publicUrl"],
  IDLEWAVE_TRUST_PROXY: ["trustProxy"],
  IDLEWAVE_ALLOW_SOFTWARE: ["allowSoftware"],
  IDLEWAVE_AUDIT_PERCENT: ["auditPercent"],
  IDLEWAVE_CANARY_MINUTES: ["canaryMinutes"],
  IDLEWAVE_JOBS_PER_OWNER: ["jobsPerOwner"],
  IDLEWAVE_VISITORS_PER_SITE: ["visitorsPerSite"],
  IDLEWAVE_LOG_LEVEL: ["logLevel"],
  IDLEWAVE_LOG_FORMAT: ["logFormat"],
  IDLEWAVE_METRICS_TOKEN: ["metricsToken"],
  IDLEWAVE_MIN_FREE_MIB: ["minFreeMiB"],
  IDLEWAVE_DRAIN_SECONDS: ["drainSeconds"],
  IDLEWAVE_NETWORK_NAME: ["network", "name"],
  IDLEWAVE_NETWORK_OPERATOR: ["network", "operator"],
  IDLEWAVE_NETWORK_PURPOSE: ["network", "purpose"],
  IDLEWAVE_NETWORK_CONTACT: ["network", "contact"],
  IDLEWAVE_NETWORK_SOURCE: ["network", "source"],
};

/** Variables of the command line's other verbs. */
const CLIENT_VARIABLES = ["IDLEWAVE_URL", "IDLEWAVE_TOKEN", "IDLEWAVE_PIN", "IDLEWAVE_PASSPHRASE"];
const PREFIX = "IDLEWAVE_";

/** Names the key that is wrong and where it came from; `todo`: the nearest known one, or all of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly todo: string;

  constructor(message: string, todo = "") {
    super(message);
    this.todo = todo;
  }
}

/** A sentence for each variable of `env` that looks like one of ours and is none. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = [...Object.keys(VARIABLES), ...CLIENT_VARIABLES];
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  return unknown.map((name) => {
    // Their common beginning would make any two names look alike.
    const suffix = nearest(
      name.slice(PREFIX.length),
      known.map((each) => each.slice(PREFIX.length)),
    );
    const todo = suffix === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${PREFIX}${suffix}?`;
    return `${name} is no setting and changes nothing. ${todo}`;
  });
}

/** In the data folder: what there is to a certificate of its own making. */
export const TLS_FOLDER = "tls";
/** In that folder: what others are to trust. */
export const AUTHORITY_FILE = "authority.pem";

/** Whether it is HTTPS that this coordinator speaks itself. */
export function speaksTls({ tls, tlsCert }: Pick<Config, "tls" | "tlsCert">): boolean {
  return tls || tlsCert !== "";
}

const checker = Compile(ConfigSchema);

/**
 * Defaults, then `idlewave.json` in `folder`, then variables, then `overrides` (command-line flags).
 * Throws `ConfigError` on an unknown key, a wrong type or a value out of range.
 */
export function readConfig(overrides: PartialConfig = {}, env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): Config {
  const file = join(folder, "idlewave.json");
  const origins = new Map<string, string>();
  let config: Record<string, unknown> = { ...DEFAULT_CONFIG };
  if (existsSync(file)) config = merge(config, parseFile(file), "idlewave.json", origins);
  config = merge(config, fromVariables(env, origins), undefined, origins);
  config = merge(config, overrides as Record<string, unknown>, "the command line", origins);
  return checked(config, origins);
}

function parseFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`idlewave.json cannot be read: ${messageOf(error)}`);
  }
  const read = readJson("idlewave.json", text);
  if (!("placeOf" in read)) throw new ConfigError(`idlewave.json:${read.line}:${read.column} ${read.wrong.replace(/\.$/, "")}`, read.right);
  if (!isRecord(read.value)) throw new ConfigError("idlewave.json must hold one object", 'Write {"port": 8080}, for example.');
  return read.value;
}

function fromVariables(env: NodeJS.ProcessEnv, origins: Map<string, string>): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  const network: Record<string, unknown> = {};
  for (const [variable, [key, inner]] of Object.entries(VARIABLES)) {
    const text = env[variable];
    if (text === undefined || text === "") continue;
    if (inner) network[inner] = text;
    else read[key] = settingOf(key, text);
    origins.set(inner ? `${key}.${inner}` : key, variable);
  }
  if (Object.keys(network).length > 0) read.network = network;
  return read;
}

/** Numbers and switches come as text; what is neither stays text and fails the check by name. */
function settingOf(key: keyof Config, text: string): unknown {
  if (typeof DEFAULT_CONFIG[key] === "number") return /^\d+$/.test(text) ? Number(text) : text;
  if (typeof DEFAULT_CONFIG[key] === "boolean")
    return text === "1" || text === "true" ? true : text === "0" || text === "false" ? false : text;
  return text;
}

function merge(
  base: Record<string, unknown>,
  over: Record<string, unknown>,
  origin: string | undefined,
  origins: Map<string, string>,
): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const inner = merged[key];
    merged[key] = isRecord(value) && isRecord(inner) ? { ...inner, ...value } : value;
    if (origin) for (const path of isRecord(value) ? Object.keys(value).map((name) => `${key}.${name}`) : [key]) origins.set(path, origin);
  }
  return merged;
}

function checked(config: Record<string, unknown>, origins: ReadonlyMap<string, string>): Config {
  if (checker.Check(config)) {
    const [has, lacks] = config.tlsCert === "" ? ["tlsKey", "tlsCert"] : ["tlsCert", "tlsKey"];
    if ((config.tlsCert === "") !== (config.tlsKey === ""))
      throw new ConfigError(`${has} (from ${origins.get(has) ?? "idlewave.json"}) is given, and ${lacks} is not`, "HTTPS needs both.");
    return { ...config, publicUrl: config.publicUrl.replace(/\/$/, "") };
  }
  for (const key of Object.keys(config)) if (!(key in DEFAULT_CONFIG)) throw unknownKey(key, origins);
  if (isRecord(config.network)) {
    for (const key of Object.keys(config.network)) if (!(key in DEFAULT_CONFIG.network)) throw unknownKey(`network.${key}`, origins);
  }
  const steps = (checker.Errors(config)[0]?.instancePath ?? "").split("/").slice(1);
  const path = steps.join(".");
  let value: unknown = config;
  let schema: ValueSchema | undefined = ConfigSchema as ValueSchema;
  for (const step of steps) {
    value = isRecord(value) ? value[step] : undefined;
    schema = schema?.properties?.[step];
  }
  throw new ConfigError(
    `${path} (from ${origins.get(path) ?? "idlewave.json"}) is ${path === "metricsToken" ? "not fit for one" : shown(value)}`,
    schema && allowed(value, schema),
  );
}

/** What a setting may be, one sentence. */
function allowed(value: unknown, schema: ValueSchema): string {
  const hidden = typeof value === "string" && schema.pattern === PLAIN_PATTERN ? hiddenIn(value) : undefined;
  if (hidden) return `It has ${hidden.name}, which is not seen: remove it.`;
  if (schema.pattern === undefined || typeof value !== "string") return `It must be ${wordsOf({ ...schema, pattern: undefined })}.`;
  const example = schema.examples?.[0];
  return `${schema.description}${example === undefined ? "" : ` For example ${shown(example)}.`}`;
}

function unknownKey(key: string, origins: ReadonlyMap<string, string>): ConfigError {
  const inner = Object.keys(DEFAULT_CONFIG.network);
  const outer = Object.keys(DEFAULT_CONFIG);
  const [, name] = /^network\.(.*)$/s.exec(key) ?? [];
  const found =
    name === undefined ? (nearest(key, outer) ?? asInner(nearest(key, inner))) : (asInner(nearest(name, inner)) ?? nearest(name, outer));
  const known = name === undefined ? outer : inner.map((each) => `network.${each}`);
  const message = `${key} (from ${origins.get(key) ?? "idlewave.json"}) is no setting`;
  return new ConfigError(message, found === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${found}?`);
}

function asInner(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `network.${name}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
