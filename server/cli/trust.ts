/**
 * Whose certificate is believed beside those of the system's authorities: the one whose fingerprint was named with --pin, stands
 * in a link to join, or lies in the data folder of this folder's own coordinator. All else about it is checked as ever.
 */
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { InvalidArgumentError } from "commander";
import { messageOf } from "../../shared/thrown.ts";
import { again } from "./again.ts";
import { coordinatorUrl, ownAuthority } from "./coordinator-url.ts";
import { CliError, EXIT } from "./exit.ts";

/** A file of certificates, which Node reads when it starts. */
const VARIABLE = "NODE_EXTRA_CA_CERTS";
const ANSWERS_MS = 20_000;

/** What is looked at of a verb's options. */
export interface Trusting {
  url?: string;
  /** 64 hexadecimal digits. */
  pin?: string;
  join?: { origin: string; pin: string | undefined };
}

/** The verb goes on here when this resolves with true, and has run in a process that believes the certificate when with false. Throws `CliError`. */
export async function isTrusted({ url, pin, join: link }: Trusting): Promise<boolean> {
  const print = pin ?? (link?.pin && Buffer.from(link.pin, "base64url").toString("hex"));
  const certificate =
    print === undefined ? ownOf(url ?? link?.origin) : await pinned(new URL(link?.origin ?? url ?? coordinatorUrl()), print);
  if (certificate === undefined) return true;
  const folder = mkdtempSync(join(tmpdir(), "idlewave-trust-"));
  try {
    const file = join(folder, "certificates.pem");
    writeFileSync(file, certificate.toString() + already());
    await again({ [VARIABLE]: file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return false;
}

/** As it was copied from `serve`, a browser or openssl. */
export function pinArgument(text: string): string {
  const digits = text.replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new InvalidArgumentError("It is the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, as serve prints it.");
}

/** `AB:CD:…`, as browsers and openssl show it; `digits`: hexadecimal. */
export function fingerprintOf(digits: string): string {
  return (digits.toUpperCase().match(/../g) ?? []).join(":");
}

/** Of the coordinator that is configured here, unless another one is named. Undefined where there is nothing new to believe. */
function ownOf(named: string | undefined): X509Certificate | undefined {
  const file = named === undefined ? ownAuthority() : undefined;
  const certificate = file === undefined || !existsSync(file) ? undefined : new X509Certificate(readFileSync(file));
  return certificate && !isBelieved(printOf(certificate.raw)) ? certificate : undefined;
}

/** The certificate of this fingerprint that the coordinator shows; undefined where it is believed already. */
async function pinned(url: URL, print: string): Promise<X509Certificate | undefined> {
  if (url.protocol !== "https:")
    throw new CliError(
      EXIT.usage,
      "usage",
      `${url.origin} shows no certificate, and one was pinned.`,
      "Name its https:// address, or leave the fingerprint out.",
    );
  if (isBelieved(print)) return undefined;
  const shown = await chainOf(url);
  const chain = shown.map(({ raw }) => new X509Certificate(raw));
  const at = chain.findIndex(({ raw }) => printOf(raw) === print);
  // Whoever has seen the pinned one can show it: it must have signed what stands before it.
  if (at >= 0 && chain.slice(0, at).every((each, index) => each.verify((chain[index + 1] as X509Certificate).publicKey))) return chain[at];
  const todo = "Ask whoever runs it for a new link or fingerprint. If nothing was changed there, somebody else answers in its place.";
  throw new CliError(EXIT.failure, "another-certificate", `${url.origin} shows another certificate than the one that was pinned.`, todo);
}

/** Nothing is sent and nothing is believed: its certificates are looked at. */
function chainOf({ hostname, port, origin }: URL): Promise<DetailedPeerCertificate[]> {
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new CliError(EXIT.unreachable, "unreachable", `${origin} cannot be reached: ${why}.`, "Try again when it is there."));
    const socket = connect({
      host,
      port: Number(port) || 443,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    socket.setTimeout(ANSWERS_MS, () => {
      fail("it does not answer");
      socket.destroy();
    });
    socket.once("error", (error) => fail(messageOf(error)));
    socket.once("secureConnect", () => {
      const chain: DetailedPeerCertificate[] = [];
      let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      // The last one is its own issuer.
      while (next?.raw && !chain.includes(next)) {
        chain.push(next);
        next = next.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
  });
}

function isBelieved(print: string): boolean {
  const certificates = already().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return certificates.some((each) => printOf(new X509Certificate(each).raw) === print);
}

function already(): string {
  const file = process.env[VARIABLE];
  return file && existsSync(file) ? readFileSync(file, "utf8") : "";
}

function printOf(raw: Uint8Array): string {
  return createHash("sha256").update(raw).digest("hex");
}
