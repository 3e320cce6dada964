/** One judgement: a package in, all faults or the plan out. Runs in the judge's process. */
import type { BlobHash } from "../../shared/ids.ts";
import { type Reflection, reflect } from "../../shared/kernel/reflect.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type JobPlan, PLAN_VERSION } from "../../shared/plan.ts";
import { warnAlike } from "./alike.ts";
import { checkBounds, followPasses, unfollowed } from "./bounds.ts";
import { swapPartners } from "./buffers.ts";
import { checkHasChecker } from "./checker.ts";
import { warnRoom, warnTight } from "./compare.ts";
import { warnCoverage } from "./coverage.ts";
import { warnDefaults } from "./defaults.ts";
import { refuseInlined, warnEndless, warnHuge } from "./endless.ts";
import { explainManifest } from "./explain.ts";
import { Faults } from "./faults.ts";
import { type Fitted, fitManifest } from "./fitted.ts";
import { usesFloats, warnFloats } from "./floats.ts";
import { warnRepeats } from "./fruitless.ts";
import { readOn } from "./json.ts";
import { decode, lineOf, readKernelFiles, sourceOf, tellTint } from "./kernel-files.ts";
import { MAX_ENTRY_POINTS } from "./limits.ts";
import { columnsIn, kernelIn, namedFiles } from "./names.ts";
import { suggest } from "./nearest.ts";
import { warnEarlyReads, warnOldOutputs } from "./order.ts";
import { checkOutputs } from "./outputs.ts";
import { type Admission, type JobPackage, MANIFEST_FILE, type Progress, type Refused, type SplitCut } from "./package.ts";
import { warnPadded } from "./padded.ts";
import { resolvePasses, tellNoEntryPoint } from "./passes.ts";
import { warnRaces } from "./races.ts";
import { planSlicing } from "./slicing.ts";
import { sureOf } from "./sure.ts";
import { PackageFiles } from "./tables.ts";
import type { TintPipeline } from "./tint.ts";
import { checkSampled, checkTrust } from "./trust.ts";
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
  const { json, faults: ofText, whole } = readOn(MANIFEST_FILE, text);
  const faults = new Faults(json);
  for (const fault of ofText) faults.add(fault);
  if (!json) return judgeKernel(kernelIn(whole), pkg, faults, progress);
  const manifest = explainManifest(json.value, faults);
  return manifest ? judgeManifest(manifest, pkg, faults, progress) : refusal(faults, true);
}

/** The kernel alone, of a manifest that could be read up to its files. */
async function judgeKernel(names: readonly string[], pkg: JobPackage, faults: Faults, progress: Progress): Promise<Refused> {
  const files = new PackageFiles(pkg, names, new Set(), faults, progress);
  const read = names.length > 0 ? readKernelFiles(names, files, faults, progress) : undefined;
  if (read?.kernel) await tellTint(read.kernel, read, {}, faults, progress);
  else for (const fault of read?.faults ?? []) faults.add(fault);
  return refusal(faults, true);
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
  if (!read || !kernel) {
    resolvePasses(manifest, undefined, files, faults);
    for (const fault of read?.faults ?? []) faults.add(fault);
    return refusal(faults, true);
  }
  const { file } = kernel.placeOf(0);
  progress({ file, doing: "reading what the kernel declares" });
  const reflection = reflect(kernel, read.broken);
  const declared = reflection.entryPoints.size;
  if (declared > MAX_ENTRY_POINTS) {
    faults.at(["kernel"], `The kernel has ${declared} entry points.`, `At most ${MAX_ENTRY_POINTS} are allowed.`);
    return refusal(faults, true);
  }
  const resolved = resolvePasses(manifest, reflection, files, faults);
  progress({ file, doing: "laying the kernel's types out" });
  const undeclared = new Set(read.unresolved.map(lineOf));
  const fitted = fitManifest(manifest, resolved, { pkg, files, units, kernel, reflection, undeclared }, faults);
  const { passes, buffers, outputs, sized, entryPoints, compiled, checker, overrides, workgroups, requires, needs } = fitted;
  const swapped = swapPartners(manifest);
  const unset = warnDefaults(manifest, buffers, sized, swapped, passes, kernel, faults);
  warnAlike(units, buffers, passes, faults);
  warnOldOutputs(manifest, passes, buffers, faults);
  warnPadded(manifest, units, sized, buffers, passes, faults);

  const pipelines = fitted.isWhole ? pipelinesOf(fitted, reflection) : [];
  const raised = Object.keys(requires.limits).length > 0;
  const isValid = await tellTint(kernel, read, { pipelines, overrides, raised, isDoubled: fitted.isDoubled }, faults, progress);
  if (reflection.entryPoints.size === 0 && reflection.hidden.isEmpty) tellNoEntryPoint(manifest, read.files, faults);
  if (!isValid || !fitted.isWhole) return refusal(faults, true);
  refuseInlined(kernel, compiled, faults);

  // Of a kernel that Tint took: what is refused needs no word on what it might do.
  progress({ file, doing: "reading what the kernel stores" });
  const { doubtful, isSure, ofPass } = sureOf(manifest, buffers, units, faults);
  const judged = { kernel, passes, workgroups, overrides, units, buffers, sized, doubtful };
  const followed = followPasses(judged).map((each, index) => (ofPass(index) ? each : unfollowed(each.pass)));
  checkBounds(judged, followed, faults);
  if (faults.list.length === 0) {
    warnCoverage(manifest, kernel, passes, workgroups, buffers, sized, followed, faults);
    warnUnread(manifest, passes, buffers, sized, units, unset, followed, faults);
    warnEarlyReads(manifest, kernel, passes, buffers, faults);
    warnRepeats(kernel, passes, buffers, faults);
    warnFloats(manifest, kernel, entryPoints, sized, faults);
    warnEndless(kernel, faults);
    warnRaces(judged, faults);
    warnHuge(passes, workgroups, faults);
  }

  const dispatched = checker ? [...passes, checker.pass] : passes;
  const sliced = await planSlicing(kernel, reflection, dispatched, pipelines, overrides, raised, progress);
  const checks = sliced.passes[passes.length];
  const floats = usesFloats(manifest, kernel, compiled, sized);
  if (isSure) checkSampled(manifest, sliced.slicing, floats, faults);
  if (faults.list.length > 0 || !units.space) return refusal(faults, !isSure);
  warnRoom(manifest, outputs, floats, faults);
  warnTight(manifest, outputs, kernel, entryPoints, faults);
  if ("whole" in sliced.slicing)
    faults.warn(
      `Its dispatches run whole, not in slices. ${sliced.slicing.whole} Browsers where one takes longer than 12 ms compute it only while nobody is there, and none where it takes a second.`,
    );

  const plan: JobPlan = {
    version: PLAN_VERSION,
    ...sliced,
    passes: sliced.passes.slice(0, passes.length),
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
    ...(checker && checks ? { checker: { ...checker, pass: checks } } : {}),
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

function pipelinesOf({ compiled, planned }: Fitted, reflection: Reflection): TintPipeline[] {
  return [...new Set(compiled)].flatMap((name) => {
    const entry = reflection.entryPoints.get(name);
    return entry ? [{ entryPoint: name, offset: entry.offset, buffers: planned.filter((buffer) => entry.uses.has(buffer.name)) }] : [];
  });
}

/** `isCut`: these faults kept a part of the judgement from what it looks for. */
function refusal(faults: Faults, isCut: boolean): Refused {
  return { ok: false, faults: faults.sorted(), ...(isCut || faults.isFull ? { more: true } : {}) };
}
