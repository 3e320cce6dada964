/** What a goal is measured on: a folder of its own, servers on one core, volunteers on the other. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Child, CLIENT_CORE, SERVER_CORE } from "./child.ts";
import type { CrowdVerbs } from "./crowd.ts";
import type { Owner } from "./job.ts";
import type { ServerVerbs } from "./server.ts";

/** How much is measured: everything, in a minute or two, or so little that only the shape means something. */
export type Scale = "full" | "quick" | "tiny";

export interface Stage {
  folder: string;
  scale: Scale;
  /** A line about what is being done. */
  say(line: string): void;
}

/** The value of the stage's scale. */
export function scaled<T>(stage: Pick<Stage, "scale">, values: Record<Scale, T>): T {
  return values[stage.scale];
}

/** A B pairs: at least five, but when a tiny stage only tries the parts. */
export function pairsOf(stage: Pick<Stage, "scale">): number {
  return scaled(stage, { full: 7, quick: 5, tiny: 1 });
}

/** Runs `measure` with a folder on the stage's disk that is removed afterwards. */
export async function withFolder<T>(stage: Stage, name: string, measure: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(stage.folder, name);
  await mkdir(folder, { recursive: true });
  try {
    return await measure(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface Server extends Owner {
  process: Child<ServerVerbs>;
}

/** The coordinator on `data`. `known`: the administrator's token when the folder is not new. */
export async function startServer(data: string, nodeOptions: readonly string[] = [], known = ""): Promise<Server> {
  const process = await Child.start<ServerVerbs>("server", { core: SERVER_CORE, input: { data }, nodeOptions });
  const { url, adminToken } = await process.ask("address", undefined);
  return { url, token: adminToken || known, process };
}

/** Volunteers in a process of their own, connected. `first`: the number of the first of them. */
export async function startCrowd(url: string, count: number, first = 1): Promise<Child<CrowdVerbs>> {
  const crowd = await Child.start<CrowdVerbs>("crowd", { core: CLIENT_CORE });
  try {
    await crowd.ask("join", { url, count, first });
  } catch (error) {
    await crowd.kill();
    throw error;
  }
  return crowd;
}

/** Runs `measure` and closes what it has opened, last first, whatever happens. */
export async function withParts<T>(measure: (parts: { push(close: () => Promise<void>): void }) => Promise<T>): Promise<T> {
  const closing: (() => Promise<void>)[] = [];
  try {
    return await measure(closing);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
