/** What the expressions of a kernel name: declarations, bindings, and values that stay the same. */
import {
  type AbstractElem,
  type ExpressionElem,
  type FnElem,
  type ForElem,
  refDecl,
  type Statement,
  typeOfExpr,
  type VarElem,
  visitAst,
  type WhileElem,
} from "wesl/core";
import { evaluate } from "../attributes.ts";
import type { Kernel } from "../read.ts";

export class Names {
  private readonly kernel: Kernel;
  private readonly changed = new Map<AbstractElem, AbstractElem[]>();
  private readonly targets = new Map<AbstractElem, AbstractElem>();
  private readonly changedKeys = new Map<Statement, readonly string[]>();
  private readonly variables = new Map<ForElem | WhileElem, VarElem>();
  private readonly updates = new Map<AbstractElem, Statement>();

  constructor(kernel: Kernel, functions: readonly FnElem[]) {
    this.kernel = kernel;
    for (const fn of functions) {
      visitAst(fn, (elem) => {
        if (elem.kind === "assign" && elem.lhs.kind !== "phony") this.change(elem.lhs, elem);
        else if (elem.kind === "increment" || elem.kind === "decrement") this.change(elem.target, elem);
        else if (elem.kind === "unary-expression" && elem.operator.value === "&") this.change(elem.expression, elem);
        else if (elem.kind === "for" && elem.init?.kind === "var") this.count(elem, elem.init, elem.update);
        else if (elem.kind === "block") this.countWhiles(elem.body);
      });
    }
  }

  /** Where a variable is changed after its declaration. */
  changesOf(decl: AbstractElem): readonly AbstractElem[] {
    return this.changed.get(decl) ?? [];
  }

  /** The variable of a loop that its update alone changes. */
  variableOf(loop: ForElem | WhileElem): VarElem | undefined {
    const variable = this.variables.get(loop);
    return variable && this.changesOf(variable).every((change) => change === this.updates.get(variable)) ? variable : undefined;
  }

  /** How a loop changes its variable. */
  updateOf(variable: VarElem): Statement | undefined {
    return this.updates.get(variable);
  }

  declOf(ref: ExpressionElem): AbstractElem | undefined {
    return ref.kind === "ref" ? refDecl(ref.ident, this.kernel.bindings)?.declElem : undefined;
  }

  isInteger(expression: ExpressionElem): boolean {
    const kind = this.scalarOf(expression);
    return kind === "u32" || kind === "i32" || kind === "abstract-int";
  }

  isUnsigned(expression: ExpressionElem): boolean {
    return this.scalarOf(expression) === "u32";
  }

  /** What a name stands for that never changes. */
  initOf(decl: AbstractElem): ExpressionElem | undefined {
    if (decl.kind === "let" || decl.kind === "const") return decl.init;
    return decl.kind === "var" && this.isFixed(decl) ? decl.init : undefined;
  }

  /** The binding that an expression is a part of, and the path of that part. */
  pathOf(expression: ExpressionElem): { binding: string; path: string } | undefined {
    switch (expression.kind) {
      case "parenthesized-expression":
        return this.pathOf(expression.expression);
      case "ref": {
        const decl = this.declOf(expression);
        if (decl?.kind === "gvar") return { binding: decl.name.decl.ident.originalName, path: "" };
        return decl?.kind === "let" && decl.init ? this.pathOf(decl.init) : undefined;
      }
      case "component-member-expression": {
        const base = this.pathOf(expression.base);
        return (
          base && { binding: base.binding, path: base.path === "" ? expression.access.name : `${base.path}.${expression.access.name}` }
        );
      }
      case "component-expression": {
        const base = this.pathOf(expression.base);
        const index = base && evaluate(this.kernel, expression.access);
        return base && index !== undefined ? { binding: base.binding, path: `${base.path}[${index}]` } : undefined;
      }
      default:
        return undefined;
    }
  }

  /**
   * The same text for expressions that have the same value at all places of a function, or, of a key that `isPassing`, until one of
   * its variables is changed; undefined where that is not sure.
   */
  keyOf(expression: ExpressionElem): string | undefined {
    switch (expression.kind) {
      case "literal":
        return `=${expression.value}`;
      case "parenthesized-expression":
        return this.keyOf(expression.expression);
      case "ref": {
        const decl = this.declOf(expression);
        if (!decl || !("start" in decl)) return undefined;
        if (decl.kind === "let" && decl.init && isShort(decl.init)) {
          const key = this.keyOf(decl.init);
          return key === undefined || isPassing(key) ? nameKey(decl.start) : key;
        }
        if (decl.kind === "gvar") return decl.template?.[0]?.name === "uniform" ? nameKey(decl.start) : undefined;
        const steady = decl.kind === "let" || decl.kind === "const" || decl.kind === "override" || decl.kind === "param";
        if (steady || this.isFixed(decl) || this.isLoopVariable(decl)) return nameKey(decl.start);
        return decl.kind === "var" && this.changesOf(decl).every(({ kind }) => kind !== "unary-expression")
          ? passingKey(decl.start)
          : undefined;
      }
      case "component-member-expression": {
        const base = this.keyOf(expression.base);
        return base && `${base}.${expression.access.name}`;
      }
      case "binary-expression": {
        return this.pairKey(expression.left, expression.operator.value, expression.right);
      }
      case "call-expression": {
        const callee = expression.function.kind === "ref" ? expression.function.ident : expression.function.name;
        const [only, more] = expression.arguments;
        if (!only || more || !/^[ui]32$/.test(callee.originalName)) return undefined;
        const inner = this.keyOf(only);
        return inner && `${callee.originalName}(${inner})`;
      }
      default:
        return undefined;
    }
  }

  /** The key of `left operator right`, whether such an expression stands anywhere or not. */
  pairKey(left: ExpressionElem, operator: string, right: ExpressionElem): string | undefined {
    const [a, b] = [this.keyOf(left), this.keyOf(right)];
    return a && b && a.length + b.length < 200 ? `(${a}${operator}${b})` : undefined;
  }

  /** The keys of the variables that a statement changes. */
  changedBy(statement: Statement): readonly string[] {
    const known = this.changedKeys.get(statement);
    if (known) return known;
    const keys: string[] = [];
    visitAst(statement, (part) => {
      const decl = this.targets.get(part);
      if (decl && "start" in decl) keys.push(passingKey(decl.start));
    });
    this.changedKeys.set(statement, keys);
    return keys;
  }

  private isFixed(decl: AbstractElem): boolean {
    return decl.kind === "var" && this.changesOf(decl).length === 0;
  }

  /** Changed by its loop's own update alone: no condition inside of the body loses its truth by it. */
  private isLoopVariable(decl: AbstractElem): boolean {
    const changes = this.changesOf(decl);
    return changes.length === 1 && changes[0] === this.updates.get(decl);
  }

  /** `var i = …; while (i < n) { …; i += s; }` is a `for`, when nothing looks at the variable before the loop. */
  private countWhiles(statements: readonly Statement[]): void {
    for (const [index, loop] of statements.entries()) {
      const update = loop.kind === "while" ? loop.body.body.at(-1) : undefined;
      if (loop.kind !== "while" || (update?.kind !== "assign" && update?.kind !== "increment")) continue;
      const target = update.kind === "increment" ? update.target : update.lhs;
      const variable = target.kind === "ref" ? this.declOf(target) : undefined;
      if (variable?.kind !== "var") continue;
      const declared = statements.indexOf(variable);
      if (declared < 0 || declared > index) continue;
      if (!statements.slice(declared + 1, index).some((between) => this.mentions(between, variable))) this.count(loop, variable, update);
    }
  }

  private count(loop: ForElem | WhileElem, variable: VarElem, update: Statement | undefined): void {
    this.variables.set(loop, variable);
    if (update) this.updates.set(variable, update);
  }

  private mentions(statement: Statement, variable: VarElem): boolean {
    let found = false;
    visitAst(statement, (part) => {
      if (part.kind === "ref" && this.declOf(part) === variable) found = true;
    });
    return found;
  }

  private scalarOf(expression: ExpressionElem): string | undefined {
    const type = typeOfExpr(expression, { bindings: this.kernel.bindings });
    return type.kind === "scalar" ? type.scalar : undefined;
  }

  private change(target: ExpressionElem, by: AbstractElem): void {
    let at = target;
    while (at.kind !== "ref") {
      if (at.kind === "component-expression" || at.kind === "component-member-expression") at = at.base;
      else if (at.kind === "parenthesized-expression" || at.kind === "unary-expression") at = at.expression;
      else return;
    }
    const decl = this.declOf(at);
    if (!decl) return;
    this.changed.set(decl, [...(this.changed.get(decl) ?? []), by]);
    this.targets.set(by, decl);
  }
}

/** No literal has it, wherever the declaration stands. */
function nameKey(start: number): string {
  return `@${start}`;
}

/** Of a variable that is changed here and there. */
function passingKey(start: number): string {
  return `~${start};`;
}

/** The key's value holds only until a variable in it is changed. */
export function isPassing(key: string): boolean {
  return key.includes("~");
}

/** A name for something else, not a computation. */
function isShort(init: ExpressionElem): boolean {
  if (init.kind === "ref") return true;
  if (init.kind === "parenthesized-expression") return isShort(init.expression);
  if (init.kind === "component-member-expression") return isShort(init.base);
  return init.kind === "call-expression" && init.arguments.length === 1 && init.arguments.every(isShort);
}
