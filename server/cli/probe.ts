/**
 * Whether this machine has a GPU, asked in a process of its own: Dawn and the drivers that it tries write to that one's stderr what
 * they lack, which is told in one sentence where there is none at all.
 */
import { spawn } from "node:child_process";
import { ROOT } from "../root.ts";
import { hasSoftwareDriver, noGpu } from "./software.ts";

const FOUND = 0;
const NONE = 9;
const QUESTION = `import { create } from "webgpu";
const adapter = await create([]).requestAdapter();
process.exit(adapter ? ${FOUND} : ${NONE});`;
/** A driver that does not answer by then is asked by the caller itself, ms. */
const ANSWERS_WITHIN_MS = 20_000;
/** So much of what the drivers say is kept. */
const MAX_SAID_CHARACTERS = 10_000;

/** Throws `CliError` (no-gpu) where there is none. Says nothing where the process could not find out: the caller will. */
export async function needGpu(command: readonly string[] = [process.execPath, "--input-type=module", "--eval", QUESTION]): Promise<void> {
  if (hasSoftwareDriver()) return;
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"], timeout: ANSWERS_WITHIN_MS });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + String(chunk)).slice(0, MAX_SAID_CHARACTERS);
  });
  const code = await new Promise<number | null>((done) => {
    child.once("error", () => done(null));
    child.once("close", done);
  });
  if (code === NONE) throw noGpu(reasonsIn(said));
}

/** `Vulkan … required.` of each "Warning: Vulkan … required." and "Error: …", without the places in Dawn's code below it. */
function reasonsIn(said: string): string[] {
  const reasons = said.split("\n").flatMap((line) => /^(?:Warning|Error): (.+)/.exec(line.trim())?.[1] ?? []);
  return [...new Set(reasons)];
}
