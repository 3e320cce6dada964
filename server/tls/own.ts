/**
 * The certificate that a coordinator makes for itself, in a folder of its data: an authority that others are told to trust, and
 * what it signs for the names of this machine, anew before it expires and when a name or an address is added.
 */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { BlockList, isIPv6 } from "node:net";
import { join } from "node:path";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate, id_ce_nameConstraints, NameConstraints } from "@peculiar/asn1-x509";
import type { Names } from "../access/machine.ts";
import { AUTHORITY_FILE } from "../config.ts";
import { DAY_MS, type KeyAndCertificate, makeAuthority, makeCertificate } from "./certificate.ts";

/** Where a certificate and its key are. */
interface Files {
  certificate: string;
  key: string;
}

const AUTHORITY: Files = { certificate: AUTHORITY_FILE, key: "authority-key.pem" };
const CERTIFICATE: Files = { certificate: "certificate.pem", key: "certificate-key.pem" };
/** Before it expires by so much it is made anew. */
const RENEW_MS = { authority: 180 * DAY_MS, certificate: 30 * DAY_MS };

export interface OwnCertificate {
  /** PEM: the certificate and its authority's. */
  cert: string;
  key: string;
  /** File with the authority's certificate, for those who are to trust it. */
  authorityFile: string;
  /** SHA-256 of the authority's certificate, 64 hexadecimal digits. */
  fingerprint: string;
}

/** What is kept in `folder`, or is made and kept there: keys are readable by their user alone. */
export async function ownCertificate(folder: string, names: Names, now: number): Promise<OwnCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keptAuthority = await kept(folder, AUTHORITY);
  const authority =
    keptAuthority && lasts(keptAuthority, now + RENEW_MS.authority) && mayVouchFor(keptAuthority, names)
      ? keptAuthority
      : await keep(folder, AUTHORITY, makeAuthority(names, now));
  const keptCertificate = await kept(folder, CERTIFICATE);
  const own =
    keptCertificate &&
    lasts(keptCertificate, now + RENEW_MS.certificate) &&
    isFor(keptCertificate, names) &&
    isOf(keptCertificate, authority)
      ? keptCertificate
      : await keep(folder, CERTIFICATE, makeCertificate(authority, names, now));
  return {
    cert: own.certificate + authority.certificate,
    key: own.key,
    authorityFile: join(folder, AUTHORITY_FILE),
    fingerprint: createHash("sha256").update(new X509Certificate(authority.certificate).raw).digest("hex"),
  };
}

/** Undefined when it is not there whole. */
async function kept(folder: string, files: Files): Promise<KeyAndCertificate | undefined> {
  try {
    const [certificate, key] = await Promise.all([files.certificate, files.key].map((file) => readFile(join(folder, file), "utf8")));
    if (certificate === undefined || key === undefined) return undefined;
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)) ? { key, certificate } : undefined;
  } catch {
    return undefined;
  }
}

async function keep(folder: string, files: Files, made: KeyAndCertificate): Promise<KeyAndCertificate> {
  await write(join(folder, files.key), made.key);
  await write(join(folder, files.certificate), made.certificate);
  return made;
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function lasts({ certificate }: KeyAndCertificate, until: number): boolean {
  return Date.parse(new X509Certificate(certificate).validTo) > until;
}

function isOf({ certificate }: KeyAndCertificate, authority: KeyAndCertificate): boolean {
  return new X509Certificate(certificate).verify(new X509Certificate(authority.certificate).publicKey);
}

function isFor({ certificate }: KeyAndCertificate, { dns, ip }: Names): boolean {
  const own = new X509Certificate(certificate);
  return dns.every((name) => own.checkHost(name) !== undefined) && ip.every((address) => own.checkIP(address) !== undefined);
}

/** Whether all of them lie within what the authority may vouch for. */
function mayVouchFor({ certificate }: KeyAndCertificate, names: Names): boolean {
  const { extensions } = AsnConvert.parse(new X509Certificate(certificate).raw, Certificate).tbsCertificate;
  const found = extensions?.find(({ extnID }) => extnID === id_ce_nameConstraints);
  if (!found) return false;
  const permitted = AsnConvert.parse(found.extnValue, NameConstraints).permittedSubtrees ?? [];
  const domains: string[] = [];
  const networks = new BlockList();
  for (const { base } of permitted) {
    if (base.dNSName !== undefined) domains.push(base.dNSName);
    const [network, bits] = base.iPAddress?.split("/") ?? [];
    if (network !== undefined) networks.addSubnet(network, Number(bits), familyOf(network));
  }
  return (
    names.dns.every((name) => domains.some((domain) => name === domain || name.endsWith(`.${domain}`))) &&
    names.ip.every((address) => networks.check(address, familyOf(address)))
  );
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
