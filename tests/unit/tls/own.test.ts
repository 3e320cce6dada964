/** The certificate that a coordinator makes for itself: whom it convinces, of what, how long, and where its keys lie. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Names } from "../../../server/access/machine.ts";
import { makeAuthority, makeCertificate } from "../../../server/tls/certificate.ts";
import { ownCertificate } from "../../../server/tls/own.ts";

const DAY_MS = 24 * 3_600_000;
const NOW = Date.now();
const NAMES: Names = { dns: ["localhost", "lab", "lab.local"], ip: ["127.0.0.1", "::1", "192.168.1.5"] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-own-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** "" when a client that trusts `ca` alone believes the server to be `name`, else why not. */
async function doubtOf(shown: { cert: string; key: string }, ca: string, name: string): Promise<string> {
  const server = createServer(shown).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const isAddress = /^[\d.:]+$/.test(name);
  const socket = connect({ host: "127.0.0.1", port, ca, ...(isAddress ? {} : { servername: name }), rejectUnauthorized: true });
  try {
    await once(socket, "secureConnect");
    return "";
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Node has no code for a name that an authority may not vouch for.
    return code === undefined || code === "UNSPECIFIED" ? message : code;
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("a coordinator's own certificate", () => {
  it("convinces whoever trusts its authority, of its own names alone", async () => {
    const own = await ownCertificate(folder, NAMES, NOW);
    const ca = await readFile(own.authorityFile, "utf8");
    expect(await doubtOf(own, ca, "lab.local")).toBe("");
    expect(await doubtOf(own, ca, "127.0.0.1")).toBe("");
    expect(await doubtOf(own, ca, "elsewhere.local")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(await doubtOf(own, makeAuthority(NAMES, NOW).certificate, "lab.local")).toBe("SELF_SIGNED_CERT_IN_CHAIN");
  });

  it("has an authority that can vouch for no other site, so that trusting it risks none", async () => {
    const authority = makeAuthority(NAMES, NOW);
    const shown = (names: Names) => {
      const { certificate: cert, key } = makeCertificate(authority, names, NOW);
      return { cert, key };
    };
    expect(await doubtOf(shown({ dns: ["bank.example"], ip: [] }), authority.certificate, "bank.example")).toBe(
      "permitted subtree violation",
    );
    expect(await doubtOf(shown({ dns: ["lab"], ip: ["203.0.113.7"] }), authority.certificate, "lab")).toBe("permitted subtree violation");
    expect(await doubtOf(shown({ dns: ["tablet.local"], ip: ["10.1.2.3"] }), authority.certificate, "tablet.local")).toBe("");
  });

  it("keeps its keys where their user alone can read them", async () => {
    await ownCertificate(join(folder, "tls"), NAMES, NOW);
    for (const name of await readdir(join(folder, "tls")))
      expect([name, (await stat(join(folder, "tls", name))).mode & 0o777]).toEqual([name, 0o600]);
    expect((await stat(join(folder, "tls"))).mode & 0o777).toBe(0o700);
  });

  it("stays the same until it is about to expire, and its authority stays beyond", async () => {
    const first = await ownCertificate(folder, NAMES, NOW);
    expect(await ownCertificate(folder, NAMES, NOW + 59 * DAY_MS)).toEqual(first);
    const second = await ownCertificate(folder, NAMES, NOW + 61 * DAY_MS);
    expect(second.cert).not.toBe(first.cert);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(Date.parse(new X509Certificate(second.cert).validTo)).toBeGreaterThan(NOW + 150 * DAY_MS);
    const third = await ownCertificate(folder, NAMES, NOW + 3600 * DAY_MS);
    expect(third.fingerprint).not.toBe(first.fingerprint);
  });

  it("is made anew for a new address of the local network, under the same authority", async () => {
    const first = await ownCertificate(folder, NAMES, NOW);
    const moved = await ownCertificate(folder, { ...NAMES, ip: ["127.0.0.1", "10.0.0.9"] }, NOW);
    expect(new X509Certificate(moved.cert).checkIP("10.0.0.9")).toBe("10.0.0.9");
    expect(moved.fingerprint).toBe(first.fingerprint);
    // Fewer names than it is for need no other.
    expect(await ownCertificate(folder, { dns: ["lab"], ip: ["10.0.0.9"] }, NOW)).toEqual(moved);
  });

  it("has a new authority where the old one could not vouch for a name", async () => {
    const first = await ownCertificate(folder, NAMES, NOW);
    const renamed = await ownCertificate(folder, { ...NAMES, dns: ["idlewave.example"] }, NOW);
    expect(renamed.fingerprint).not.toBe(first.fingerprint);
    expect(await doubtOf(renamed, await readFile(renamed.authorityFile, "utf8"), "idlewave.example")).toBe("");
  });

  it.each(["authority.pem", "authority-key.pem", "certificate.pem", "certificate-key.pem"])(
    "is made anew when %s is damaged",
    async (file) => {
      await ownCertificate(folder, NAMES, NOW);
      await writeFile(join(folder, file), "-----BEGIN CERTIFICATE-----\nnone\n");
      const again = await ownCertificate(folder, NAMES, NOW);
      expect(await doubtOf(again, await readFile(again.authorityFile, "utf8"), "lab")).toBe("");
    },
  );
});
