/** What a kernel declares and where it is changed, and the types of its expressions. */
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
import type { Kernel } from "../read.ts";

export class Declared {
  protected readonly kernel: Kernel;
  private readonly changed = new Map<AbstractElem, AbstractElem[]>();
  protected readonly targets = new Map<AbstractElem, AbstractElem>();
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

  /** An integer, or a vector of them. */
  isIntegral(expression: ExpressionElem): boolean {
    return /^(?:u32|i32|abstract-int)$/.test(this.typeName(expression));
  }

  isScalar(expression: ExpressionElem): boolean {
    return this.scalarOf(expression) !== undefined;
  }

  isSigned(expression: ExpressionElem): boolean {
    return this.typeName(expression) === "i32";
  }

  /** Of a vector: its components are. */
  isUnsigned(expression: ExpressionElem): boolean {
    return this.typeName(expression) === "u32";
  }

  /** Components of a vector; undefined of what is none. */
  sizeOf(expression: ExpressionElem): number | undefined {
    const type = typeOfExpr(expression, { bindings: this.kernel.bindings });
    return type.kind === "vector" ? type.size : undefined;
  }

  /** Of a vector its element's, of a scalar its own. */
  protected typeName(expression: ExpressionElem): string {
    const type = typeOfExpr(expression, { bindings: this.kernel.bindings });
    const scalar = type.kind === "vector" ? type.elem : type;
    return scalar.kind === "scalar" ? scalar.scalar : scalar.kind;
  }

  protected isFixed(decl: AbstractElem): boolean {
    return decl.kind === "var" && this.changesOf(decl).length === 0;
  }

  /** Changed by its loop's own update alone: no condition inside of the body loses its truth by it. */
  protected isLoopVariable(decl: AbstractElem): boolean {
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
