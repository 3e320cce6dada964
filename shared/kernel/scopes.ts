/** Names of a function's own declarations, resolved as WGSL does: https://www.w3.org/TR/WGSL/#declaration-and-scope */
import { type AbstractElem, childElems, type DeclIdent, type FnElem, type LinkBindings, type RefIdent, type WeslAST } from "wesl/core";

/**
 * Sets right in `bindings` what the reader (wesl 0.7.31) binds otherwise: a local name means its declaration only from that declaration's end
 * on, so that the second q of `let q = sin(q);` is the outer one. To be called before any type is asked for.
 */
export function bindLocals({ moduleElem, rootScope }: WeslAST, bindings: LinkBindings): void {
  const globals = new Map((bindings.rootDecls.get(rootScope) ?? []).map((ident) => [ident.originalName, ident]));
  for (const elem of moduleElem.decls) if (elem.kind === "fn") new Scopes(globals, bindings).walk(elem);
}

/** The declarations that can be seen where the walk is. */
class Scopes {
  private readonly globals: ReadonlyMap<string, DeclIdent>;
  private readonly bindings: LinkBindings;
  private readonly locals = new Map<string, DeclIdent[]>();
  /** Names in the order of their declarations. */
  private readonly declared: string[] = [];

  constructor(globals: ReadonlyMap<string, DeclIdent>, bindings: LinkBindings) {
    this.globals = globals;
    this.bindings = bindings;
  }

  /** Without recursion: a kernel may be nested as deep as the parser bears. */
  walk(fn: FnElem): void {
    const steps: (AbstractElem | (() => void))[] = [fn];
    for (let step = steps.pop(); step; step = steps.pop()) {
      if (typeof step === "function") {
        step();
        continue;
      }
      const elem = step;
      if (elem.kind === "ref") this.bind(elem.ident);
      else if (elem.kind === "let" || elem.kind === "const" || elem.kind === "var") steps.push(() => this.declare(elem.name.decl.ident));
      else if (elem.kind === "block" || elem.kind === "for") {
        const outside = this.declared.length;
        steps.push(() => this.leave(outside));
      }
      if (elem === fn.body) for (const { name } of fn.params) this.declare(name.decl.ident);
      steps.push(...childElems(elem).toReversed());
    }
  }

  private declare(ident: DeclIdent): void {
    const name = ident.originalName;
    const known = this.locals.get(name);
    if (known) known.push(ident);
    else this.locals.set(name, [ident]);
    this.declared.push(name);
  }

  private leave(outside: number): void {
    while (this.declared.length > outside) this.locals.get(this.declared.pop() ?? "")?.pop();
  }

  private bind(ref: RefIdent): void {
    const { refersTo } = this.bindings;
    const local = this.locals.get(ref.originalName)?.at(-1);
    const bound = refersTo.get(ref);
    if (local) refersTo.set(ref, local);
    else if (bound && bound !== "std" && !bound.isGlobal) refersTo.set(ref, this.globals.get(ref.originalName) ?? "std");
  }
}
