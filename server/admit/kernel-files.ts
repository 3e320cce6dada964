/** The kernel's files: their texts, what our reader and Tint say of them. */
import { counted } from "../../shared/counted.ts";
import type { Fault } from "../../shared/errors.ts";
import { hiddenIn } from "../../shared/kernel/hidden.ts";
import { type Kernel, type KernelFile, type KernelReading, readKernel } from "../../shared/kernel/read.ts";
import { MAX_KERNEL_BYTES } from "../../shared/manifest.ts";
import type { Faults } from "./faults.ts";
import { MANIFEST_FILE, type Progress } from "./package.ts";
import type { PackageFiles } from "./tables.ts";
import { judgeByTint, type TintPipeline } from "./tint.ts";

export interface ReadFiles extends KernelReading {
  files: KernelFile[];
}

/** The kernel's files, read; undefined, with a fault, where one is not there or they are too large. */
export function readKernelFiles(names: readonly string[], files: PackageFiles, faults: Faults, progress: Progress): ReadFiles | undefined {
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

/** What Tint judges beside the text. */
interface Compiled {
  pipelines?: TintPipeline[];
  overrides?: Record<string, number>;
  /** The job needs limits above the defaults. */
  raised?: boolean;
  /** Two bindings have one place, which was told with both names. */
  isDoubled?: boolean;
}

const SAME_PLACE = /references multiple variables that use the same resource binding/;

/** Adds what Tint says, and what our own reader says unless Tint knows better; true where it is a good kernel to both. */
export async function tellTint(
  kernel: Kernel,
  read: KernelReading,
  { pipelines = [], overrides = {}, raised = false, isDoubled = false }: Compiled,
  faults: Faults,
  progress: Progress,
): Promise<boolean> {
  const { isValid, said } = await judgeByTint({ kernel, broken: read.broken ?? [] }, pipelines, overrides, raised, progress);
  // What Tint takes is valid: the reader is at fault then, and the advice is how to get around it.
  for (const fault of read.faults) faults.add(isValid && read.plain ? unreadable(fault) : fault);
  const meant = said.filter(({ about, fault }) => about === "meaning" && !(isDoubled && SAME_PLACE.test(fault.wrong)));
  for (const { fault } of meant) faults.add(fault);
  if (read.faults.length > 0) {
    // Tint stops at syntax too, in its own words and sometimes a line later. A name that stands there may be declared there.
    const hidden = hiddenIn(kernel, read.broken ?? []);
    const missed = new Set(said.filter(({ about }) => about === "name").map(({ fault }) => lineOf(fault)));
    const names = new Set(read.unresolved.filter((fault) => missed.has(lineOf(fault))).map(({ wrong }) => wrong));
    const isMissing = ({ wrong }: Fault) => names.has(wrong) && !hidden.has(/^Nothing declares (.+)\.$/.exec(wrong)?.[1] ?? "");
    for (const fault of onceEach(read.unresolved.filter(isMissing))) faults.add(fault);
    return false;
  }
  if (!isValid) for (const fault of onceEach(read.unresolved)) faults.add(fault);
  const taken = new Set(read.unresolved.map(lineOf));
  for (const { about, fault } of said) if (about !== "meaning" && !taken.has(lineOf(fault))) faults.add(fault);
  return isValid;
}

/** The first of each name that a file uses and nothing declares, with how often more. */
function onceEach(unresolved: readonly Fault[]): Fault[] {
  const alike = (one: Fault, other: Fault) => one.file === other.file && one.wrong === other.wrong;
  return unresolved.flatMap((fault, index): Fault[] => {
    if (unresolved.findIndex((other) => alike(other, fault)) < index) return [];
    const more = unresolved.filter((other) => alike(other, fault)).length - 1;
    return [more === 0 ? fault : { ...fault, wrong: fault.wrong.replace(/\.$/, `, here and at ${counted(more, "more place")}.`) }];
  });
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

/** `kernel.wgsl:12`: what stands there is told once. */
export function lineOf(fault: Fault): string {
  return `${fault.file}:${fault.line}`;
}

/** The kernel as its owner wrote it. */
export function sourceOf(files: readonly KernelFile[]): string {
  const [only] = files;
  if (files.length === 1 && only) return only.text;
  return files.map((file) => `// ---- ${file.path} ----\n${file.text}`).join("\n");
}

/** Undefined: it is not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
