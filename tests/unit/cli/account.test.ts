/** `account`: a key in a file or as words, and this machine as a device of it at a real coordinator. */
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unseal } from "../../../shared/account/sealed.ts";
import { wordsOf } from "../../../shared/account/words.ts";
import type { DeviceInfo } from "../../../shared/protocol.ts";
import { startServer, type TestServer } from "../http/server.ts";
import { idlewave, type Ran } from "./run.ts";

const PASSPHRASE = "correct horse battery";
const OPEN = { IDLEWAVE_PASSPHRASE: PASSPHRASE };
const TIMEOUT = 60_000;

let folder: string;
let server: TestServer;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-account-"));
  server = await startServer();
  file = join(folder, "account.jwe");
  expect(await idlewave(["account", "new", file], OPEN)).toMatchObject({ code: 0 });
}, TIMEOUT);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (home: string, ...args: string[]) =>
  idlewave(["account", ...args, "--home", join(folder, home), "--url", server.url, "--json"], OPEN);
const said = <T>({ stdout }: Ran) => JSON.parse(stdout) as T;
const devices = async (home: string) => said<{ devices: DeviceInfo[] }>(await at(home, "devices")).devices;

async function seedIn(path: string): Promise<Uint8Array> {
  const opened = await unseal(await readFile(path, "utf8"), PASSPHRASE);
  if (!("seed" in opened)) throw new Error(opened.fault);
  return opened.seed;
}

async function withStdin<T>(text: string, act: () => Promise<T>): Promise<T> {
  const was = Object.getOwnPropertyDescriptor(process, "stdin");
  Object.defineProperty(process, "stdin", { value: Readable.from([Buffer.from(text)]), configurable: true });
  try {
    return await act();
  } finally {
    if (was) Object.defineProperty(process, "stdin", was);
  }
}

describe("the key of an account", () => {
  it("is in a file that its owner alone may read, and that is never written over", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const before = await readFile(file, "utf8");
    expect(await idlewave(["account", "new", file], OPEN)).toMatchObject({ code: 1, stderr: expect.stringContaining("already") });
    expect(await readFile(file, "utf8")).toBe(before);
  });

  it("is shown as words, from which the file is made anew", async () => {
    const words = said<{ words: string[] }>(await idlewave(["account", "words", file, "--json"], OPEN)).words;
    expect(words).toEqual(wordsOf(await seedIn(file)));
    const { stdout } = await idlewave(["account", "words", file], OPEN);
    for (const word of words) expect(stdout).toContain(word);
    const again = join(folder, "again.jwe");
    const restored = await withStdin(words.join("\n"), () => idlewave(["account", "restore", again], OPEN));
    expect(restored).toMatchObject({ code: 0 });
    expect(await seedIn(again)).toEqual(await seedIn(file));
    const wrong = await withStdin(words.with(2, "idlewave").join(" "), () =>
      idlewave(["account", "restore", join(folder, "no.jwe")], OPEN),
    );
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("Word 3, idlewave, is none of the list") });
  });

  it("opens with its passphrase alone, and takes none that is short", async () => {
    const other = { IDLEWAVE_PASSPHRASE: "another passphrase" };
    expect(await idlewave(["account", "words", file], other)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("does not open"),
    });
    const short = await idlewave(["account", "new", join(folder, "short.jwe")], { IDLEWAVE_PASSPHRASE: "short" });
    expect(short).toMatchObject({ code: 2, stderr: expect.stringContaining("shorter than 10") });
    await expect(stat(join(folder, "short.jwe"))).rejects.toThrow();
    expect(await idlewave(["account", "words", join(folder, "none.jwe")], OPEN)).toMatchObject({ code: 1 });
  });
});

describe("this machine", () => {
  it(
    "becomes a device of the account, sees the others, and takes one off",
    async () => {
      expect(await devices("one")).toEqual([]);
      expect(said(await at("one", "link", file, "--name", "desk"))).toMatchObject({ linked: "desk", credit: { final: 0 } });
      expect(await at("two", "link", file, "--name", "lap\u0007top")).toMatchObject({ code: 0 });
      const both = await devices("one");
      expect(both).toMatchObject([
        { name: "desk", isThis: true, isConnected: true },
        { isThis: false, isConnected: false, isRevoked: false },
      ]);
      const other = both[1]?.device.slice(0, 12) ?? "";
      expect(said(await at("one", "pause", other))).toMatchObject({ wish: { turn: 1, paused: true, share: 90 } });
      expect(said(await at("two", "limit", other, "--intensity", "25"))).toMatchObject({ wish: { turn: 2, paused: true, share: 25 } });
      const told = await idlewave(["account", "devices", "--home", join(folder, "one"), "--url", server.url]);
      expect(told.stdout).toMatch(/not connected, paused, at most 25 %/);
      expect(said(await at("one", "resume", other))).toMatchObject({ wish: { turn: 3, paused: false, share: 25 } });
      expect(await at("one", "limit", other, "--intensity", "30")).toMatchObject({ code: 2 });
      expect(await at("one", "pause", "ffff")).toMatchObject({ code: 2 });
      expect(both[1]?.name).not.toContain("\u0007");
      const { stdout } = await idlewave(["account", "devices", "--home", join(folder, "one"), "--url", server.url]);
      expect(stdout).toMatch(/desk +connected, this machine/);
      const lost = both[1]?.device ?? "";
      expect(await at("one", "remove", "ffff", file)).toMatchObject({ code: 2 });
      expect(said(await at("one", "remove", lost.slice(0, 12), file))).toEqual({ removed: lost });
      expect((await devices("one")).map(({ isRevoked }) => isRevoked)).toEqual([false, true]);
      expect(await at("two", "devices")).toMatchObject({ code: 1, stdout: expect.stringContaining("taken off its account") });
    },
    TIMEOUT,
  );

  it(
    "is forgotten alone, and with the account's file all of the account, once somebody says so",
    async () => {
      const three = join(folder, "three.jwe");
      expect(await idlewave(["account", "new", three], OPEN)).toMatchObject({ code: 0 });
      for (const home of ["five", "six", "seven"]) expect(await at(home, "link", three)).toMatchObject({ code: 0 });
      expect(await at("five", "forget")).toMatchObject({ code: 2, stdout: expect.stringContaining("Nothing was done") });
      expect(said(await at("five", "forget", "--yes"))).toEqual({ forgotten: "device" });
      await expect(stat(join(folder, "five", "identity.json"))).rejects.toThrow();
      expect(await devices("six")).toHaveLength(2);
      expect(await at("six", "forget", file, "--yes")).toMatchObject({ code: 1, stdout: expect.stringContaining("not this account's") });
      expect(await devices("seven")).toHaveLength(2);
      expect(said(await at("six", "forget", three, "--yes"))).toEqual({ forgotten: "account" });
      expect(await devices("seven")).toEqual([]);
      expect(await at("five", "forget", "--yes")).toMatchObject({ code: 1, stdout: expect.stringContaining("has no key") });
    },
    TIMEOUT,
  );

  it("is told what the coordinator says", async () => {
    const other = join(folder, "other.jwe");
    expect(await idlewave(["account", "new", other], OPEN)).toMatchObject({ code: 0 });
    expect(await at("one", "link", other)).toMatchObject({ code: 1, stdout: expect.stringContaining("another account's already") });
  });
});
