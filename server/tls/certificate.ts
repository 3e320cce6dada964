/**
 * Certificates of a coordinator's own: an authority that may vouch for machines of local networks alone, and what it signs for
 * this one. https://www.rfc-editor.org/rfc/rfc5280
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import type { Names } from "../access/machine.ts";

export const DAY_MS = 24 * 3_600_000;
const AUTHORITY_DAYS = 3650;
/** Browsers of some makers take none that is good for more than 398. */
const CERTIFICATE_DAYS = 90;
/** Clocks of other machines may be behind. */
const EARLIER_MS = DAY_MS;
/** What it may vouch for beside the names that it is made with: whoever trusts it trusts it with nobody else's site. */
const LOCAL_DNS = ["localhost", "local"];
const LOCAL_IP = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"];
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";

/** PEM both. */
export interface KeyAndCertificate {
  key: string;
  certificate: string;
}

/** An authority for local networks and for `names`. */
export function makeAuthority(names: Names, now: number): KeyAndCertificate {
  const made = newKey();
  const base = (name: Partial<GeneralName>) => new GeneralSubtree({ base: new GeneralName(name) });
  const permitted = new NameConstraints({
    permittedSubtrees: new GeneralSubtrees([
      ...[...new Set([...LOCAL_DNS, ...names.dns])].map((dNSName) => base({ dNSName })),
      ...[...LOCAL_IP, ...names.ip.map((ip) => `${ip}/${ip.includes(":") ? 128 : 32}`)].map((iPAddress) => base({ iPAddress })),
    ]),
  });
  const subject = nameOf(`Idlewave ${randomBytes(4).toString("hex")}`);
  const certificate = signed(made.key, {
    ...{ issuer: subject, subject, spki: made.spki, now, days: AUTHORITY_DAYS },
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.keyCertSign), true),
      extension(id_ce_nameConstraints, permitted, true),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(idOf(made.spki))),
    ],
  });
  return { key: made.key, certificate };
}

/** What a server of these names shows, signed by `authority`. */
export function makeCertificate(authority: KeyAndCertificate, names: Names, now: number): KeyAndCertificate {
  const made = newKey();
  const issuer = AsnConvert.parse(new X509Certificate(authority.certificate).raw, Certificate).tbsCertificate;
  const alternatives = new SubjectAlternativeName([
    ...names.dns.map((dNSName) => new GeneralName({ dNSName })),
    ...names.ip.map((iPAddress) => new GeneralName({ iPAddress })),
  ]);
  const certificate = signed(authority.key, {
    ...{ issuer: issuer.subject, subject: nameOf("Idlewave coordinator"), spki: made.spki, now, days: CERTIFICATE_DAYS },
    extensions: [
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
      extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, alternatives),
      extension(
        id_ce_authorityKeyIdentifier,
        new AuthorityKeyIdentifier({ keyIdentifier: new SubjectKeyIdentifier(idOf(issuer.subjectPublicKeyInfo)) }),
      ),
    ],
  });
  return { key: made.key, certificate };
}

interface Statement {
  issuer: Name;
  subject: Name;
  spki: SubjectPublicKeyInfo;
  now: number;
  days: number;
  extensions: Extension[];
}

function signed(key: string, { issuer, subject, spki, now, days, extensions }: Statement): string {
  const algorithm = new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 });
  const tbsCertificate = new TBSCertificate({
    ...{ version: Version.v3, serialNumber: serial(), signature: algorithm, issuer, subject, subjectPublicKeyInfo: spki },
    validity: new Validity({ notBefore: new Date(now - EARLIER_MS), notAfter: new Date(now + days * DAY_MS) }),
    extensions: new Extensions(extensions),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), createPrivateKey(key));
  const der = AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue: exact(signature) }));
  return new X509Certificate(Buffer.from(der)).toString();
}

function newKey(): { key: string; spki: SubjectPublicKeyInfo } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { key, spki: AsnConvert.parse(createPublicKey(privateKey).export({ type: "spki", format: "der" }), SubjectPublicKeyInfo) };
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

function idOf({ subjectPublicKey }: SubjectPublicKeyInfo): ArrayBuffer {
  return exact(createHash("sha1").update(new Uint8Array(subjectPublicKey)).digest());
}

/** Positive, and in its shortest form. */
function serial(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return exact(bytes);
}

function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
