/** What HTTPS is spoken with: a certificate that the operator gives, or one of the coordinator's own making. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { messageOf } from "../../shared/thrown.ts";
import { namesOf } from "../access/machine.ts";
import { type Config, ConfigError, TLS_FOLDER } from "../config.ts";
import { ownCertificate } from "./own.ts";

/** What expires, or a new address, is noticed within this time. */
const LOOKED_AT_EVERY_MS = 3_600_000;
const NEW_AUTHORITY =
  "The certificate has a new authority: the one before was near its end, no longer whole, or could not vouch for a name or an address of this machine. Links to join and fingerprints that were told before are good no more.";

interface Credentials {
  /** PEM, with what stands between it and its authority. */
  cert: string;
  key: string;
}

/** `cert`, `key` and `authority` are those that are used now: they change while a server is followed. */
export interface Tls extends Readonly<Credentials> {
  /** Of a certificate of its own making: who signs it. Undefined: it is one that the operator gave. */
  readonly authority: { file: string; fingerprint: string } | undefined;
  /** Lets `server` use each new certificate. Returns how to stop. */
  follow(server: { setSecureContext(credentials: Credentials): void }): () => void;
}

/** Undefined where plain HTTP is wanted. Throws `ConfigError` when the certificate that was given is no good. */
export async function openTls(
  config: Pick<Config, "tls" | "tlsCert" | "tlsKey" | "host" | "publicUrl">,
  data: string,
  log: Logger,
): Promise<Tls | undefined> {
  const isGiven = config.tlsCert !== "";
  if (!config.tls && !isGiven) return undefined;
  const read = () => (isGiven ? given(config) : own(config, data));
  let used = await read();
  const look: (...server: Parameters<Tls["follow"]>) => Promise<void> = async (server) => {
    const found = await read();
    if (found.cert === used.cert) return;
    server.setSecureContext({ cert: found.cert, key: found.key });
    const fingerprint = found.authority?.fingerprint;
    if (fingerprint !== used.authority?.fingerprint) log.warn({ fingerprint }, NEW_AUTHORITY);
    used = found;
  };
  return {
    get cert() {
      return used.cert;
    },
    get key() {
      return used.key;
    },
    get authority() {
      return used.authority;
    },
    follow(server) {
      const timer = setInterval(() => {
        look(server).catch((error: unknown) => log.error({ err: error }, "There is no new certificate to use; the one before stays."));
      }, LOOKED_AT_EVERY_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

type Found = Credentials & Pick<Tls, "authority">;

async function own({ host, publicUrl }: Pick<Config, "host" | "publicUrl">, data: string): Promise<Found> {
  const named = [host, ...(publicUrl === "" ? [] : [new URL(publicUrl).hostname])];
  const { cert, key, authorityFile, fingerprint } = await ownCertificate(join(data, TLS_FOLDER), namesOf(named), Date.now());
  return { cert, key, authority: { file: authorityFile, fingerprint } };
}

async function given({ tlsCert, tlsKey }: Pick<Config, "tlsCert" | "tlsKey">): Promise<Found> {
  const [cert, key] = [await text("tlsCert", tlsCert), await text("tlsKey", tlsKey)];
  try {
    createSecureContext({ cert, key });
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error("the key is of another certificate");
    if (Date.parse(certificate.validTo) < Date.now()) throw new Error(`it expired on ${certificate.validTo}`);
  } catch (error) {
    throw new ConfigError(`tlsCert ${tlsCert} and tlsKey ${tlsKey} are no good: ${messageOf(error)}`, "They are PEM files.");
  }
  return { cert, key, authority: undefined };
}

async function text(key: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${key} ${file} cannot be read: ${messageOf(error)}`, "Name a PEM file.");
  }
}
