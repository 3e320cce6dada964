/** What a job needs of a GPU: pipeline constants, features, and limits above WebGPU's defaults. */
import { withConstants } from "../../shared/kernel/constants.ts";
import { languageNeeds } from "../../shared/kernel/language.ts";
import { list } from "../../shared/kernel/path.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import { type Reflection, reflectWorkgroup } from "../../shared/kernel/reflect.ts";
import { LANGUAGE_FEATURES } from "../../shared/language-features.ts";
import { JOB_LIMITS, limitRange } from "../../shared/limits.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, JobPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import { nearest, suggest } from "./nearest.ts";
import type { Need } from "./package.ts";
import { placed } from "./placed.ts";

const SMALLER_WORKGROUP =
  "make @workgroup_size smaller and the passes' workgroups more. Every GPU takes 256 invocations, in at most 256 x 256 x 64; some take 1024, in at most 1024 x 1024 x 64, and they alone get the job then";

/** `what`: what makes it smaller. */
const forAll = (what: string): string =>
  ` Every host gets one of at most 256 invocations, in at most 256 x 256 x 64: make ${what} smaller and the workgroups more.`;

/** What to mend where a workgroup is too large. */
const MENDS: Readonly<Record<string, string>> = {
  maxComputeInvocationsPerWorkgroup: SMALLER_WORKGROUP,
  maxComputeWorkgroupSizeX: SMALLER_WORKGROUP,
  maxComputeWorkgroupSizeY: SMALLER_WORKGROUP,
  maxComputeWorkgroupSizeZ: SMALLER_WORKGROUP,
};

/** How a kernel gets by without a language feature. */
const WITHOUT: Readonly<Record<string, string>> = {
  uniform_buffer_standard_layout:
    " Every browser takes a uniform whose arrays have elements of 16 bytes, vec4 say, and whose arrays and structs begin at multiples of 16; or make it var<storage, read>.",
};

/** Overrides that are tried for whether a workgroup's size is theirs: each reads the kernel again. */
const MAX_TRIED = 8;

const FEATURE_OF: Record<string, string> = { f16: "shader-f16", subgroups: "subgroups" };

interface Needs {
  /** Of the limits only those above the defaults. */
  requires: JobPlan["requires"];
  needs: Need[];
}

/** Pipeline constants by the key WebGPU wants: the `@id` where there is one, else the name. */
export function readOverrides(
  manifest: Manifest,
  kernel: Kernel,
  reflection: Reflection,
  entryPoints: readonly string[],
  faults: Faults,
): Record<string, number> {
  const values: Record<string, number> = {};
  const names = reflection.overrides.map((override) => override.name);
  const used = new Set(entryPoints.flatMap((name) => [...(reflection.entryPoints.get(name)?.overrides ?? [])]));
  const { hidden } = reflection;
  const meant = new Set<string>();
  for (const [key, given] of Object.entries(manifest.overrides ?? {})) {
    const path = ["overrides", key];
    const override = reflection.overrides.find((candidate) => candidate.name === key || String(candidate.id) === key);
    if (!override) {
      const near = nearest(key, names);
      if (near !== undefined) meant.add(near);
      if (hidden.has(key)) continue;
      const there = names.length === 0 ? "The kernel declares none: remove it." : `It has ${list(names)}.`;
      faults.named(path, `The kernel has no override ${key}.`, suggest(key, names, there));
      continue;
    }
    const value = Number(given);
    const wrong = misfit(override.type, given);
    if (wrong) faults.at(path, `${override.name} is ${override.type}, the value is ${given}.`, wrong);
    const webgpuKey = override.id === undefined ? override.name : String(override.id);
    if (values[webgpuKey] !== undefined) faults.at(path, `${override.name} has two values.`, "Give it by name or by @id, not by both.");
    values[webgpuKey] = value;
  }
  for (const override of reflection.overrides) {
    const key = override.id === undefined ? override.name : String(override.id);
    if (override.hasDefault || !used.has(override.name) || values[key] !== undefined || meant.has(override.name)) continue;
    if (faults.holes.covers(["overrides"])) continue;
    const right = `Add "overrides": {"${override.name}": …} to job.json, or a default to the kernel.`;
    faults.add({ ...kernel.placeOf(override.offset), wrong: `override ${override.name} has no value.`, right });
  }
  return values;
}

function misfit(type: string, given: number | boolean): string | undefined {
  if (type === "bool") return typeof given === "boolean" || given === 0 || given === 1 ? undefined : "Write true or false.";
  if (typeof given === "boolean") return type === "unknown" ? undefined : "Write a number.";
  if ((type === "u32" || type === "i32") && !Number.isInteger(given)) return "Write a whole number.";
  if (type === "u32" && !(Number.isInteger(given) && given >= 0 && given <= 0xffff_ffff)) return "u32 holds 0 to 4294967295.";
  if (type === "i32" && !(Number.isInteger(given) && Math.abs(given + 0.5) <= 2 ** 31)) return "i32 holds -2147483648 to 2147483647.";
  if (type === "f32" && !Number.isFinite(Math.fround(given))) return "f32 holds up to 3.4e38.";
  if (type === "f16" && Math.abs(given) > 65_504) return "f16 holds -65504 to 65504.";
  return undefined;
}

export type Workgroups = ReadonlyMap<string, ReturnType<typeof reflectWorkgroup>>;

/** Size and memory of each entry point's workgroup, as far as they can be evaluated. */
export function readWorkgroups(kernel: Kernel, entryPoints: readonly string[], overrides: Record<string, number>): Workgroups {
  const constant = withConstants(kernel, overrides);
  return new Map(constant ? entryPoints.map((name) => [name, reflectWorkgroup(constant, name)]) : []);
}

/** The manifest's overrides without which the entry point's workgroup has another size. */
function sizedBy(
  manifest: Manifest,
  kernel: Kernel,
  { overrides: declared, entryPoints }: Reflection,
  overrides: Record<string, number>,
  entryPoint: string,
  size: readonly number[] | undefined,
): string[] {
  const used = Object.keys(manifest.overrides ?? {}).filter((key) => {
    const override = declared.find((candidate) => candidate.name === key || String(candidate.id) === key);
    return override && entryPoints.get(entryPoint)?.overrides.has(override.name);
  });
  return used.slice(0, MAX_TRIED).filter((key) => {
    const override = declared.find((candidate) => candidate.name === key || String(candidate.id) === key);
    const { [String(override?.id ?? override?.name)]: value, ...rest } = overrides;
    // Without a value that it must have the size could not be evaluated at all.
    if (override && !override.hasDefault) rest[String(override.id ?? override.name)] = value === 1 ? 2 : 1;
    return String(readWorkgroups(kernel, [entryPoint], rest).get(entryPoint)?.size) !== String(size);
  });
}

/** Features and limits that the job needs; what no GPU offers is a fault. */
export function readNeeds(
  manifest: Manifest,
  kernel: Kernel,
  reflection: Reflection,
  entryPoints: readonly string[],
  overrides: Record<string, number>,
  workgroups: Workgroups,
  buffers: readonly BufferPlan[],
  faults: Faults,
): Needs {
  const features = new Set<string>(manifest.requires?.features ?? []);
  const needs: Need[] = [];
  for (const { name, offset } of reflection.enables) {
    const feature = FEATURE_OF[name];
    if (feature) {
      if (!features.has(feature)) {
        needs.push({ what: feature, who: placed(kernel, offset) });
        faults.warn(`${placed(kernel, offset)} needs ${feature}, which not every GPU has: only hosts that have it get this job.`);
      }
      features.add(feature);
    } else faults.add({ ...kernel.placeOf(offset), wrong: `enable ${name} is not supported.`, right: "Only f16 and subgroups are." });
  }
  for (const { name, offset } of languageNeeds(kernel)) {
    if (!LANGUAGE_FEATURES.includes(name)) {
      const right = suggest(name, LANGUAGE_FEATURES, `Only ${list(LANGUAGE_FEATURES)} are.`);
      faults.add({ ...kernel.placeOf(offset), wrong: `requires ${name} is not supported.`, right });
      continue;
    }
    if (!features.has(name)) {
      needs.push({ what: name, who: placed(kernel, offset) });
      faults.warn(
        `${placed(kernel, offset)} needs ${name} of WGSL, which not every browser has: only hosts whose browser has it get this job.${WITHOUT[name] ?? ""}`,
      );
    }
    features.add(name);
  }
  const limits: Record<string, number> = {};
  const asked: Readonly<Record<string, number>> = manifest.requires?.limits ?? {};
  /** True where the job now needs more than WebGPU's default and does not ask for it itself. */
  const raise = (limit: string, value: number, tell: (wrong: string, right: string) => void, what: string): boolean => {
    const known = limitRange(limit);
    if (!known || value <= known.default) return false;
    if (value > known.most) {
      tell(
        `${what}: ${limit} would have to be ${value}.`,
        `No GPU is expected to offer more than ${known.most}: ${MENDS[limit] ?? "ask for less, or let a unit compute less and the job have more units"}.`,
      );
      return false;
    }
    limits[limit] = Math.max(limits[limit] ?? 0, value);
    return !(Object.hasOwn(asked, limit) && (asked[limit] ?? 0) >= value);
  };
  const need = (limit: string, value: number, tell: (wrong: string, right: string) => void, what: string, place?: string) => {
    if (!raise(limit, value, tell, what) || place === undefined) return;
    needs.push({ what: limit, value, who: place });
    faults.warn(
      `${place} needs ${limit} ${value}, WebGPU's default is ${limitRange(limit)?.default}: only hosts that have it get this job.`,
    );
  };
  for (const [name, value] of Object.entries(manifest.requires?.limits ?? {})) {
    const path = ["requires", "limits", name];
    if (!limitRange(name)) {
      faults.at(path, `There is no limit ${name}.`, suggest(name, JOB_LIMITS, `Known are ${JOB_LIMITS.join(", ")}.`));
    } else need(name, value, (wrong, right) => faults.at(path, wrong, right), "Too much is asked for");
  }
  for (const buffer of buffers) {
    const tell = (wrong: string, right: string) => faults.at(["bindings", buffer.name], wrong, right);
    const what = `${buffer.name} has ${buffer.byteLength} bytes`;
    const place = faults.placeOf(["bindings", buffer.name]);
    need("maxBufferSize", buffer.byteLength, tell, what, place);
    need(buffer.kind === "uniform" ? "maxUniformBufferBindingSize" : "maxStorageBufferBindingSize", buffer.byteLength, tell, what, place);
    need("maxBindGroups", buffer.group + 1, tell, `${buffer.name} is in group ${buffer.group}`);
    need("maxBindingsPerBindGroup", buffer.binding + 1, tell, `${buffer.name} is binding ${buffer.binding}`);
  }
  for (const name of new Set(entryPoints)) {
    const entry = reflection.entryPoints.get(name);
    if (!entry) continue;
    const tell = (wrong: string, right: string) => faults.add({ ...kernel.placeOf(entry.offset), wrong, right });
    const place = placed(kernel, entry.offset);
    const workgroup = workgroups.get(name) ?? {};
    const bound = buffers.filter((buffer) => entry.uses.has(buffer.name));
    const uniforms = bound.filter((buffer) => buffer.kind === "uniform").length;
    need("maxUniformBuffersPerShaderStage", uniforms, tell, `${name} uses ${uniforms} uniforms`, place);
    need(
      "maxStorageBuffersPerShaderStage",
      bound.length - uniforms,
      tell,
      `${name} uses ${bound.length - uniforms} storage buffers`,
      place,
    );
    if (workgroup.memoryBytes !== undefined) {
      need(
        "maxComputeWorkgroupStorageSize",
        workgroup.memoryBytes,
        tell,
        `${name} uses ${workgroup.memoryBytes} bytes of workgroup memory`,
        place,
      );
    }
    if (!workgroup.size) continue;
    const [x, y, z] = workgroup.size;
    const what = `The workgroup of ${name} is ${x} x ${y} x ${z}`;
    const larger = Object.entries({
      maxComputeInvocationsPerWorkgroup: x * y * z,
      maxComputeWorkgroupSizeX: x,
      maxComputeWorkgroupSizeY: y,
      maxComputeWorkgroupSizeZ: z,
    }).filter(([limit, value]) => value > (limitRange(limit)?.default ?? value));
    if (larger.length === 0) continue;
    const [given, ...others] = sizedBy(manifest, kernel, reflection, overrides, name, workgroup.size);
    const values = given === undefined ? "" : list([given, ...others].map((key) => `overrides.${key}`));
    let told = false;
    // A workgroup too large is told once, not for each of the limits it exceeds.
    const tellSize = (wrong: string, right: string) => {
      if (told) return;
      told = true;
      if (given === undefined) tell(wrong, right);
      // Entry points that have it in common have one cause.
      else if (!faults.isDoubtful(["overrides", given]))
        faults.at(["overrides", given], wrong, `It is as large by ${values} in job.json. ${right}`);
    };
    const raised = larger.filter(([limit, value]) => raise(limit, value, tellSize, what));
    if (told || raised.length === 0) continue;
    const most = raised.map(([limit, value]) => `${limit} ${value} (WebGPU's default is ${limitRange(limit)?.default})`).join(" and ");
    const rest = `needs ${most}: only hosts that have ${raised.length === 1 ? "it" : "them"} get this job.`;
    const workgroupOf = `the ${x} x ${y} x ${z} workgroup of ${name}`;
    const who = given === undefined ? place : `${faults.placeOf(["overrides", given])} ${workgroupOf}`;
    needs.push(...raised.map(([what, value]) => ({ what, value, who })));
    if (given === undefined) faults.warn(`${place} ${rest}${forAll("@workgroup_size")}`);
    else faults.warnAt(["overrides", given], `${workgroupOf} ${rest}${forAll(values)}`);
  }
  return { requires: { features: [...features].sort(), limits }, needs };
}
