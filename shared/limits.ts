/**
 * The limits of WebGPU that a job may require, each with the steps in which a host tells it: the first is the default that
 * every adapter has, the last the most that Chrome's tiers offer on common hardware. Exact limits would tell hosts apart.
 */
const STEPS = {
  maxBindGroups: [4],
  maxBindingsPerBindGroup: [1000],
  maxBufferSize: [268_435_456, 1_073_741_824, 4_294_967_296],
  maxComputeInvocationsPerWorkgroup: [256, 1024],
  maxComputeWorkgroupSizeX: [256, 1024],
  maxComputeWorkgroupSizeY: [256, 1024],
  maxComputeWorkgroupSizeZ: [64],
  maxComputeWorkgroupStorageSize: [16_384, 32_768, 65_536],
  maxComputeWorkgroupsPerDimension: [65_535],
  maxStorageBufferBindingSize: [134_217_728, 1_073_741_824, 2_147_483_644],
  maxStorageBuffersPerShaderStage: [8, 10, 16],
  maxUniformBufferBindingSize: [65_536],
  maxUniformBuffersPerShaderStage: [12],
} as const satisfies Record<string, readonly [number, ...number[]]>;
const BY_NAME: ReadonlyMap<string, readonly [number, ...number[]]> = new Map(Object.entries(STEPS));

export const JOB_LIMITS: readonly string[] = [...BY_NAME.keys()];

/** What every adapter has, and the most that a job may ask for; undefined for what is no such limit. */
export function limitRange(name: string): { default: number; most: number } | undefined {
  const steps = BY_NAME.get(name);
  return steps && { default: steps[0], most: steps.at(-1) ?? steps[0] };
}

/** The highest step of each limit that the adapter reaches, above the defaults: no job has to require those. */
export function coarseLimits(limits: Readonly<Record<keyof typeof STEPS, number>>): Record<string, number> {
  const told: Record<string, number> = {};
  const has: Readonly<Record<string, number>> = limits;
  for (const [name, [least, ...higher]] of BY_NAME) {
    const reached = higher.findLast((step) => step <= (has[name] ?? least));
    if (reached !== undefined) told[name] = reached;
  }
  return told;
}
