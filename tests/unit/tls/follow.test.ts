/** What a coordinator that runs does when its certificate is renewed: its server shows it, and its links name its authority. */
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { namesOf } from "../../../server/access/machine.ts";
import { DEFAULT_CONFIG, TLS_FOLDER } from "../../../server/config.ts";
import { type KeyAndCertificate, makeAuthority, makeCertificate } from "../../../server/tls/certificate.ts";
import { openTls } from "../../../server/tls/tls.ts";
import { readJoinLink } from "../../../shared/pool.ts";
import { answerTo, type SecureServer, startSecure } from "./secure.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function shownBy({ url, ca }: SecureServer): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), ca, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe("a coordinator that runs", () => {
  it("shows the certificate that was renewed where the operator keeps it", async () => {
    const names = namesOf([]);
    const authority = makeAuthority(names, Date.now());
    const folder = await mkdtemp(join(tmpdir(), "idlewave-given-"));
    const [tlsCert, tlsKey] = [join(folder, "given.pem"), join(folder, "given-key.pem")];
    const give = async ({ certificate, key }: KeyAndCertificate) => {
      await writeFile(tlsCert, certificate);
      await writeFile(tlsKey, key);
    };
    await give(makeCertificate(authority, names, Date.now()));
    const server = await startSecure({ tls: false, tlsCert, tlsKey }, authority.certificate);
    try {
      const first = await shownBy(server);
      await give(makeCertificate(authority, names, Date.now()));
      vi.advanceTimersByTime(HOUR_MS);
      await expect.poll(() => shownBy(server)).not.toBe(first);
      expect((await server.ask("/readyz")).status).toBe(200);
    } finally {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("makes links that pin its new authority", async () => {
    const server = await startSecure();
    try {
      await rm(server.authority?.file ?? "");
      vi.advanceTimersByTime(HOUR_MS);
      const headers = { authorization: `Bearer ${server.token}` };
      const { ca, made } = await vi.waitFor(async () => {
        const renewed = await readFile(server.authority?.file ?? "", "utf8");
        const asked = { method: "POST" as const, body: { name: "Lab" }, headers };
        return { ca: renewed, made: await answerTo(`${server.url}/api/pools`, asked, renewed) };
      });
      expect(ca).not.toBe(server.ca);
      const read = readJoinLink((JSON.parse(made.text) as { link: string }).link);
      const print = createHash("sha256").update(new X509Certificate(ca).raw).digest("base64url");
      expect(read).toMatchObject({ pin: print });
    } finally {
      await server.close();
    }
  });
});

describe("a certificate of its own that is renewed", () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "idlewave-follow-"));
  });
  afterEach(() => rm(data, { recursive: true, force: true }));

  /** What is warned of when `change` is found, in the folder of the certificate. */
  async function warnedOf(change: (folder: string) => Promise<void>): Promise<string[]> {
    const warned: string[] = [];
    const log = pino({ level: "warn" }, { write: (line: string) => void warned.push((JSON.parse(line) as { msg: string }).msg) });
    const tls = await openTls({ ...DEFAULT_CONFIG, tls: true }, data, log);
    if (!tls) throw new Error("no HTTPS");
    const before = tls.cert;
    await change(join(data, TLS_FOLDER));
    const setSecureContext = vi.fn<(used: { cert: string }) => void>();
    const stop = tls.follow({ setSecureContext });
    vi.advanceTimersByTime(HOUR_MS);
    await expect.poll(() => tls.cert).not.toBe(before);
    stop();
    expect(setSecureContext).toHaveBeenCalledExactlyOnceWith({ cert: tls.cert, key: tls.key });
    return warned;
  }

  it("under the same authority is no news", async () => {
    expect(await warnedOf((folder) => rm(join(folder, "certificate.pem")))).toEqual([]);
  });

  it("under another, because the one before was near its end, is told as that", async () => {
    const old = makeAuthority(namesOf([DEFAULT_CONFIG.host]), Date.now() - 3600 * DAY_MS);
    const warned = await warnedOf(async (folder) => {
      await writeFile(join(folder, "authority.pem"), old.certificate);
      await writeFile(join(folder, "authority-key.pem"), old.key);
    });
    expect(warned).toEqual([expect.stringMatching(/new authority: the one before was near its end, /)]);
  });
});
