/** A volunteer on Dawn: `donate` as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../../server/root.ts";

export interface Told {
  credit: { escrow: number; final: number };
  phase: string;
  publicKey: string;
  units: { submitted: number; final: number; refused: number };
}

export interface DonorProcess {
  process: ChildProcess;
  /** What it has said, line by line, until now. */
  told(): Told[];
  ended: Promise<{ code: number; told: Told[]; stderr: string }>;
  /** To it and the process that it started with the driver, at once. */
  signalAll(name: NodeJS.Signals): void;
}

export function donorProcess(url: string, home: string, ...options: string[]): DonorProcess {
  const args = ["donate", "--url", url, "--home", home, "--software", "--json", ...options];
  const child = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], { detached: true });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].on("data", (part) => (said[name] += String(part)));
  const told = () =>
    said.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Told);
  const ended = new Promise<{ code: number; told: Told[]; stderr: string }>((resolve) => {
    child.once("close", (code) => resolve({ code: code ?? -1, told: told(), stderr: said.stderr }));
  });
  return { process: child, told, ended, signalAll: (name) => process.kill(-(child.pid as number), name) };
}
