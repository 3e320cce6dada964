/** The manifest held against the kernel: its buffers, outputs and passes, as far as both could be read. */
import type { Kernel } from "../../shared/kernel/read.ts";
import type { ReflectedBinding, Reflection } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, CheckerPlan, JobPlan, OutputPlan, PassPlan } from "../../shared/plan.ts";
import { planBuffer, type SizedBinding, sizeBindings, swapPartners } from "./buffers.ts";
import { planChecker, resolveChecker } from "./checker.ts";
import { checkComparators } from "./compare.ts";
import type { Faults } from "./faults.ts";
import { checkWritten } from "./fruitless.ts";
import { checkNames, meantBy } from "./names.ts";
import { readNeeds, readOverrides, readWorkgroups, type Workgroups } from "./needs.ts";
import { planOutput } from "./outputs.ts";
import type { JobPackage, Need } from "./package.ts";
import { planPasses, type ResolvedPass } from "./passes.ts";
import { checkRowless } from "./rowless.ts";
import { type Scope, UNREAD } from "./sources.ts";
import type { PackageFiles } from "./tables.ts";
import { tellNoBindings } from "./unfilled.ts";
import type { Units } from "./units.ts";

export interface Fitted {
  passes: PassPlan[];
  buffers: BufferPlan[];
  outputs: OutputPlan[];
  sized: Map<string, SizedBinding>;
  entryPoints: string[];
  /** Absent where the job has none. */
  checker: CheckerPlan | undefined;
  /** The entry points that are compiled, the checker's too, and the buffers that they use. */
  compiled: string[];
  planned: BufferPlan[];
  overrides: Record<string, number>;
  workgroups: Workgroups;
  requires: JobPlan["requires"];
  needs: Need[];
  /** Every pass has its entry point, every binding its size and its place, every override its value, and no GPU is asked for too much. */
  isWhole: boolean;
  /** Two bindings have one place, which is told with both names. */
  isDoubled: boolean;
  /** What is wrong with bindings of these entry points. */
  unbindable: ReadonlySet<string>;
}

/** What is read already. */
interface Given {
  pkg: JobPackage;
  files: PackageFiles;
  units: Units;
  kernel: Kernel;
  reflection: Reflection;
  /** `file:line` of names of the kernel that nothing declares. */
  undeclared: ReadonlySet<string>;
}

/** `resolved`: the passes, undefined where the entry point is not known. */
export function fitManifest(
  manifest: Manifest,
  resolved: readonly (ResolvedPass | undefined)[],
  { pkg, files, units, kernel, reflection, undeclared }: Given,
  faults: Faults,
): Fitted {
  const { holes } = faults;
  const known = resolved.filter((pass) => pass !== undefined);
  const entryPoints = known.map(({ entryPoint }) => entryPoint);
  const isComplete = known.length === resolved.length && reflection.hidden.isEmpty && !holes.covers(["passes"]);
  const inPasses = usedBy(entryPoints, reflection);
  const checker = resolveChecker(manifest, reflection, faults);
  const compiled = checker ? [...entryPoints, checker.entryPoint] : entryPoints;
  const used = usedBy(compiled, reflection);
  const maybe = isComplete ? [] : maybeUsed(reflection);
  const { bindings, unbindable, isDoubled, faults: bindingFaults } = reflection.bindingsOf(compiled, maybe);
  // A type that nothing declares is told as such.
  for (const fault of bindingFaults) if (!undeclared.has(`${fault.file}:${fault.line}`)) faults.add(fault);
  const names = new Set([...bindings.map(({ name }) => name), ...unbindable]);
  checkNames(manifest, reflection, bindings, names, inPasses, isComplete, faults);

  const before = faults.list.length;
  const overrides = readOverrides(manifest, kernel, reflection, compiled, faults);
  const isSet = faults.list.length === before && !holes.touches(["overrides"]);
  const filled = filledByPasses(manifest, reflection, bindings, faults);
  const isUsed = (name: string) => used.has(name) || reflection.hidden.entry.has(name);
  const sure = bindings.filter(({ name }) => isUsed(name));
  tellNoBindings(manifest, sure, filled, faults);
  const allSized = sizeBindings(manifest, bindings, units, files, isUsed, faults);
  // What only the checker uses is no volunteer's.
  const isOwn = (name: string) => checker !== undefined && used.has(name) && !inPasses.has(name);
  const sized = new Map([...allSized].filter(([name]) => !isOwn(name)));
  const scope = scopeOf(manifest, pkg, files, units, faults);
  const swapped = swapPartners(manifest);
  const planned = [...allSized.values()].map((binding) => {
    const { name } = binding.reflected;
    // What is read-only by mistake is told of as the output that it is.
    const isOutput = manifest.output.some((output) => output.binding === name);
    return planBuffer(binding, filled.has(name) || swapped.has(name) || !isUsed(name) || isOutput, units, scope, files, faults);
  });
  const buffers = planned.filter(({ name }) => !isOwn(name));
  const outputs = manifest.output.flatMap((output, index): OutputPlan[] => {
    const found = sized.get(output.binding);
    const plan = found && planOutput(manifest, output, index, buffers, found, swapped.has(output.binding), faults);
    return plan ? [plan] : [];
  });
  checkComparators(manifest, outputs, faults);
  const checkerPlan = checker && planChecker(checker, reflection, planned, buffers, outputs, allSized, faults);
  const passes = planPasses(known, isComplete, reflection, buffers, sized, scope, faults);
  const workgroups = isSet ? readWorkgroups(kernel, compiled, overrides) : new Map();
  const asked = faults.list.length;
  const { requires, needs } = readNeeds(manifest, kernel, reflection, compiled, overrides, workgroups, planned, faults);
  const isMet = faults.list.length === asked;
  if (isComplete) checkWritten(manifest, passes, buffers, faults);
  const isSized = unbindable.size === 0 && [...allSized.values()].every(({ isOpen }) => !isOpen);
  return {
    passes,
    buffers,
    outputs,
    sized,
    entryPoints,
    checker: checkerPlan,
    compiled,
    planned,
    overrides,
    workgroups,
    requires,
    needs,
    isWhole: isComplete && isSet && isSized && isMet,
    isDoubled,
    unbindable,
  };
}

function usedBy(entryPoints: readonly string[], reflection: Reflection): Set<string> {
  return new Set(entryPoints.flatMap((name) => [...(reflection.entryPoints.get(name)?.uses ?? [])]));
}

/** What passes may use whose entry points are not known. */
function maybeUsed(reflection: Reflection): string[] {
  const { resources, hidden, entryPoints } = reflection;
  if (entryPoints.size === 0 && hidden.isEmpty) return resources;
  const used = usedBy([...entryPoints.keys()], reflection);
  return resources.filter((name) => hidden.has(name) || used.has(name));
}

/** Bindings that passes set, or may have been meant to; what a misspelt name was meant to fill is not empty: the name's own fault says so. */
function filledByPasses(manifest: Manifest, reflection: Reflection, bindings: readonly ReflectedBinding[], { holes }: Faults): Set<string> {
  const filled = new Set(manifest.passes.flatMap((pass) => Object.keys(pass.set ?? {})));
  const others = holes.under(["bindings"]).map(String);
  for (const name of [...filled, ...Object.keys(manifest.bindings ?? {}), ...others]) {
    const meant = meantBy(name, reflection.resources, bindings);
    if (meant !== undefined) filled.add(meant);
  }
  const isUnread = manifest.passes.some((_, index) => holes.covers(["passes", index, "set"]));
  return isUnread ? new Set([...filled, ...reflection.resources]) : filled;
}

/** What values may refer to. */
function scopeOf(manifest: Manifest, pkg: JobPackage, files: PackageFiles, units: Units, faults: Faults): Scope {
  const tables = [...pkg.files.keys()].filter((name) => name.endsWith(".csv"));
  const isUnread = faults.holes.touches(["units"]);
  const unread = "rows" in manifest.units && !isUnread ? files.unreadOf(manifest.units.rows) : undefined;
  const none = isUnread || checkRowless(manifest, tables, faults) ? { unread: undefined } : undefined;
  const rows = units.rows ?? unread ?? none;
  return { units: units.space ?? UNREAD, ...(rows ? { rows } : {}) };
}
