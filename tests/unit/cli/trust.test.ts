/** Verbs and a coordinator whose certificate is of its own making: believed by its fingerprint, by the link, or in its own folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createServer } from "node:tls";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namesOf } from "../../../server/access/machine.ts";
import { EXIT } from "../../../server/cli/exit.ts";
import { fingerprintOf } from "../../../server/cli/trust.ts";
import { ROOT } from "../../../server/root.ts";
import { makeAuthority, makeCertificate } from "../../../server/tls/certificate.ts";
import { joinLink } from "../../../shared/pool.ts";
import { type SecureServer, startSecure } from "../tls/secure.ts";

const TIMEOUT = 120_000;
let server: SecureServer;
let folder: string;
let pin: string;
beforeAll(async () => {
  server = await startSecure({ allowSoftware: true });
  pin = fingerprintOf(server.authority?.fingerprint ?? "");
  folder = await mkdtemp(join(tmpdir(), "idlewave-trust-test-"));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** In a process of its own: what is believed is read when one starts. */
async function idlewave(args: string[], env: Record<string, string> = {}, cwd = folder) {
  const child = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], {
    cwd,
    env: { ...process.env, TMPDIR: folder, IDLEWAVE_TOKEN: server.token, ...env },
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  // A machine of continuous integration has lines coloured that no terminal shows.
  return { code, stdout, stderr: stripVTControlCharacters(stderr) };
}

const wrong = (digits: string) => (digits.startsWith("0") ? `1${digits.slice(1)}` : `0${digits.slice(1)}`);

describe("a coordinator's own certificate", () => {
  it(
    "is not believed by itself, and what to do is said",
    async () => {
      const refused = await idlewave(["status", "--url", server.url]);
      expect(refused).toMatchObject({ code: EXIT.failure, stderr: expect.stringContaining("Nobody whom this machine trusts signed") });
      expect(refused.stderr).toContain("--pin or IDLEWAVE_PIN");
      const lends = await idlewave(["donate", "--software", "--home", join(folder, "home"), "--url", server.url]);
      expect(lends).toMatchObject({ code: EXIT.failure, stderr: expect.stringContaining("Nobody whom this machine trusts signed") });
    },
    TIMEOUT,
  );

  it(
    "is believed by its fingerprint, as an option and as a variable, and leaves nothing behind",
    async () => {
      const made = await idlewave(["pool", "new", "Lab", "--json", "--url", server.url, "--pin", pin]);
      expect(made, made.stderr).toMatchObject({ code: EXIT.ok });
      expect(JSON.parse(made.stdout)).toMatchObject({ name: "Lab" });
      const listed = await idlewave(["pool", "list"], { IDLEWAVE_URL: server.url, IDLEWAVE_PIN: pin.toLowerCase().replaceAll(":", "") });
      expect(listed.stdout).toContain("Lab");
      // A failure of the verb is its own, told once.
      const failed = await idlewave(["pool", "members", "99", "--url", server.url, "--pin", pin]);
      expect(failed).toMatchObject({ code: EXIT.failure, stderr: expect.stringMatching(/^✗ There is no pool 99 of yours[^✗]*$/) });
      expect((await readdir(folder)).filter((name) => name.startsWith("idlewave-trust-"))).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    "of another fingerprint ends the verb before anything is sent",
    async () => {
      const refused = await idlewave(["status", "--url", server.url, "--pin", wrong(pin)]);
      expect(refused).toMatchObject({
        code: EXIT.failure,
        stderr: expect.stringContaining("shows another certificate than the one that was pinned"),
      });
      const plain = await idlewave(["status", "--url", "http://127.0.0.1:1", "--pin", pin]);
      expect(plain).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining("shows no certificate") });
      expect(await idlewave(["status", "--url", server.url, "--pin", "short"])).toMatchObject({ code: EXIT.usage });
    },
    TIMEOUT,
  );

  it(
    "is not believed of whoever shows it beside one that it did not sign",
    async () => {
      const names = namesOf([]);
      const { key } = makeAuthority(names, Date.now());
      const forged = makeCertificate({ key, certificate: server.ca }, names, Date.now());
      const impostor = createServer({ key: forged.key, cert: `${forged.certificate}\n${server.ca}` });
      await once(impostor.listen(0, "127.0.0.1"), "listening");
      const url = `https://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
      const refused = await idlewave(["status", "--url", url, "--pin", pin]);
      impostor.close();
      expect(refused).toMatchObject({ code: EXIT.failure, stderr: expect.stringContaining("shows another certificate") });
    },
    TIMEOUT,
  );

  it(
    "is believed by a link to join, whose fingerprint must be right",
    async () => {
      const { id, link } = await server.json<{ id: number; link: string }>("/api/pools", { method: "POST", body: { name: "Class" } });
      const [, secret = "", print = ""] = /#(.*)\.(.*)$/.exec(link) ?? [];
      const donate = (to: string) =>
        idlewave(["donate", "--join", to, "--software", "--home", join(folder, "machine"), "--until-idle", "1"]);
      const spoiled = await donate(joinLink(server.url, secret, `${print[0] === "A" ? "B" : "A"}${print.slice(1)}`));
      expect(spoiled).toMatchObject({ code: EXIT.failure, stderr: expect.stringContaining("another certificate") });
      const joined = await donate(link);
      expect(joined, joined.stderr).toMatchObject({ code: EXIT.ok });
      expect(joined.stderr).toContain(`donate --pool ${id} --url ${server.url} --pin ${server.authority?.fingerprint}`);
      const { members } = await server.json<{ members: unknown[] }>(`/api/pools/${id}/members`);
      expect(members).toHaveLength(1);
    },
    TIMEOUT,
  );

  it(
    "is believed in the folder whose settings say so",
    async () => {
      const settings = { tls: true, port: Number(new URL(server.url).port), data: server.folder };
      await writeFile(join(folder, "idlewave.json"), JSON.stringify(settings));
      const asked = await idlewave(["pool", "list"]);
      expect(asked, asked.stderr).toMatchObject({ code: EXIT.ok });
    },
    TIMEOUT,
  );
});
