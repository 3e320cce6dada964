/** What Tint says of a kernel beside its first error, at which it stops. */
import type { Kernel } from "../../shared/kernel/read.ts";
import { Silenced } from "../../shared/kernel/silenced.ts";

export interface TintError {
  message: string;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
}

/** What an error is about: how the text is written, a name that nothing declares, or what it says. */
export type About = "syntax" | "name" | "meaning";

/** The kernel, and where our own reader found its syntax broken: that is told by the reader. */
export interface Refused {
  kernel: Kernel;
  /** UTF-16 offsets in the kernel's text. */
  broken: readonly number[];
}

/** Compilations beside the first, and the processor time that they may take together: a judgement has two seconds. */
const MAX_TRIES = 32;
const MAX_TRIES_MICROS = 400_000;

const UNRESOLVED = /^unresolved (?!address space)[^']*'([^']*)'/;
/** An entry point's parameter has another type than its builtin: what is wrong with its values follows from it. */
const WRONG_BUILTIN = /^store type of '@builtin/;
/** About the ways through a function, which are others where parts of it are taken out. */
const ABOUT_FLOW = /^missing return|does not exit|unreachable|uniform control flow|behavior/;
/** The parser's: it tells where it stops, which may be a token or two late. */
const SYNTAX =
  /^(?:expected (?!attribute|builtin value)|unexpected|unable to parse|mixing|missing (?!return|entry)|invalid character|.* is a reserved keyword)/;

/**
 * `first`, the errors of the rest of the kernel, once these and what names them is taken out, those of what is left then, and so on.
 * Of a kernel whose syntax is broken only those of declarations that have no part in it.
 */
export async function allErrors(
  { kernel, broken }: Refused,
  first: readonly TintError[],
  compile: (text: string) => Promise<TintError[]>,
): Promise<TintError[]> {
  const rest = new Silenced(kernel);
  let taken = broken.filter((offset) => rest.silenceDeclaration(offset)).length;
  const found = broken.length > 0 ? [] : [...first];
  const begun = process.cpuUsage();
  let errors = first;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { user, system } = process.cpuUsage(begun);
    taken += errors.filter((error) => silence(rest, error)).length;
    if (taken === 0 || user + system > MAX_TRIES_MICROS) break;
    taken = 0;
    const { text, back } = rest.text();
    errors = (await compile(text)).map(({ message, offset }) => ({ message, offset: back(offset) }));
    if (errors.length === 0) break;
    found.push(...errors.filter((error) => isOwn(rest, error)));
  }
  const builtins = found.filter(({ message }) => WRONG_BUILTIN.test(message));
  return found.filter((error) => !builtins.some((builtin) => builtin !== error && rest.isNamedAt(error.offset, builtin.offset)));
}

export function aboutOf({ message }: TintError): About {
  if (SYNTAX.test(message)) return "syntax";
  return UNRESOLVED.test(message) ? "name" : "meaning";
}

function silence(rest: Silenced, { message, offset }: TintError): boolean {
  if (SYNTAX.test(message)) return rest.silenceDeclaration(offset);
  const before = rest.isChanged(offset);
  const [, name] = UNRESOLVED.exec(message) ?? [];
  if (name !== undefined) rest.silenceName(name);
  return (!before && rest.isChanged(offset)) || rest.silence(offset);
}

/** Not made by what was taken out. */
function isOwn(rest: Silenced, { message, offset }: TintError): boolean {
  if (rest.isChanged(offset) || (ABOUT_FLOW.test(message) && rest.isPartial(offset))) return false;
  const [, name] = UNRESOLVED.exec(message) ?? [];
  return name === undefined || !rest.names.has(name);
}
