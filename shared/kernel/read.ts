/** Reads a kernel, one or several WGSL or WESL files, into one WGSL text with its syntax tree and the way back to the files. */

import {
  bindIdents,
  type LinkBindings,
  linkRegistry,
  type ModuleResolver,
  normalizeModuleName,
  parseSrcModule,
  type SrcMap,
  visitAst,
  type WeslAST,
} from "wesl/core";
import type { Fault } from "../errors.ts";
import { hiddenIn, PLAIN_LINES_PATTERN } from "../plain.ts";
import { messageOf } from "../thrown.ts";
import { groupOperators } from "./precedence.ts";
import { bindLocals } from "./scopes.ts";
import { OTHER_KERNEL_TYPES } from "./type-names.ts";

/** Of one file: who mends those has fewer, or others, afterwards. */
const MAX_SYNTAX_ERRORS = 100;
/** Text before a syntax error that its words may need, UTF-16 units. */
const MAX_BEFORE = 64;

/** More than a kernel of the largest size has room for with their names, by far; the parser takes long over those without one. */
const MAX_ATTRIBUTES = 20_000;

export interface KernelFile {
  /** Path inside the package. */
  path: string;
  text: string;
}

/** A file with a line and a column, both from 1; columns count UTF-16 units as Tint's do. */
interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Kernel {
  /** The WGSL that is judged and run: the owner's own text when it is one plain file, else what the linker made of them. */
  text: string;
  ast: WeslAST;
  bindings: LinkBindings;
  /** Where a UTF-16 offset of `text` lies in the owner's files. */
  placeOf(offset: number): Place;
  /** The same for a line and a column of `text`, from 1. */
  placeAt(line: number, column: number): Place;
}

export interface KernelReading {
  /** The kernel is the owner's own text: Tint judges what was written. */
  plain?: boolean;
  /** Present when there is enough of a kernel to reflect on; its declarations with faults are missing from it. */
  kernel?: Kernel;
  /** Syntax faults, and imports that lead nowhere. */
  faults: Fault[];
  /** UTF-16 offsets of syntax faults in a plain kernel's text. */
  broken?: number[];
  /** Names that nothing declares. Only Tint knows every built-in, so they are faults only where it refuses the kernel too. */
  unresolved: Fault[];
}

/** Reads `files`; the first is the root, the others are imported by it. Never throws on what an owner wrote. */
export function readKernel(files: readonly KernelFile[]): KernelReading {
  const faults: Fault[] = [];
  const asts = new Map<string, WeslAST>();
  for (const file of files) {
    const modulePath = normalizeModuleName(`./${file.path}`);
    const twin = asts.get(modulePath);
    if (twin) {
      faults.push({
        file: file.path,
        wrong: `This file and ${twin.srcModule.debugFilePath} are the same module, ${modulePath}.`,
        right: "Give each kernel file a name of its own, whatever its extension.",
      });
      continue;
    }
    const ast = crowded(file) ?? parse(file, modulePath);
    if (!("moduleElem" in ast)) {
      faults.push(ast);
      continue;
    }
    asts.set(modulePath, ast);
    for (const found of syntaxErrors(ast)) {
      const before = file.text.slice(Math.max(0, found.start - MAX_BEFORE), found.start);
      faults.push({ ...placeIn(file.path, file.text, found.start), ...syntaxFault(found.message, file.text.slice(found.start), before) });
    }
  }
  const rootFile = files[0];
  const root = rootFile && asts.get(normalizeModuleName(`./${rootFile.path}`));
  if (!rootFile || !root) return { faults, unresolved: [] };

  const resolver: ModuleResolver = { resolveModule: (path) => asts.get(path) };
  let bound: ReturnType<typeof bindIdents>;
  try {
    bound = bindIdents({ rootAst: root, resolver, conditions: {}, accumulateUnbound: true, lenient: true });
  } catch (error) {
    faults.push({ file: rootFile.path, wrong: `The kernel cannot be linked: ${firstLine(error)}.`, right: "Mend its imports." });
    return { faults, unresolved: [] };
  }
  const plain = files.length === 1 && isPlain(root);
  const unresolved: Fault[] = [];
  const missing = new Set<string>();
  for (const ref of bound.unbound ?? []) {
    const name = ref.path.join("::");
    const place = placeIn(ref.srcModule.debugFilePath, ref.srcModule.src, ref.start);
    const from = moduleOf(ref.path, ref.srcModule.modulePath);
    if (from !== "") {
      const file = asts.get(from)?.srcModule.debugFilePath;
      if (file) faults.push({ ...place, wrong: `${file} declares no ${ref.path.at(-1)}.`, right: "Declare it there, or mend its name." });
      // Each of its names is missing where it is used, and one file is the cause.
      else if (!missing.has(from)) {
        const right = `Add the file that ${from} is to "kernel" in job.json, or mend the import.`;
        faults.push({ ...place, wrong: `Nothing declares ${name}: none of the kernel's files is ${from}.`, right });
      }
      missing.add(from);
      continue;
    }
    const right = OTHER_KERNEL_TYPES[name.toLowerCase()] ?? "Declare it, or mend its name.";
    (plain ? unresolved : faults).push({ ...place, wrong: `Nothing declares ${name}.`, right });
  }

  if (plain) {
    const broken = syntaxErrors(root).map(({ start }) => start);
    return { kernel: kernelOf(rootFile.text, root, bound.bindings, undefined, rootFile), plain, faults, broken, unresolved };
  }
  if (faults.length > 0) return { faults, unresolved };
  let map: SrcMap;
  try {
    map = linkRegistry({ resolver, rootModuleName: normalizeModuleName(`./${rootFile.path}`) });
  } catch (error) {
    faults.push({ file: rootFile.path, wrong: `The kernel cannot be linked: ${firstLine(error)}.`, right: "Mend its imports." });
    return { faults, unresolved };
  }
  const text = map.dest.text;
  const linked = parse({ path: rootFile.path, text }, "package::linked");
  if (!("moduleElem" in linked)) return { faults: [linked], unresolved };
  return { kernel: kernelOf(text, linked, bindAlone(linked), map, rootFile), faults, unresolved };
}

/** Undefined where there are so few attributes that reading them takes no time. */
function crowded({ path, text }: KernelFile): Fault | undefined {
  const count = text.split("@").length - 1;
  if (count <= MAX_ATTRIBUTES) return undefined;
  const place = placeIn(path, text, Math.max(0, text.search(/@(?!\s*[a-z_])/i)));
  return { ...place, wrong: `The file has ${count} @, and at most ${MAX_ATTRIBUTES} are read.`, right: "Take out those without a name." };
}

/** The first of them. */
function syntaxErrors({ diagnostics }: WeslAST): WeslAST["diagnostics"] {
  return diagnostics.filter(({ severity }) => severity === "error").slice(0, MAX_SYNTAX_ERRORS);
}

/** The module that the name at `path` is of, seen from the module `within`; "" for a name of its own. */
function moduleOf(path: readonly string[], within: string): string {
  const module = path.slice(0, -1);
  const up = module.lastIndexOf("super") + 1;
  const above = up === 0 ? [] : within.split("::").slice(0, -up);
  return [...above, ...module.slice(up)].join("::");
}

/** Parses and binds `text` as one module without imports, or undefined when its syntax is wrong. */
export function readText(text: string): Kernel | undefined {
  const file = { path: "kernel", text };
  const ast = parse(file, "package::kernel");
  if (!("moduleElem" in ast) || ast.diagnostics.some((d) => d.severity === "error")) return undefined;
  return kernelOf(text, ast, bindAlone(ast), undefined, file);
}

function bindAlone(rootAst: WeslAST): LinkBindings {
  return bindIdents({ rootAst, resolver: { resolveModule: () => undefined }, conditions: {}, accumulateUnbound: true, lenient: true })
    .bindings;
}

function kernelOf(text: string, ast: WeslAST, bindings: LinkBindings, map: SrcMap | undefined, root: KernelFile): Kernel {
  groupOperators(ast);
  bindLocals(ast, bindings);
  const starts = lineStarts(text);
  const placeOf = (offset: number): Place => {
    const source = map?.destToSrc(Math.min(offset, Math.max(0, text.length - 1)));
    if (!source) return placeIn(root.path, text, offset);
    return placeIn(source.src.path ?? root.path, source.src.text, source.position);
  };
  const placeAt = (line: number, column: number): Place => placeOf((starts[Math.max(0, line - 1)] ?? 0) + Math.max(0, column - 1));
  return { text, ast, bindings, placeOf, placeAt };
}

function parse(file: KernelFile, modulePath: string): WeslAST | Fault {
  try {
    return parseSrcModule({ modulePath, debugFilePath: file.path, src: file.text }, { keepComments: true });
  } catch (error) {
    // The reader wraps the stack's overflow where it was in a comment.
    const deep = error instanceof RangeError || firstLine(error).includes("Maximum call stack size exceeded");
    return {
      file: file.path,
      wrong: deep ? "The kernel is nested too deeply to be read." : `The kernel cannot be read: ${firstLine(error)}.`,
      right: deep ? "Break its expressions, blocks and comments up." : "Mend its syntax.",
    };
  }
}

/** True when nothing in the module needs the linker: no imports, no conditions. */
function isPlain(ast: WeslAST): boolean {
  if (ast.imports.length > 0) return false;
  let plain = true;
  visitAst(ast.moduleElem, (elem) => {
    if (elem.kind === "attribute" && ["@if", "@elif", "@else"].includes(elem.attribute.kind)) plain = false;
    if (elem.kind === "ref" && elem.ident.originalName.includes("::")) plain = false;
  });
  return plain;
}

/** The reader's message in words that can be seen, and the way out; `rest` is the text from the fault on, `before` that up to it. */
function syntaxFault(message: string, rest: string, before: string): { wrong: string; right: string } {
  // Two: one alone may be half of a character.
  const hidden = hiddenIn(rest.slice(0, 2), PLAIN_LINES_PATTERN);
  if (hidden?.before === 0) return { wrong: `There is ${hidden.name}, which is not seen.`, right: "Remove it." };
  if (rest.startsWith("#version"))
    return {
      wrong: "#version begins GLSL, and kernels are WGSL.",
      right: "Write it in WGSL: its entry point is @compute @workgroup_size(64) fn main().",
    };
  if (rest.startsWith("#")) {
    return {
      wrong: "WGSL has no preprocessor: # begins nothing.",
      right: "Write const or override for #define, and an import of another kernel file for #include.",
    };
  }
  if (rest.startsWith("${")) {
    return {
      wrong: `\${ is a template's: this text was meant to be filled in by a program.`,
      right: "Put the value there, or declare an override and give it in job.json's overrides.",
    };
  }
  if (rest.startsWith("[[")) {
    return {
      wrong: "[[…]] is an attribute of WGSL before 2022.",
      right:
        "Write @group(0) @binding(0) for [[group(0), binding(0)]], @compute @workgroup_size(64) for [[stage(compute), workgroup_size(64)]], @builtin(…) likewise, and leave [[block]] out.",
    };
  }
  const [, type] = /(?:^|[;{}]\s*|\n\s*)(\w+)\s+$/.exec(before) ?? [];
  const [, name] = /^(\w+)\s*[=;]/.exec(rest) ?? [];
  if (type && name && /^Expected call, assignment/.test(message)) {
    const [own] = /(?<=^WGSL's name is )\w+/.exec(OTHER_KERNEL_TYPES[type.toLowerCase()] ?? "") ?? [];
    return {
      wrong: `${type} ${name} is no declaration of WGSL's.`,
      right: `Write var ${name} : ${own ?? type} = …;, or let where it stays.`,
    };
  }
  const [word] = /^[a-z]\w*/i.exec(rest) ?? [];
  if (word && /^Expected identifier/.test(message))
    return { wrong: `WGSL keeps the word ${word} for itself.`, right: "Choose another name." };
  const expected = /^Expected (.+?)( after (.+))?$/i.exec(message);
  return { wrong: `${message}.`, right: expected ? `Put ${expected[1]} there.` : "Mend the syntax." };
}

function firstLine(error: unknown): string {
  const text = messageOf(error);
  return (text.split("\n")[0] ?? "").slice(0, 200);
}

/** Offsets of the first character of each line; WGSL's line breaks are LF, VT, FF, CR, CRLF, NEL, LS and PS. */
function lineStarts(text: string): readonly number[] {
  if (lastLines.text === text) return lastLines.starts;
  const starts = [0];
  for (const found of text.matchAll(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/g)) starts.push(found.index + found[0].length);
  lastLines = { text, starts };
  return starts;
}

/** Places in one text are asked for by the thousand. */
let lastLines: { text: string; starts: readonly number[] } = { text: "", starts: [0] };

function placeIn(file: string, text: string, offset: number): Place {
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
