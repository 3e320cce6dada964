/** A coordinator process, from its supervisor's side. */
import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Ready, Settings } from "./coordinator.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MAX_STDERR = 20_000;
/** Far beyond the goal of 5 s: the report says how long it took. */
const START_TIMEOUT_MS = 120_000;

const WATCHED_SQLITE: Plugin = {
  name: "watched-sqlite",
  setup(bundler) {
    const watched = join(ROOT, "tests", "chaos", "sqlite.ts");
    bundler.onResolve({ filter: /^@photostructure\/sqlite$/ }, ({ importer }) =>
      importer === watched ? { external: true } : { path: watched },
    );
  },
};

/** Bundles the entry, because a start must take what it takes in production. Resolves with its path and the way to remove it. */
export async function bundle(): Promise<{ entry: string; remove: () => Promise<void> }> {
  const folder = join(ROOT, "dist", `chaos-${process.pid}`);
  const entry = join(folder, "coordinator.mjs");
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, "tests", "chaos", "coordinator.ts")],
    outfile: entry,
    plugins: [WATCHED_SQLITE],
    ...{ bundle: true, packages: "external", platform: "node", target: "node20.19", format: "esm", logLevel: "warning" },
  });
  return { entry, remove: () => rm(folder, { recursive: true, force: true }) };
}

export class Child {
  readonly exited: Promise<string>;
  readonly startedAt = performance.now();
  stderr = "";
  private readonly process: ChildProcess;
  private readonly told: Promise<Ready>;

  /** `wrapper`: a command that runs the process given behind it, as strace does, under the same process id. */
  constructor(entry: string, settings: Settings, wrapper: readonly string[] = []) {
    const [command = process.execPath, ...args] = [...wrapper, process.execPath, entry, JSON.stringify(settings)];
    this.process = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.process.stderr?.on("data", (piece: Buffer) => {
      this.stderr = (this.stderr + piece.toString("utf8")).slice(-MAX_STDERR);
    });
    this.exited = new Promise((resolve) => {
      this.process.once("exit", (code, signal) => resolve(signal ?? `exit ${code}`));
      this.process.once("error", (error) => resolve(error.message));
    });
    this.told = new Promise((resolve) => this.process.once("message", (ready) => resolve(ready as Ready)));
  }

  /** Resolves with where it listens once it answers a request; undefined when it ended before. Rejects after 30 s. */
  async ready(): Promise<(Ready & { seconds: number }) | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the coordinator is not ready: ${this.stderr}`)), START_TIMEOUT_MS);
    });
    const ready = await Promise.race([this.told, this.exited.then(() => undefined), late]).finally(() => clearTimeout(timer));
    if (!ready) return undefined;
    const answered = await fetch(`${ready.url}/api/jobs`).catch(() => undefined);
    if (!answered?.ok) return undefined;
    return { ...ready, seconds: (performance.now() - this.startedAt) / 1000 };
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  setClock(clockMs: number): void {
    if (this.process.connected) this.process.send({ clockMs });
  }

  /** Resolves with how it ended. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<string> {
    this.process.kill(signal);
    return await this.exited;
  }
}
