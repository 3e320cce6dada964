/**
 * A kernel's text without what was refused of it. What stands at a place goes in steps, the least first: a value or a condition gives way to
 * one that is good wherever it stands, then its statement goes, then its function. With a declaration goes all that names it, so that what
 * is refused of the rest is wrong by itself.
 */
import { type AbstractElem, childElems, type FnElem, type RefIdentElem, refDecl, visitAst } from "wesl/core";
import { hasAttribute } from "./attributes.ts";
import type { Kernel } from "./read.ts";

interface Edit {
  start: number;
  end: number;
  /** What stands there instead. */
  text: string;
}

/** A step that can be taken at a place: its edits, and the declaration that is gone with them. */
interface Step {
  of: AbstractElem;
  edits: Edit[];
  gone?: AbstractElem;
}

/** Above WebGPU's default limit, so that no kernel has it. */
const FREE_BINDING = 1_000;
/** Each is compared with each: who has more to take out has errors enough to see to. */
const MAX_EDITS = 1_000;

export class Silenced {
  private readonly kernel: Kernel;
  private readonly decls: readonly AbstractElem[];
  /** Where a declaration is named, and, by the name, what nothing declares. */
  private readonly refs = new Map<AbstractElem | string, RefIdentElem[]>();
  private readonly edits: Edit[] = [];
  /** Names of declarations that are gone. */
  readonly names = new Set<string>();
  /** Steps that were taken of an element. */
  private readonly taken = new Map<AbstractElem, number>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.decls = kernel.ast.moduleElem.decls;
    visitAst(kernel.ast.moduleElem, (elem) => {
      if (elem.kind !== "ref") return;
      const decl = refDecl(elem.ident, kernel.bindings)?.declElem;
      if (!decl && kernel.bindings.refersTo.has(elem.ident)) return;
      const key = decl ?? elem.ident.originalName;
      const refs = this.refs.get(key);
      if (refs) refs.push(elem);
      else this.refs.set(key, [elem]);
    });
  }

  /** Takes the next step at `offset`; false where none is left. */
  silence(offset: number): boolean {
    const decl = this.decls.find((elem) => holds(elem, offset));
    if (!decl || !("start" in decl) || this.edits.length > MAX_EDITS) return false;
    const steps = decl.kind === "fn" ? this.stepsOfFn(decl, offset) : [...this.elsewhere(decl), this.gone(decl)];
    for (const [index, step] of steps.entries()) {
      const rank = steps.slice(0, index + 1).filter(({ of }) => of === step.of).length;
      if ((this.taken.get(step.of) ?? 0) >= rank) continue;
      this.taken.set(step.of, rank);
      this.edits.push(...step.edits);
      if (step.gone) this.forget(step.gone);
      return true;
    }
    return false;
  }

  /** Takes the declaration at `offset` with all that names it; with it that before it where it only begins there, that after a gap. */
  silenceDeclaration(offset: number): boolean {
    const index = this.decls.findIndex((elem) => holds(elem, offset));
    const decl = this.decls[index];
    if (!decl) return this.silenceGap(offset);
    const before = "start" in decl && decl.start === offset ? this.decls[index - 1] : undefined;
    return [before, decl].filter((elem) => elem !== undefined && this.drop(elem)).length > 0;
  }

  /** Takes every place out where a name stands that nothing declares. */
  silenceName(name: string): void {
    this.withoutRefs(name);
  }

  /** Something else stands at `offset` now. */
  isChanged(offset: number): boolean {
    return this.edits.some(({ start, end }) => start <= offset && offset < Math.max(end, start + 1));
  }

  /** Something of the declaration that `offset` lies in is taken out. */
  isPartial(offset: number): boolean {
    const decl = this.decls.find((elem) => holds(elem, offset));
    return decl !== undefined && this.edits.some(({ start }) => holds(decl, start));
  }

  /** The statement at `offset` names the parameter at `param`. */
  isNamedAt(offset: number, param: number): boolean {
    const fn = this.decls.find((elem) => holds(elem, param));
    if (fn?.kind !== "fn" || !holds(fn.body, offset)) return false;
    const statement = innermost(fn.body, offset);
    const meant = fn.params.find((each) => holds(each, param));
    const refs = (meant && this.refs.get(meant)) ?? [];
    return statement !== undefined && refs.some(({ start }) => holds(statement, start));
  }

  /** The text that is left, and the way from its UTF-16 offsets back to the kernel's. */
  text(): { text: string; back: (offset: number) => number } {
    const { text } = this.kernel;
    const edits = [...this.edits].sort((a, b) => a.start - b.start || b.end - a.end);
    const parts: { from: number; at: number; length: number; text: string; own: boolean }[] = [];
    let [cursor, at] = [0, 0];
    const add = (from: number, part: string, own: boolean) => {
      parts.push({ from, at, length: part.length, text: part, own });
      at += part.length;
    };
    for (const edit of edits) {
      // A larger one covers it.
      if (edit.start < cursor) continue;
      add(cursor, text.slice(cursor, edit.start), true);
      add(edit.start, edit.text, false);
      cursor = edit.end;
    }
    add(cursor, text.slice(cursor), true);
    const back = (offset: number): number => {
      const part = parts.findLast((each) => each.at <= offset && (each.length > 0 || each.at === offset)) ?? parts[0];
      return part ? part.from + (part.own ? offset - part.at : 0) : offset;
    };
    return { text: parts.map((part) => part.text).join(""), back };
  }

  /** What could not be read as a declaration, between those that could; the next with it where it may be the end of it. */
  private silenceGap(offset: number): boolean {
    const spans = this.decls.flatMap((elem) => ("start" in elem ? [elem] : []));
    const start = Math.max(0, ...spans.filter(({ end }) => end <= offset).map(({ end }) => end));
    const next = spans.find((elem) => elem.start > offset);
    const end = next?.start ?? this.kernel.text.length;
    if (this.isChanged(offset) || end <= start) return false;
    const isWhole = /[;}]$/.test(this.kernel.text.slice(start, end).trimEnd());
    this.edits.push({ start, end, text: "\n" });
    if (next && !isWhole) this.drop(next);
    return true;
  }

  /** A binding at a place that no other has: what is wrong with its attributes is none of its values' affair. */
  private elsewhere(decl: AbstractElem): Step[] {
    if (decl.kind !== "gvar" || !/^(?:storage|uniform)$/.test(decl.template?.[0]?.name ?? "")) return [];
    const attributes = (decl.attributes ?? []).map((attribute) => instead(attribute, ""));
    const start = Math.max(decl.start, ...attributes.map(({ end }) => end));
    const place = `@group(3) @binding(${FREE_BINDING + this.decls.indexOf(decl)}) `;
    return [{ of: decl, edits: [...attributes, { start, end: start, text: ` ${place}` }] }];
  }

  private drop(decl: AbstractElem): boolean {
    let dropped = false;
    while ("start" in decl && !this.edits.some(({ start, end }) => start <= decl.start && decl.end <= end)) {
      if (!this.silence(decl.kind === "fn" ? decl.name.start : decl.start)) break;
      dropped = true;
    }
    return dropped;
  }

  private forget(decl: AbstractElem): void {
    const name = nameOf(decl);
    if (name !== undefined) this.names.add(name);
    this.withoutRefs(decl);
  }

  private withoutRefs(named: AbstractElem | string): void {
    for (const { start } of this.refs.get(named) ?? []) while (!this.isChanged(start) && this.silence(start));
  }

  private stepsOfFn(fn: FnElem, offset: number): Step[] {
    const whole = this.gone(fn);
    if (!holds(fn.body, offset)) return isEntryPoint(fn) ? [plainFunction(fn), whole] : [whole];
    const returned = fn.returnType && this.kernel.text.slice(fn.returnType.start, fn.returnType.end);
    const statement = innermost(fn.body, offset);
    if (!statement) return [{ of: fn.body, edits: [atEnd(fn, returned)] }, whole];
    const light = this.lightEdit(statement, offset, returned);
    return [...(light ? [{ of: statement, edits: [light] }] : []), this.gone(statement), whole];
  }

  /** The header of a loop needs its semicolons. */
  private gone(elem: AbstractElem & { start: number; end: number }): Step {
    return { of: elem, edits: [instead(elem, this.kernel.text[elem.end - 1] === ";" ? ";" : "")], gone: elem };
  }

  /** The part of a statement that gives way while the rest of it stays. */
  private lightEdit(statement: AbstractElem, offset: number, returned: string | undefined): Edit | undefined {
    switch (statement.kind) {
      case "let":
      case "var": {
        const type = statement.name.typeRef;
        return type && statement.init && instead(statement.init, `${this.kernel.text.slice(type.start, type.end)}()`);
      }
      case "return":
        return instead(statement, returned === undefined ? "return;" : `return ${returned}();`);
      case "if":
      case "while":
      case "for":
      case "break":
        return statement.condition && (holds(statement.condition, offset) || offset === statement.start)
          ? instead(statement.condition, " true ")
          : undefined;
      case "switch":
        return holds(statement.selector, offset) ? instead(statement.selector, " 0 ") : undefined;
      default:
        return undefined;
    }
  }
}

/** Without the attributes that make an entry point of it: then its body is judged as any function's. */
function plainFunction(fn: FnElem): Step {
  const attributes = [...(fn.attributes ?? []), ...(fn.returnAttributes ?? []), ...fn.params.flatMap((param) => param.attributes ?? [])];
  return { of: fn.name, edits: attributes.map((attribute) => instead(attribute, "")) };
}

function atEnd({ body }: FnElem, returned: string | undefined): Edit {
  return { start: body.end - 1, end: body.end, text: returned === undefined ? "}" : `return ${returned}();}` };
}

function instead({ start, end }: { start: number; end: number }, text: string): Edit {
  return { start, end, text };
}

function nameOf(decl: AbstractElem): string | undefined {
  switch (decl.kind) {
    case "fn":
    case "struct":
    case "alias":
      return decl.name.ident.originalName;
    case "gvar":
    case "override":
    case "const":
    case "let":
    case "var":
      return decl.name.decl.ident.originalName;
    default:
      return undefined;
  }
}

function holds(elem: AbstractElem, offset: number): boolean {
  return "start" in elem && elem.start <= offset && offset < elem.end;
}

function isEntryPoint(fn: FnElem): boolean {
  return ["compute", "vertex", "fragment"].some((stage) => hasAttribute(fn.attributes, stage));
}

const STATEMENTS: ReadonlySet<string> = new Set(
  "if for while loop continuing switch return break continue discard assign increment decrement call assert var let const".split(" "),
);

/** The innermost statement at `offset` that is no block. */
function innermost(elem: AbstractElem, offset: number): (AbstractElem & { start: number; end: number }) | undefined {
  for (const child of childElems(elem)) {
    if (!holds(child, offset)) continue;
    const inner = innermost(child, offset);
    if (inner) return inner;
    if (STATEMENTS.has(child.kind) && "start" in child) return child;
  }
  return undefined;
}
