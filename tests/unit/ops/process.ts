/** The coordinator as an operator runs it: a process of its own, stopped by signals. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../../scripts/idlewave.mjs", import.meta.url));

export interface Served {
  url: string;
  /** Of the first start. */
  token: string;
  process: ChildProcess;
  /** What it logged so far, a line each. */
  logged: string[];
  /** Exit code and signal, once it has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Rejects with what it said when it ends before it listens. */
export async function serve(data: string, env: Record<string, string> = {}): Promise<Served> {
  const process_ = spawn(process.execPath, [COMMAND, "serve", "--json", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, IDLEWAVE_PORT: "0", IDLEWAVE_LOG_FORMAT: "json", ...env },
  });
  const logged: string[] = [];
  createInterface({ input: process_.stderr }).on("line", (line) => logged.push(line));
  const ended = once(process_, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  const said = await Promise.race([once(createInterface({ input: process_.stdout }), "line"), ended]);
  if (!Array.isArray(said)) throw new Error(`it ended: ${JSON.stringify(said)} ${logged.join("\n")}`);
  const { url, token } = JSON.parse(said[0] as string) as { url?: string; token: string | null };
  if (!url) throw new Error(`it said ${said[0]}`);
  return { url, token: token ?? "", process: process_, logged, ended };
}
