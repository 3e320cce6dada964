/** README.md's commands, run by a shell as somebody would who copies them. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
export const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The one block of commands that has `words` in it. */
export function commandsWith(words: string): string {
  const blocks = [...README.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text ?? "").filter((text) => text.includes(words));
  const [block] = blocks;
  if (blocks.length !== 1 || block === undefined) throw new Error(`${blocks.length} blocks have ${words}`);
  return block;
}

/**
 * Runs `commands` in `folder`/net, which has the gallery, with the command line as it is built; whatever fails ends them. What
 * stands as PASTE_YOURS comes from `env`. Resolves with all that was said.
 */
export async function runCommands(
  commands: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<{ code: number | null; said: string }> {
  const [bin, cwd] = [join(folder, "bin"), join(folder, "net")];
  for (const made of [bin, cwd]) mkdirSync(made, { recursive: true });
  symlinkSync(join(ROOT, "shaders"), join(cwd, "shaders"));
  // npx would look for the package in this folder.
  writeFileSync(join(bin, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(ROOT, "scripts", "idlewave.mjs")}" "$@"\n`);
  chmodSync(join(bin, "npx"), 0o755);
  const script = commands.replaceAll("PASTE_YOURS", env.IDLEWAVE_TOKEN ?? "");
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  const child = spawn("sh", ["-e", "-c", script], { cwd, env: { ...process.env, ...env, PATH: path }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((ended) => child.once("close", ended));
  return { code, said };
}
