/**
 * The key of a donor without a browser, a file: `{"idlewave":"identity/1","seed":"<64 hexadecimal digits>"}`, the seed of an
 * Ed25519 key (RFC 8032). Whoever has it has the account.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { exactBytes, fromHex, toHex } from "../../shared/bytes.ts";
import type { Identity } from "../donor/identity.ts";

const FORMAT = "identity/1";
const SEED = /^[0-9a-f]{64}$/;

/** The identity in the file at `path`, made when there is none. Rejects when the file is something else. */
export async function fileIdentity(path: string): Promise<Identity> {
  const seed = await seedOf(path);
  return {
    publicKey: exactBytes(ed25519.getPublicKey(seed)),
    sign: async (message) => exactBytes(ed25519.sign(message, seed)),
  };
}

async function seedOf(path: string): Promise<Uint8Array> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  // An empty file is what a power cut may leave of one that was never used.
  if (text === undefined || text.trim() === "") return await makeSeed(path);
  const { idlewave, seed } = parsed(text);
  if (idlewave !== FORMAT || typeof seed !== "string" || !SEED.test(seed))
    throw new Error(
      `${path} is no identity: it must be {"idlewave":"${FORMAT}","seed":"64 hexadecimal digits"}. Put it right, or move it away to begin with a new key.`,
    );
  return fromHex(seed);
}

/** On disk before it is used: credit under a key that is lost is lost. */
async function makeSeed(path: string): Promise<Uint8Array> {
  const seed = randomBytes(32);
  const made = `${path}.new`;
  await synced(made, "w", async (file) => file.writeFile(`${JSON.stringify({ idlewave: FORMAT, seed: toHex(seed) })}\n`));
  await rename(made, path);
  await synced(dirname(path), "r");
  return seed;
}

async function synced(path: string, flags: string, write: (file: FileHandle) => Promise<void> = async () => undefined): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parsed(text: string): { idlewave?: unknown; seed?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
