/** Runs the command line from its sources, as a process of its own. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../../server/cli/idlewave.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function idlewave(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const { IDLEWAVE_URL: _url, IDLEWAVE_TOKEN: _token, ...inherited } = process.env;
    const child = spawn(process.execPath, ["--import", "tsx", ENTRY, ...args], {
      cwd: ROOT,
      env: { ...inherited, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ran: Ran = { code: null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      ran.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      ran.stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...ran, code }));
  });
}
