/** What HTTPS is spoken with: a certificate that the operator gives, or one of the coordinator's own making. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { messageOf } from "../../shared/thrown.ts";
import { namesOf } from "../access/machine.ts";
import { type Config, ConfigError } from "../config.ts";
import { ownCertificate } from "./own.ts";

/** What expires, or a new address, is noticed within this time. */
const LOOKED_AT_EVERY_MS = 3_600_000;

interface Credentials {
  /** PEM, with what stands between it and its authority. */
  cert: string;
  key: string;
}

export interface Tls extends Credentials {
  /** Of a certificate of its own making: who signs it. Undefined: it is one that the operator gave. */
  authority: { file: string; fingerprint: string } | undefined;
  /** The one that is in use, as `cert`. */
  certificate(): string;
  /** Lets `server` use each new certificate. Returns how to stop. */
  follow(server: { setSecureContext(credentials: Credentials): void }): () => void;
}

/** Undefined where plain HTTP is wanted. Throws `ConfigError` when the certificate that was given is no good. */
export async function openTls(config: Pick<Config, "tls" | "tlsCert" | "tlsKey" | "host" | "publicUrl">, data: string, log: Logger) {
  const isGiven = config.tlsCert !== "";
  if (!config.tls && !isGiven) return undefined;
  const read = () => (isGiven ? given(config) : own(config, data));
  const first = await read();
  let now = first;
  const look = async () => {
    const found = await read();
    const isNew = found.cert !== now.cert;
    if (isNew && found.authority?.fingerprint !== now.authority?.fingerprint)
      log.warn(
        "This machine has a name or an address that its authority could not vouch for, so there is a new one: links to join are to be made anew.",
      );
    now = found;
    return isNew;
  };
  const tls: Tls = {
    ...first,
    certificate: () => now.cert,
    follow(server) {
      const timer = setInterval(() => {
        look().then(
          (isNew) => isNew && server.setSecureContext({ cert: now.cert, key: now.key }),
          (error: unknown) => log.error({ err: error }, "The certificate could not be read again; the one before stays."),
        );
      }, LOOKED_AT_EVERY_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
  return tls;
}

type Found = Credentials & Pick<Tls, "authority">;

async function own({ host, publicUrl }: Pick<Config, "host" | "publicUrl">, data: string): Promise<Found> {
  const named = [host, ...(publicUrl === "" ? [] : [new URL(publicUrl).hostname])];
  const { cert, key, authorityFile, fingerprint } = await ownCertificate(join(data, "tls"), namesOf(named), Date.now());
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
