/** What a job requires of a host, and what of it nobody who is connected has. */
import type { HostFacts, JobSpec } from "./events.ts";

type Requires = JobSpec["requires"];
type Abilities = Pick<HostFacts, "features" | "limits">;

/** The host has every feature, and every limit at least as good as asked for. */
export function meets({ features, limits }: Requires, host: Abilities): boolean {
  return features.every((feature) => host.features.includes(feature)) && Object.entries(limits).every((need) => reaches(host, need));
}

/**
 * Why no host of these can run the job, as words for its status, or "" when one can or when there is no host at all. Needs that
 * nobody meets are named, in the manifest's order; when each is met by somebody, that no one meets them together.
 */
export function unmetNeeds(requires: Requires, hosts: Iterable<Abilities>): string {
  const connected = [...hosts];
  if (connected.length === 0 || connected.some((host) => meets(requires, host))) return "";
  const unmet = [
    ...requires.features.filter((name) => !connected.some((host) => host.features.includes(name))).map((name) => `the feature ${name}`),
    ...Object.entries(requires.limits)
      .filter((need) => !connected.some((host) => reaches(host, need)))
      .map(([name, needed]) => `${name} ${isLessBetter(name) ? "<=" : ">="} ${needed}`),
  ];
  return unmet.length > 0
    ? `no connected volunteer has ${unmet.join(" or ")}`
    : "no connected volunteer has all the features and limits that the job requires";
}

function reaches(host: Abilities, [name, needed]: [name: string, needed: number]): boolean {
  const has = host.limits[name];
  if (has === undefined) return false;
  return isLessBetter(name) ? has <= needed : has >= needed;
}

/** WebGPU's alignment limits are the ones where less is better. */
function isLessBetter(limit: string): boolean {
  return limit.startsWith("min");
}
