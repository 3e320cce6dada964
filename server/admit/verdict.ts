/** One judgement: a package in, all faults or the plan out. Runs in the judge's process. */
import type { Fault } from "../../shared/errors.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { list } from "../../shared/kernel/path.ts";
import { type Kernel, type KernelFile, type KernelReading, readKernel } from "../../shared/kernel/read.ts";
import { type Reflection, reflect } from "../../shared/kernel/reflect.ts";
import { MAX_KERNEL_BYTES, type Manifest } from "../../shared/manifest.ts";
import { type JobPlan, type OutputPlan, PLAN_VERSION } from "../../shared/plan.ts";
import { followPasses, warnBounds } from "./bounds.ts";
import { planBuffer, sizeBindings, swapPartners } from "./buffers.ts";
import { warnCoverage } from "./coverage.ts";
import { warnDefaults } from "./defaults.ts";
import { refuseInlined, warnEndless, warnHuge } from "./endless.ts";
import { explainManifest } from "./explain.ts";
import { Faults } from "./faults.ts";
import { usesFloats, warnFloats } from "./floats.ts";
import { checkWritten, warnRepeats } from "./fruitless.ts";
import { readJson } from "./json.ts";
import { MAX_ENTRY_POINTS } from "./limits.ts";
import { checkLooseFiles, checkLooseNames, columnsIn, kernelList, otherFiles } from "./loose.ts";
import { nearest, suggest } from "./nearest.ts";
import { readNeeds, readOverrides, readWorkgroups } from "./needs.ts";
import { checkOutputs, planOutput } from "./outputs.ts";
import { type Admission, type JobPackage, MANIFEST_FILE, type Progress, type SplitCut } from "./package.ts";
import { warnPadded } from "./padded.ts";
import { planPasses, type ResolvedPass, resolvePasses } from "./passes.ts";
import { planSlicing } from "./slicing.ts";
import { type Scope, UNREAD } from "./sources.ts";
import { PackageFiles } from "./tables.ts";
import { judgeByTint, type TintPipeline } from "./tint.ts";
import { checkSampled, checkTrust } from "./trust.ts";
import { readUnits } from "./units.ts";
import { warnUnread } from "./unread.ts";

/** Judges `pkg`, whose texts are within their limits already. */
export async function judgePackage(pkg: JobPackage, progress: Progress): Promise<Admission> {
  const bytes = pkg.texts.get(MANIFEST_FILE);
  if (!bytes) {
    const right = suggest(MANIFEST_FILE, [...pkg.files.keys()], "Put job.json at the top of the package.");
    return { ok: false, faults: [{ file: MANIFEST_FILE, wrong: "The package has no job.json.", right }] };
  }
  const text = decode(bytes);
  if (text === undefined)
    return { ok: false, faults: [{ file: MANIFEST_FILE, wrong: "The file is not UTF-8.", right: "Save it as UTF-8." }] };
  const json = readJson(MANIFEST_FILE, text);
  if (!("placeOf" in json)) return { ok: false, faults: [json] };
  const faults = new Faults(json);
  const { value } = json;
  const manifest = explainManifest(value, faults);
  if (manifest) return judgeManifest(manifest, pkg, faults, progress);
  // The manifest has no shape to go by, but its kernel, its files and its names can be judged all the same.
  const files = new PackageFiles(pkg, [...kernelList(value), ...otherFiles(value)], columnsIn(value), faults, progress);
  checkLooseFiles(value, files);
  const read = readKernelFiles(kernelList(value), files, faults, progress);
  if (read?.kernel && read.faults.length === 0) checkLooseNames(value, reflect(read.kernel), faults);
  if (read?.kernel) await tellTint(read.kernel, read, [], {}, false, faults, progress);
  else for (const fault of read?.faults ?? []) faults.add(fault);
  return { ok: false, faults: faults.sorted() };
}

async function judgeManifest(manifest: Manifest, pkg: JobPackage, faults: Faults, progress: Progress): Promise<Admission> {
  const files = new PackageFiles(pkg, namedFiles(manifest), columnsIn(manifest), faults, progress);
  const units = readUnits(manifest, files, faults);
  checkOutputs(manifest, units.space?.count, faults);
  checkSeed(manifest, faults);
  checkTrust(manifest, faults);
  const read = readKernelFiles(manifest.kernel, files, faults, progress);
  const kernel = read?.kernel;
  if (kernel) progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "reading what the kernel declares" });
  // What a fault of syntax hides is not missing: the manifest is held against a kernel that could be read.
  const reflection = kernel && read.faults.length === 0 ? reflect(kernel) : undefined;
  const declared = reflection?.entryPoints.size ?? 0;
  if (declared > MAX_ENTRY_POINTS) {
    faults.at(["kernel"], `The kernel has ${declared} entry points.`, `At most ${MAX_ENTRY_POINTS} are allowed.`);
    return { ok: false, faults: faults.sorted() };
  }
  const passes = resolvePasses(manifest, reflection, files, faults);
  if (read && kernel) progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "laying the kernel's types out" });
  if (!read || !kernel || !reflection) {
    if (kernel) await tellTint(kernel, read, [], {}, false, faults, progress);
    else for (const fault of read?.faults ?? []) faults.add(fault);
    if (read && kernel) checkAbsent(manifest, reflect(kernel).resources, read.files, faults);
    return { ok: false, faults: faults.sorted() };
  }
  if (reflection.entryPoints.size === 0) {
    await tellTint(kernel, read, [], {}, false, faults, progress);
    return { ok: false, faults: faults.sorted() };
  }
  const resolved = passes.filter((pass) => pass !== undefined);
  const entryPoints = resolved.map((pass) => pass.entryPoint);
  const { bindings, unbindable, faults: bindingFaults } = reflection.bindingsOf(entryPoints);
  // A type that nothing declares is told as such.
  const undeclared = new Set(read.unresolved.map(lineOf));
  for (const fault of bindingFaults) if (!undeclared.has(lineOf(fault))) faults.add(fault);
  const known = new Set([...bindings.map((binding) => binding.name), ...unbindable]);
  const complete = resolved.length === passes.length;
  checkNames(manifest, reflection, known, complete, faults);

  const overrides = readOverrides(manifest, kernel, reflection, entryPoints, faults);
  const sized = sizeBindings(manifest, bindings, units, files, faults);
  const rows = units.rows ?? ("rows" in manifest.units ? UNREAD : undefined);
  const scope: Scope = { units: units.space ?? UNREAD, ...(rows ? { rows } : {}) };
  const swapped = swapPartners(manifest);
  const inPasses = new Set(manifest.passes.flatMap((pass) => Object.keys(pass.set ?? {})));
  // What a misspelt name was meant to fill is not empty: the name's own fault says so.
  for (const name of [...inPasses, ...Object.keys(manifest.bindings ?? {})]) {
    const meant = reflection.resources.includes(name) ? undefined : nearest(name, reflection.resources);
    if (meant !== undefined) inPasses.add(meant);
  }
  const buffers = [...sized.values()].map((binding) => {
    const { name } = binding.reflected;
    return planBuffer(binding, inPasses.has(name) || swapped.has(name), units, scope, files, faults);
  });
  const outputs = manifest.output.flatMap((output, index): OutputPlan[] => {
    const layout = sized.get(output.binding)?.reflected.layout;
    const plan = layout && planOutput(output, index, buffers, layout, swapped.has(output.binding), faults);
    return plan ? [plan] : [];
  });
  const passPlans = planPasses(resolved, reflection, buffers, sized, scope, faults);
  const workgroups = readWorkgroups(kernel, entryPoints, overrides);
  const needs = readNeeds(manifest, kernel, reflection, entryPoints, overrides, workgroups, buffers, faults);
  warnDefaults(manifest, buffers, sized, swapped, passPlans, faults);
  warnPadded(manifest, units, sized, buffers, passPlans, faults);

  checkWritten(manifest, passPlans, buffers, faults);
  const whole = faults.list.length === 0;
  const pipelines = complete && unbindable.size === 0 && whole ? pipelinesOf(resolved, reflection, buffers) : [];
  const raised = Object.keys(needs.limits).length > 0;
  await tellTint(kernel, read, pipelines, overrides, raised, faults, progress);
  if (faults.list.length === 0) refuseInlined(kernel, entryPoints, faults);
  if (faults.list.length > 0 || !units.space) return { ok: false, faults: faults.sorted() };
  // Of a kernel that Tint took: what is refused needs no word on what it might do.
  progress({ file: manifest.kernel[0] ?? MANIFEST_FILE, doing: "reading what the kernel stores" });
  const judged = { kernel, passes: passPlans, workgroups, overrides, units, buffers, sized };
  const followed = followPasses(judged);
  warnBounds(judged, followed, faults);
  warnCoverage(manifest, kernel, passPlans, workgroups, buffers, sized, followed, faults);
  warnUnread(manifest, passPlans, buffers, sized, units, followed, faults);
  warnRepeats(kernel, passPlans, buffers, faults);
  warnFloats(manifest, kernel, entryPoints, sized, faults);
  warnEndless(kernel, faults);
  warnHuge(passPlans, workgroups, faults);

  const sliced = await planSlicing(kernel, reflection, passPlans, pipelines, overrides, raised, progress);
  const floats = usesFloats(manifest, kernel, entryPoints, sized);
  checkSampled(manifest, sliced.slicing, floats, faults);
  if (faults.list.length > 0) return { ok: false, faults: faults.sorted() };
  if ("whole" in sliced.slicing)
    faults.warn(
      `Its dispatches run whole, not in slices. ${sliced.slicing.whole} Browsers where one takes longer than 12 ms compute it only while nobody is there, and none where it takes a second.`,
    );

  const plan: JobPlan = {
    version: PLAN_VERSION,
    ...sliced,
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
    overrides,
    requires: needs,
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
    floats,
  };
}

interface ReadFiles extends KernelReading {
  files: KernelFile[];
}

function readKernelFiles(names: readonly string[], files: PackageFiles, faults: Faults, progress: Progress): ReadFiles | undefined {
  const found: KernelFile[] = [];
  let total = 0;
  for (const [index, name] of names.entries()) {
    const path = ["kernel", index];
    const bytes = /\.(wgsl|wesl)$/.test(name) ? files.text(name, path, [".wgsl", ".wesl"]) : undefined;
    if (!bytes) {
      if (!/\.(wgsl|wesl)$/.test(name)) faults.at(path, `${name} is no kernel file.`, "Give it the ending .wgsl or .wesl.");
      continue;
    }
    total += bytes.byteLength;
    const text = decode(bytes);
    if (text === undefined) faults.add({ file: name, wrong: "The file is not UTF-8.", right: "Save it as UTF-8." });
    else found.push({ path: name, text });
  }
  if (total > MAX_KERNEL_BYTES) {
    faults.at(["kernel"], `The kernel has ${total} bytes.`, `At most ${MAX_KERNEL_BYTES} are allowed.`);
    return undefined;
  }
  if (found.length < names.length || found.length === 0) return undefined;
  progress({ file: names[0] ?? MANIFEST_FILE, doing: "reading the kernel" });
  return { ...readKernel(found), files: found };
}

/** Adds what Tint says, and what our own reader says unless Tint knows better. */
async function tellTint(
  kernel: Kernel,
  read: KernelReading,
  pipelines: TintPipeline[],
  overrides: Record<string, number>,
  raised: boolean,
  faults: Faults,
  progress: Progress,
): Promise<void> {
  const said = await judgeByTint(kernel, pipelines, overrides, raised, progress);
  // What Tint takes is valid: the reader is at fault then, and the advice is how to get around it.
  for (const fault of read.faults) faults.add(said.length === 0 && read.plain ? unreadable(fault) : fault);
  // Tint stops at syntax too, in its own words and sometimes a line later; unknown names only follow from it.
  if (read.faults.length > 0) return;
  if (said.length > 0) for (const fault of read.unresolved) faults.add(fault);
  const taken = new Set(read.unresolved.map(lineOf));
  for (const fault of said) if (!taken.has(lineOf(fault))) faults.add(fault);
}

function unreadable({ wrong, ...place }: Fault): Fault {
  const template = /template/.test(wrong);
  return {
    ...place,
    wrong: `This is valid WGSL, but the reader that prepares kernels cannot read it: ${wrong}`,
    right: template
      ? "It takes a < with a later > for a template list: write a < b as b > a, or give the comparison a let of its own."
      : "Write the statement in another way, in several shorter ones.",
  };
}

function lineOf(fault: Fault): string {
  return `${fault.file}:${fault.line}`;
}

/** Every name in the manifest that should be one of the kernel's. */
function checkNames(manifest: Manifest, reflection: Reflection, used: Set<string>, complete: boolean, faults: Faults): void {
  const { resources } = reflection;
  const there = resources.length === 0 ? "The kernel has no bindings." : `The kernel has ${list(resources)}.`;
  for (const name of Object.keys(manifest.bindings ?? {})) {
    if (!resources.includes(name)) faults.at(["bindings", name], `The kernel has no binding ${name}.`, suggest(name, resources, there));
    else if (!used.has(name) && complete) faults.warnAt(["bindings", name], `no entry point of the passes uses ${name}: it is left out.`);
  }
  manifest.output.forEach(({ binding }, index) => {
    const path = ["output", index, "binding"];
    if (!resources.includes(binding)) faults.at(path, `The kernel has no binding ${binding}.`, suggest(binding, resources, there));
    else if (!used.has(binding) && complete) {
      faults.at(path, `No entry point of the passes uses ${binding}.`, used.size === 0 ? there : `They use ${list([...used])}.`);
    }
  });
}

/** Beside a fault of syntax: the manifest's names that stand nowhere in the kernel's files, so that no declaration of them is hidden. */
function checkAbsent(manifest: Manifest, resources: string[], files: readonly KernelFile[], faults: Faults): void {
  const words = new Set(files.flatMap(({ text }) => text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []));
  const check = (name: string, path: (string | number)[]) => {
    if (!words.has(name)) faults.at(path, `The kernel has no binding ${name}.`, suggest(name, resources, "Mend its name."));
  };
  for (const name of Object.keys(manifest.bindings ?? {})) check(name, ["bindings", name]);
  manifest.output.forEach(({ binding }, index) => {
    check(binding, ["output", index, "binding"]);
  });
}

function checkSeed(manifest: Manifest, faults: Faults): void {
  if (manifest.seed !== undefined && BigInt(manifest.seed) >= 2n ** 64n) {
    faults.at(["seed"], `${manifest.seed} has more than 64 bits.`, "The most is 18446744073709551615.");
  }
}

function pipelinesOf(passes: readonly ResolvedPass[], reflection: Reflection, buffers: JobPlan["buffers"]): TintPipeline[] {
  return [...new Set(passes.map((pass) => pass.entryPoint))].flatMap((name) => {
    const entry = reflection.entryPoints.get(name);
    return entry ? [{ entryPoint: name, offset: entry.offset, buffers: buffers.filter((buffer) => entry.uses.has(buffer.name)) }] : [];
  });
}

/** Every file that the manifest names. */
function namedFiles(manifest: Manifest): string[] {
  const inits = Object.values(manifest.bindings ?? {}).flatMap(({ init }) =>
    typeof init === "object" && "file" in init ? [init.file] : [],
  );
  const tables = manifest.passes.flatMap((pass) => pass.table ?? []);
  return [...manifest.kernel, ...("rows" in manifest.units ? [manifest.units.rows] : []), ...inits, ...tables];
}

function sourceOf(files: readonly KernelFile[]): string {
  const [only] = files;
  if (files.length === 1 && only) return only.text;
  return files.map((file) => `// ---- ${file.path} ----\n${file.text}`).join("\n");
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
