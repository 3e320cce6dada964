/** Redis as BullMQ's server, every write on disk before it is answered. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis as Client } from "ioredis";
import { pinned, SERVER_CORE } from "./child.ts";

const START_MS = 10_000;
export const REDIS_SETTINGS = "appendonly yes, appendfsync always, save off, default otherwise";

/** Its version, or null where there is none. */
export function redisVersion(): string | null {
  const found = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  return found.status === 0 ? (/v=([\d.]+)/.exec(found.stdout)?.[1] ?? "unknown") : null;
}

export class Redis {
  readonly port: number;
  private readonly child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.child = child;
  }

  /** Resolves when it answers. Rejects when it does not in 10 s. */
  static async start(folder: string): Promise<Redis> {
    const dir = join(folder, "redis");
    await mkdir(dir, { recursive: true });
    const port = await freePort();
    const settings = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"];
    const args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", dir, ...settings];
    const child = spawn(...pinned(SERVER_CORE, "redis-server", args), { stdio: "ignore" });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end); // it must not outlive a bench that is broken off
    const client = new Client({ host: "127.0.0.1", port, retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on("error", () => undefined); // it refuses connections until it listens
    const answered = client.ping();
    const late = sleep(START_MS, undefined, { ref: false }).then(() => {
      throw new Error("redis-server does not answer");
    });
    try {
      await Promise.race([answered, late]);
    } catch (error) {
      end();
      throw error;
    } finally {
      client.disconnect();
    }
    return new Redis(port, child);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}
