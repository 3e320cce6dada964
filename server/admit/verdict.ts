/** One judgement: a package in, all faults or the plan out. Runs in the judge's process. */
import type { BlobHash } from "../../shared/ids.ts";
import { type Reflection, reflect } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type JobPlan, type OutputPlan, PLAN_VERSION } from "../../shared/plan.ts";
import { warnAlike } from "./alike.ts";
import { checkBounds, followPasses } from "./bounds.ts";
import { planBuffer, sizeBindings, swapPartners } from "./buffers.ts";
import { checkHasChecker, planChecker, resolveChecker } from "./checker.ts";
import { checkComparators, warnRoom } from "./compare.ts";
import { warnCoverage } from "./coverage.ts";
import { warnDefaults } from "./defaults.ts";
import { refuseInlined, warnEndless, warnHuge } from "./endless.ts";
import { explainManifest } from "./explain.ts";
import { Faults } from "./faults.ts";
import { usesFloats, warnFloats } from "./floats.ts";
import { checkWritten, warnRepeats } from "./fruitless.ts";
import { readJson } from "./json.ts";
import { decode, lineOf, readKernelFiles, sourceOf, tellTint } from "./kernel-files.ts";
import { MAX_ENTRY_POINTS } from "./limits.ts";
import { checkLooseFiles, checkLooseNames, columnsIn, kernelList, otherFiles } from "./loose.ts";
import { checkAbsent, checkNames, meantBy, namedFiles } from "./names.ts";
import { suggest } from "./nearest.ts";
import { readNeeds, readOverrides, readWorkgroups } from "./needs.ts";
import { warnEarlyReads, warnOldOutputs } from "./order.ts";
import { checkOutputs, planOutput } from "./outputs.ts";
import { type Admission, type JobPackage, MANIFEST_FILE, type Progress, type SplitCut } from "./package.ts";
import { warnPadded } from "./padded.ts";
import { planPasses, resolvePasses, tellNoEntryPoint } from "./passes.ts";
import { warnRaces } from "./races.ts";
import { checkRowless } from "./rowless.ts";
import { planSlicing } from "./slicing.ts";
import { type Scope, UNREAD } from "./sources.ts";
import { PackageFiles } from "./tables.ts";
import type { TintPipeline } from "./tint.ts";
import { checkSampled, checkTrust } from "./trust.ts";
import { withBindings } from "./unfilled.ts";
import { readUnits } from "./units.ts";
import { warnUnread } from "./unread.ts";

/** Judges `pkg`, whose texts are within their limits already. */
export async function judgePackage(pkg: JobPackage, progress: Progress): Promise<Admission> {
  const bytes = pkg.texts.get(MANIFEST_FILE);
  if (!bytes) {
    const right = suggest(MANIFEST_FILE, [...pkg.files.keys()], "Put job.json at the top of the package.");
    return { ok: false, faults: [{ file: MANIFEST_FILE, wrong: "The package has no job.json.", right }], more: true };
  }
  const text = decode(bytes);
  if (text === undefined)
    return { ok: false, faults: [{ file: MANIFEST_FILE, wrong: "The file is not UTF-8.", right: "Save it as UTF-8." }], more: true };
  const json = readJson(MANIFEST_FILE, text);
  if (!("placeOf" in json)) return { ok: false, faults: [json], more: true };
  const faults = new Faults(json);
  const { value } = json;
  const manifest = explainManifest(value, faults);
  if (manifest) return judgeManifest(manifest, pkg, faults, progress);
  // The manifest has no shape to go by, but its kernel, its files and its names can be judged all the same.
  const files = new PackageFiles(pkg, [...kernelList(value), ...otherFiles(value)], columnsIn(value), faults, progress);
  checkLooseFiles(value, files);
  const read = readKernelFiles(kernelList(value), files, faults, progress);
  if (read?.kernel && read.faults.length === 0) checkLooseNames(value, reflect(read.kernel), faults);
  if (read?.kernel) await tellTint(read.kernel, read, {}, faults, progress);
  else for (const fault of read?.faults ?? []) faults.add(fault);
  return { ok: false, faults: faults.sorted(), more: true };
}

async function judgeManifest(manifest: Manifest, pkg: JobPackage, faults: Faults, progress: Progress): Promise<Admission> {
  const files = new PackageFiles(pkg, namedFiles(manifest), columnsIn(manifest), faults, progress);
  const units = readUnits(manifest, files, faults);
  checkOutputs(manifest, units.space?.count, faults);
  checkSeed(manifest, faults);
  checkTrust(manifest, faults);
  checkHasChecker(manifest, faults);
  const read = readKernelFiles(manifest.kernel, files, faults, progress);
  const kernel = read?.kernel;
  if (kernel) progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "reading what the kernel declares" });
  // What a fault of syntax hides is not missing: the manifest is held against a kernel that could be read.
  const reflection = kernel && read.faults.length === 0 ? reflect(kernel) : undefined;
  const declared = reflection?.entryPoints.size ?? 0;
  if (declared > MAX_ENTRY_POINTS) {
    faults.at(["kernel"], `The kernel has ${declared} entry points.`, `At most ${MAX_ENTRY_POINTS} are allowed.`);
    return { ok: false, faults: faults.sorted(), more: true };
  }
  const passes = resolvePasses(manifest, reflection, files, faults);
  if (read && kernel) progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "laying the kernel's types out" });
  if (!read || !kernel || !reflection) {
    if (kernel) await tellTint(kernel, read, {}, faults, progress);
    else for (const fault of read?.faults ?? []) faults.add(fault);
    if (read && kernel) checkAbsent(manifest, reflect(kernel).resources, read.files, faults);
    return { ok: false, faults: faults.sorted(), more: true };
  }
  if (reflection.entryPoints.size === 0) {
    await tellTint(kernel, read, {}, faults, progress);
    // What Tint says of a kernel without one is the reason.
    if (faults.list.every(({ file }) => file === MANIFEST_FILE)) tellNoEntryPoint(manifest, faults);
    return { ok: false, faults: faults.sorted(), more: true };
  }
  const resolved = passes.filter((pass) => pass !== undefined);
  const entryPoints = resolved.map((pass) => pass.entryPoint);
  const checker = resolveChecker(manifest, reflection, faults);
  const compiled = checker ? [...entryPoints, checker.entryPoint] : entryPoints;
  const { bindings, unbindable, isDoubled, faults: bindingFaults } = reflection.bindingsOf(compiled);
  const inUse = new Set(entryPoints.flatMap((name) => [...(reflection.entryPoints.get(name)?.uses ?? [])]));
  // A type that nothing declares is told as such.
  const undeclared = new Set(read.unresolved.map(lineOf));
  for (const fault of bindingFaults) if (!undeclared.has(lineOf(fault))) faults.add(fault);
  const known = new Set([...bindings.map((binding) => binding.name), ...unbindable]);
  const complete = resolved.length === passes.length;
  checkNames(manifest, reflection, bindings, known, inUse, complete, faults);

  const overrides = readOverrides(manifest, kernel, reflection, compiled, faults);
  const inPasses = new Set(manifest.passes.flatMap((pass) => Object.keys(pass.set ?? {})));
  // What a misspelt name was meant to fill is not empty: the name's own fault says so.
  for (const name of [...inPasses, ...Object.keys(manifest.bindings ?? {})]) {
    const meant = meantBy(name, reflection.resources, bindings);
    if (meant !== undefined) inPasses.add(meant);
  }
  const filled = withBindings(manifest, bindings, inPasses, faults);
  const allSized = sizeBindings(filled, bindings, units, files, faults);
  const sized = new Map([...allSized].filter(([name]) => inUse.has(name)));
  const tables = [...pkg.files.keys()].filter((name) => name.endsWith(".csv"));
  const unread = "rows" in manifest.units ? { unread: files.headerOf(manifest.units.rows) } : undefined;
  const rows = units.rows ?? unread ?? (checkRowless(manifest, tables, faults) ? { unread: undefined } : undefined);
  const scope: Scope = { units: units.space ?? UNREAD, ...(rows ? { rows } : {}) };
  const swapped = swapPartners(manifest);
  const planned = [...allSized.values()].map((binding) => {
    const { name } = binding.reflected;
    return planBuffer(binding, inPasses.has(name) || swapped.has(name), units, scope, files, faults);
  });
  const buffers = planned.filter(({ name }) => inUse.has(name));
  const outputs = manifest.output.flatMap((output, index): OutputPlan[] => {
    const layout = sized.get(output.binding)?.reflected.layout;
    const plan = layout && planOutput(manifest, output, index, buffers, layout, swapped.has(output.binding), faults);
    return plan ? [plan] : [];
  });
  checkComparators(manifest, outputs, faults);
  const checkerPlan = checker && planChecker(checker, reflection, planned, buffers, outputs, allSized, faults);
  const passPlans = planPasses(resolved, reflection, buffers, sized, scope, faults);
  const workgroups = readWorkgroups(kernel, compiled, overrides);
  const { requires, needs } = readNeeds(manifest, kernel, reflection, compiled, overrides, workgroups, planned, faults);
  const unset = warnDefaults(manifest, buffers, sized, swapped, passPlans, faults);
  warnAlike(units, buffers, passPlans, faults);
  warnOldOutputs(manifest, passPlans, buffers, faults);
  warnPadded(manifest, units, sized, buffers, passPlans, faults);

  checkWritten(manifest, passPlans, buffers, faults);
  const whole = faults.list.length === 0;
  const pipelines = complete && unbindable.size === 0 && whole ? pipelinesOf(compiled, reflection, planned) : [];
  const raised = Object.keys(requires.limits).length > 0;
  await tellTint(kernel, read, { pipelines, overrides, raised, isDoubled }, faults, progress);
  if (faults.list.length === 0) refuseInlined(kernel, compiled, faults);
  if (faults.list.length > 0 || !units.space) return { ok: false, faults: faults.sorted(), more: true };
  // Of a kernel that Tint took: what is refused needs no word on what it might do.
  progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "reading what the kernel stores" });
  const judged = { kernel, passes: passPlans, workgroups, overrides, units, buffers, sized };
  const followed = followPasses(judged);
  checkBounds(judged, followed, faults);
  warnCoverage(manifest, kernel, passPlans, workgroups, buffers, sized, followed, faults);
  warnUnread(manifest, passPlans, buffers, sized, units, unset, followed, faults);
  warnEarlyReads(manifest, kernel, passPlans, buffers, faults);
  warnRepeats(kernel, passPlans, buffers, faults);
  warnFloats(manifest, kernel, entryPoints, sized, faults);
  warnEndless(kernel, faults);
  warnRaces(kernel, workgroups, faults);
  warnHuge(passPlans, workgroups, faults);

  const dispatched = checkerPlan ? [...passPlans, checkerPlan.pass] : passPlans;
  const sliced = await planSlicing(kernel, reflection, dispatched, pipelines, overrides, raised, progress);
  const [passesOf, checks] = [sliced.passes.slice(0, passPlans.length), sliced.passes[passPlans.length]];
  const floats = usesFloats(manifest, kernel, compiled, sized);
  checkSampled(manifest, sliced.slicing, floats, faults);
  warnRoom(manifest, outputs, floats, faults);
  if (faults.list.length > 0) return { ok: false, faults: faults.sorted() };
  if ("whole" in sliced.slicing)
    faults.warn(
      `Its dispatches run whole, not in slices. ${sliced.slicing.whole} Browsers where one takes longer than 12 ms compute it only while nobody is there, and none where it takes a second.`,
    );

  const plan: JobPlan = {
    version: PLAN_VERSION,
    ...sliced,
    passes: passesOf,
    units: units.space,
    ...(units.rows
      ? {
          rows: {
            columns: units.rows.columns.map(({ name, type }) => ({ name, type })),
            rowBytes: 8 * units.rows.columns.length,
            count: units.rows.count,
            blob: "" as BlobHash,
          },
        }
      : {}),
    buffers,
    outputs,
    ...(checkerPlan && checks ? { checker: { ...checkerPlan, pass: checks } } : {}),
    overrides,
    requires,
    seed: String(manifest.seed ?? 0),
  };
  const splits = buffers.flatMap((buffer, index): SplitCut[] => {
    const split = buffer.init.kind === "split" ? units.splits.get(buffer.name) : undefined;
    if (!split) return [];
    return [
      { binding: buffer.name, buffer: index, file: split.file, bytesPerUnit: split.bytesPerUnit, unitsPerChunk: split.unitsPerChunk },
    ];
  });
  return {
    ok: true,
    manifest,
    plan,
    entryPoints: [...new Set(entryPoints)],
    rows: units.rows?.bytes ?? null,
    splits,
    source: sourceOf(read.files),
    warnings: faults.warnings,
    needs,
    floats,
  };
}

function checkSeed(manifest: Manifest, faults: Faults): void {
  if (manifest.seed !== undefined && BigInt(manifest.seed) >= 2n ** 64n) {
    faults.at(["seed"], `${manifest.seed} has more than 64 bits.`, "The most is 18446744073709551615.");
  }
}

function pipelinesOf(entryPoints: readonly string[], reflection: Reflection, buffers: JobPlan["buffers"]): TintPipeline[] {
  return [...new Set(entryPoints)].flatMap((name) => {
    const entry = reflection.entryPoints.get(name);
    return entry ? [{ entryPoint: name, offset: entry.offset, buffers: buffers.filter((buffer) => entry.uses.has(buffer.name)) }] : [];
  });
}
