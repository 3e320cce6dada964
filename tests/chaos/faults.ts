/** What is done to the coordinator, a fault a cycle. Each ends with a process that is gone. What needs strace or a mount stands apart. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import type { Settings } from "./coordinator.ts";
import type { Kind } from "./jobs.ts";
import type { Point } from "./points.ts";
import type { Random } from "./random.ts";

const HOUR_MS = 3_600_000;
/** A kill comes a random moment after so many acknowledgements at most: a slow machine gets as far as a fast one. */
const WORK = 60;
const MOMENT_MS = 60;
/** A named point is waited for this long. */
const POINT_MS = 30_000;
/** A coordinator on a full disk may go on without getting anywhere. */
const FULL_MS = 8_000;
const DRAIN_MS = 15_000;

export interface Fault {
  name: string;
  /** What the process is started with. */
  start: (random: Random) => Partial<Settings>;
  /** Work of this kind must be there, so that the point is reached. */
  needs?: Kind;
  /** A folder that was never used: its migrations run. */
  empty?: true;
  /** Volunteers beyond the campaign's that connect in the same moment. */
  herd?: number;
  /** strace's further options: what it injects. */
  inject?: (random: Random) => string[];
  /** The power is cut, and work goes on with what is left. */
  cut?: true;
  /** On a file system with so much room left, bytes. */
  room?: (random: Random) => number;
  /** The process may end by itself, or never be ready. */
  starting?: true;
  /** Resolves when the process is gone; with a sentence when the fault did not happen as meant. */
  strike: (child: Child, scene: Scene) => Promise<string | undefined>;
}

export interface Scene {
  random: Random;
  /** Resolves after so many further acknowledgements, or once it has `ended`; rejects when they do not come. */
  worked: (acknowledgements: number, ended?: Promise<unknown>) => Promise<void>;
}

const plain = () => ({});

async function killSoon(child: Child, scene: Scene): Promise<undefined> {
  await someWork(scene);
  await child.kill();
}

async function someWork({ random, worked }: Scene): Promise<void> {
  await worked(random(WORK));
  await sleep(random(MOMENT_MS));
}

function atPoint(point: Point, hits: number, needs?: Kind): Fault {
  return {
    name: `kill ${point}`,
    ...(needs ? { needs } : {}),
    start: (random) => ({ point: { name: point, hit: 1 + random(hits) } }),
    starting: true,
    strike: (child) => awaitPoint(child, point),
  };
}

/** It may stop by itself: memory is ahead of disk. */
async function untilItEnds(child: Child, { worked }: Scene): Promise<undefined> {
  await worked(6 * WORK, child.exited);
  await child.kill();
}

/** The call that fails, counted from the start, which makes some dozen syncs itself; a sync comes with several writes. */
const laterSync = (random: Random) => 12 + random(24);
const laterWrite = (random: Random) => 40 + random(120);

export const INJECTIONS: readonly Fault[] = [
  { name: "power cut", start: plain, inject: () => [], cut: true, strike: killSoon },
  {
    name: "power cut in the last write, torn",
    start: plain,
    inject: (random) => ["-e", `inject=fsync,fdatasync:signal=SIGKILL:when=${laterSync(random)}`],
    cut: true,
    starting: true,
    strike: untilItEnds,
  },
  ...(["fsync,fdatasync:error=EIO", "pwrite64:error=EIO", "pwrite64:error=ENOSPC"] as const).map((what): Fault => {
    const inject = (random: Random) => ["-e", `inject=${what}:when=${what.startsWith("fsync") ? laterSync(random) : laterWrite(random)}`];
    return { name: `strace ${what}`, start: plain, inject, starting: true, strike: untilItEnds };
  }),
];

/** On a small tmpfs: what the coordinator takes, it keeps; the rest it refuses, or it stops. */
export const DISK_FULL: Fault = {
  name: "disk full (tmpfs)",
  start: plain,
  room: (random) => 64 * 1024 + random(512 * 1024),
  starting: true,
  strike: async (child, { worked }) => {
    await within(FULL_MS, worked(6 * WORK, child.exited));
    await child.kill();
    return undefined;
  },
};

/** What comes of it, or undefined when nothing did in time; no timer is left behind. */
async function within<T>(millis: number, awaited: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([awaited, sleep(millis, undefined, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

async function awaitPoint(child: Child, point: string): Promise<string | undefined> {
  const ended = await within(POINT_MS, child.exited);
  if (ended === "SIGKILL") return undefined;
  await child.kill();
  return ended ? `it ended by ${ended} instead: ${child.stderr}` : `${point} was not reached`;
}

export const KILLS: readonly Fault[] = [
  { name: "kill at random", start: plain, strike: killSoon },
  atPoint("before-begin", 40),
  atPoint("before-commit", 40),
  atPoint("after-commit", 40),
  {
    name: "kill while it starts",
    start: plain,
    starting: true,
    strike: async (child, { random }) => {
      await sleep(random(1500));
      await child.kill();
      return undefined;
    },
  },
  { ...atPoint("in-blob", 30, "put"), name: "kill in the middle of a PUT" },
  { ...atPoint("after-rename", 12, "put"), name: "kill between a blob's rename and its commit" },
  { ...atPoint("before-rename", 12, "put"), name: "kill before a blob's rename" },
  { ...atPoint("in-migration", 2), name: "kill in a migration", empty: true },
  { ...atPoint("after-migration", 2), name: "kill between two migrations", empty: true },
  {
    name: "kill while it drains",
    start: plain,
    strike: async (child, scene) => {
      await someWork(scene);
      const ended = child.kill("SIGTERM");
      await sleep(scene.random(30));
      await child.kill();
      await ended;
      return undefined;
    },
  },
  {
    name: "drain by SIGTERM",
    start: plain,
    strike: async (child, scene) => {
      await someWork(scene);
      const ended = (await within(DRAIN_MS, child.kill("SIGTERM"))) ?? `nothing in ${DRAIN_MS / 1000} s`;
      if (ended === "exit 0") return undefined;
      await child.kill();
      return `it ended by ${ended}: ${child.stderr}`;
    },
  },
  {
    name: "clock an hour forwards, then back",
    start: plain,
    strike: async (child, scene) => {
      for (const clockMs of [HOUR_MS, 0, -HOUR_MS]) {
        await someWork(scene);
        child.setClock(clockMs);
      }
      return await killSoon(child, scene);
    },
  },
  { name: "clock an hour behind from the start", start: () => ({ clockMs: -HOUR_MS }), strike: killSoon },
  { name: "herd of reconnecting volunteers", start: plain, herd: 100, strike: killSoon },
];
