/** Where the time of a replica goes: V8's profile of the server under the load of C1 and of C2, by file, library and function. */
import { readdir, readFile } from "node:fs/promises";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { C1_LOAD, warmUp } from "./c1.ts";
import { C2_LOAD } from "./c2.ts";
import { submitJob } from "./job.ts";
import { type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const TOP = 25;
const SAMPLE_MICROS = 500;
const JOB_UNITS = 100_000_000;
/** The folder of the bench's own bundle. */
const BUNDLE = new URL(".", import.meta.url).href;

interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
  startTime: number;
}

/** Self time, microseconds, by place (our file, library, `node`) and by function in it. */
export interface SelfTimes {
  places: Map<string, number>;
  functions: Map<string, number>;
}

const LOADS = { C1: C1_LOAD, C2: C2_LOAD };
export type ProfiledGoal = keyof typeof LOADS;
export const PROFILED = Object.keys(LOADS) as ProfiledGoal[];

/** Runs a goal's load on a server of its own under `--cpu-prof`; the figures of the goal itself are taken without. */
export async function profileTable(stage: Stage, goal: ProfiledGoal): Promise<string> {
  return withFolder(stage, "profile", (folder) =>
    withParts(async (parts) => {
      stage.say(`profile: the load of ${goal} under --cpu-prof`);
      const { volunteers, lanes, units } = LOADS[goal];
      const profiles = join(folder, "profiles");
      const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_MICROS}`];
      const server = await startServer(join(folder, "data"), nodeOptions);
      parts.push(() => server.process.stop());
      const job = await submitJob(server, JOB_UNITS);
      const crowd = await startCrowd(server.url, volunteers);
      parts.push(() => crowd.stop());
      const load = { units, job, lanes, millis: scaled(stage, { full: 5000, quick: 4000, tiny: 200 }) };
      await warmUp(stage, server, crowd, { ...load, volunteers });
      const before = await server.process.ask("usage", undefined);
      const { verdicts } = await crowd.ask("rush", load);
      const after = await server.process.ask("usage", undefined);
      await crowd.stop();
      await server.process.stop();
      const names = new Names();
      const times: SelfTimes = { places: new Map(), functions: new Map() };
      for (const file of await readdir(profiles)) {
        const profile = JSON.parse(await readFile(join(profiles, file), "utf8")) as CpuProfile;
        await names.read(profile);
        addSelfTimes(times, profile, before.atMicros, after.atMicros, (frame) => names.of(frame));
      }
      return words(goal, times, verdicts.recorded);
    }),
  );
}

/** Adds the self times of `[from, to)`, microseconds of the profile's clock. Native code counts where it is called from. */
export function addSelfTimes(
  times: SelfTimes,
  profile: CpuProfile,
  from: number,
  to: number,
  nameOf: (frame: CallFrame) => { place: string; name: string } | null,
): void {
  const labels = new Map<number, { place: string; name: string }>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const labelOf = (id: number): { place: string; name: string } => {
    const known = labels.get(id);
    if (known) return known;
    const node = nodes.get(id);
    if (!node) throw new Error(`the profile has no node ${id}`);
    const parent = parents.get(id);
    const native = () => ({ place: parent === undefined ? "" : labelOf(parent).place, name: `${node.callFrame.functionName} (native)` });
    const label = nameOf(node.callFrame) ?? native();
    labels.set(id, label);
    return label;
  };
  let at = profile.startTime;
  for (const [i, id] of profile.samples.entries()) {
    at += profile.timeDeltas[i] ?? 0;
    const lasted = profile.timeDeltas[i + 1] ?? 0;
    if (at < from || at >= to) continue;
    const { place, name } = labelOf(id);
    times.places.set(place, (times.places.get(place) ?? 0) + lasted);
    const key = `${place}\t${name}`;
    times.functions.set(key, (times.functions.get(key) ?? 0) + lasted);
  }
}

const IDLE = "(idle)";

function words(goal: ProfiledGoal, { places, functions }: SelfTimes, replicas: number): string {
  const busy = [...places].reduce((total, [place, micros]) => (place === IDLE ? total : total + micros), 0);
  const row = (micros: number, text: string) =>
    `${(micros / replicas).toFixed(3).padStart(9)} ${((100 * micros) / busy).toFixed(1).padStart(6)} %  ${text}`;
  const ranked = (times: Map<string, number>) => [...times].filter(([name]) => !name.startsWith(IDLE)).sort((a, b) => b[1] - a[1]);
  return [
    `${goal}: where the time of a replica goes: ${replicas} replicas, ${(busy / replicas).toFixed(2)} µs of the server each (by the clock: waiting for the disk is in it), all threads`,
    "",
    "  µs each   share  by file or library, self time",
    ...ranked(places).map(([place, micros]) => row(micros, place)),
    "",
    `  µs each   share  the ${TOP} functions with the most self time`,
    ...ranked(functions)
      .slice(0, TOP)
      .map(([key, micros]) => row(micros, key.replace("\t", "  "))),
    "",
  ].join("\n");
}

/** Names of the bundle's functions by the source they come from. */
class Names {
  private readonly maps = new Map<string, SourceMap>();

  /** Reads the source maps of the bundle's files in the profile. */
  async read(profile: CpuProfile): Promise<void> {
    for (const { callFrame } of profile.nodes) {
      const { url } = callFrame;
      if (this.maps.has(url) || !url.startsWith(BUNDLE)) continue;
      this.maps.set(url, new SourceMap(JSON.parse(await readFile(fileURLToPath(`${url}.map`), "utf8")) as SourceMapPayload));
    }
  }

  /** null: native code, which belongs to its caller. */
  of({ functionName, url, lineNumber, columnNumber }: CallFrame): { place: string; name: string } | null {
    if (functionName.startsWith("(") && url === "") return { place: functionName, name: "" };
    if (url === "") return null;
    const name = functionName || "(anonymous)";
    if (url.startsWith("node:")) return { place: "node", name: `${name} ${url}` };
    const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (library) return { place: library, name };
    const entry = this.maps.get(url)?.findEntry(lineNumber, columnNumber);
    if (!entry || !("originalSource" in entry)) return { place: url.split("/").at(-1) ?? url, name };
    return { place: sourceOf(url, entry.originalSource), name: `${name}:${entry.originalLine + 1}` };
  }
}

function sourceOf(url: string, source: string): string {
  return relative(process.cwd(), fileURLToPath(new URL(source, url)));
}
