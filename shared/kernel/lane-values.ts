/** What the expressions of a kernel are for each invocation of its first workgroup, and which of the workgroup's memory they read. */
import { type AbstractElem, type ExpressionElem, type FnElem, type FunctionCallExpression, refDecl, visitAst } from "wesl/core";
import { evaluate } from "./attributes.ts";
import { builtinOf } from "./bounds/inputs.ts";
import type { Names } from "./bounds/names.ts";
import { calleeOf, functionOf, pointeeOf } from "./calls.ts";
import { isNumber, type Lanes, operated, unknown } from "./lanes.ts";
import type { Phase } from "./phase.ts";
import type { Kernel } from "./read.ts";

/** Results of expressions that are computed, over all invocations: a judgement has two seconds. */
const MAX_LANES = 600_000;
/** What one expression costs, however few the invocations are. */
export const LEAST_SPENT = 64;
const SYNCS = /Barrier$|^workgroupUniformLoad$/;

export type Size = readonly [number, number, number];
export type Mask = readonly boolean[];

/** It cannot be told from here on who is where. */
export class Lost extends Error {}

export class LaneValues {
  /** Of the variables that are known. */
  readonly vars = new Map<AbstractElem, Lanes>();
  readonly count: number;
  private readonly syncing = new Map<FnElem, boolean>();
  private spent = 0;

  /** `constant`: what the job sets a number to that no invocation changes. */
  constructor(
    private readonly kernel: Kernel,
    private readonly names: Names,
    private readonly size: Size,
    private readonly constant: (expression: ExpressionElem) => number | undefined,
    private readonly phase: Phase,
  ) {
    this.count = size[0] * size[1] * size[2];
  }

  value(expression: ExpressionElem, mask: Mask): Lanes {
    this.spend(Math.max(this.count, LEAST_SPENT));
    switch (expression.kind) {
      case "literal":
        if (expression.value === "true" || expression.value === "false") return this.filled(expression.value === "true" ? 1 : 0);
        return this.filled(this.names.isInteger(expression) ? evaluate(this.kernel, expression) : undefined);
      case "parenthesized-expression":
        return this.value(expression.expression, mask);
      case "unary-expression": {
        const inner = this.value(expression.expression, mask);
        if (expression.operator.value === "!") return inner.map((each) => (each === undefined ? undefined : Number(each === 0)));
        if (expression.operator.value !== "-" || !this.names.isIntegral(expression)) return unknown(this.count);
        return operated("-", this.filled(0), inner, false);
      }
      case "binary-expression":
        return this.binary(expression, mask);
      case "call-expression":
        return this.call(expression, mask);
      case "ref":
      case "component-expression":
      case "component-member-expression":
        return this.named(expression, mask);
      default:
        return unknown(this.count);
    }
  }

  private binary(expression: Extract<ExpressionElem, { kind: "binary-expression" }>, mask: Mask): Lanes {
    const { value } = expression.operator;
    const left = this.value(expression.left, mask);
    if (value === "&&" || value === "||") {
      const stops = value === "&&" ? 0 : 1;
      const asks = mask.map((is, lane) => is && left[lane] !== undefined && left[lane] !== stops);
      const right = this.value(expression.right, asks);
      return left.map((each, lane) => (each === undefined ? undefined : each === stops ? stops : right[lane]));
    }
    const right = this.value(expression.right, mask);
    if (!this.names.isIntegral(expression.left) && !isBool(value)) return unknown(this.count);
    return operated(value, left, right, this.names.isUnsigned(expression.left) || this.names.isUnsigned(expression.right));
  }

  private call(call: FunctionCallExpression, mask: Mask): Lanes {
    const callee = calleeOf(call);
    const args = call.arguments.map((argument) => {
      // A pointer reads nothing here, and who is given one may do with it what is not seen.
      return pointeeOf(argument) ? unknown(this.count) : this.value(argument, mask);
    });
    if (this.syncs(call)) this.phase.end();
    const [a, b] = args;
    if (refDecl(callee, this.kernel.bindings) || !a) return unknown(this.count);
    const isUnsigned = this.names.isUnsigned(call);
    if (/^[ui]32$/.test(callee.originalName)) return operated("+", a, this.filled(0), isUnsigned);
    if (b && (callee.originalName === "min" || callee.originalName === "max")) {
      const pick = callee.originalName === "min" ? Math.min : Math.max;
      return a.map((each, lane) => {
        const other = b[lane];
        return each === undefined || other === undefined ? undefined : pick(each, other);
      });
    }
    return unknown(this.count);
  }

  private named(expression: ExpressionElem, mask: Mask): Lanes {
    const element = this.elementOf(expression, mask);
    if (element) {
      this.phase.read(element.name, element.keys, mask, expression.start);
      return unknown(this.count);
    }
    const decl = expression.kind === "ref" ? this.names.declOf(expression) : undefined;
    const known = decl && this.vars.get(decl);
    if (known && decl) return this.isPointed(decl) ? unknown(this.count) : known;
    const key = this.names.keyOf(expression);
    const input = key === undefined ? undefined : builtinOf(key);
    if (input) return this.filled(0).map((_, lane) => this.inputOf(input.builtin, input.axis, lane));
    if (expression.kind === "component-expression") {
      this.value(expression.base, mask);
      this.value(expression.access, mask);
    } else if (expression.kind === "component-member-expression") this.value(expression.base, mask);
    return this.filled(this.constant(expression));
  }

  private inputOf(builtin: string, axis: number, lane: number): number | undefined {
    const [x, y] = this.size;
    const place = [lane % x, Math.floor(lane / x) % y, Math.floor(lane / (x * y))];
    switch (builtin) {
      case "local_invocation_index":
        return lane;
      case "local_invocation_id":
      case "global_invocation_id":
        return place[axis];
      case "workgroup_id":
        return 0;
      default:
        return undefined;
    }
  }

  /** The element of a workgroup's variable that an expression is, for each invocation; `""` for one that is no array. */
  elementOf(expression: ExpressionElem, mask: Mask): { name: string; keys: (string | undefined)[] } | undefined {
    const indices: ExpressionElem[] = [];
    let at = expression;
    for (;;) {
      if (at.kind === "parenthesized-expression") at = at.expression;
      else if (at.kind === "component-expression") {
        indices.unshift(at.access);
        at = at.base;
      } else break;
    }
    const decl = this.names.declOf(at);
    if (decl?.kind !== "gvar" || decl.template?.[0]?.name !== "workgroup") return undefined;
    // Parts of an element are other memory than their neighbours: only whole scalars are told apart.
    if (!this.names.isScalar(expression)) return undefined;
    const values = indices.map((index) => this.value(index, mask));
    const keys = this.filled(0).map((_, lane) => {
      const each = values.map((value) => value[lane]);
      return each.every(isNumber) ? each.join() : undefined;
    });
    return { name: decl.name.decl.ident.originalName, keys };
  }

  variableOf(target: ExpressionElem): AbstractElem | undefined {
    let at = target;
    while (at.kind !== "ref") {
      if (at.kind === "component-expression" || at.kind === "component-member-expression") at = at.base;
      else if (at.kind === "parenthesized-expression" || at.kind === "unary-expression") at = at.expression;
      else return undefined;
    }
    return this.names.declOf(at);
  }

  private isPointed(decl: AbstractElem): boolean {
    return this.names.changesOf(decl).some(({ kind }) => kind === "unary-expression");
  }

  /** A barrier, or a function that may have one. */
  syncs(call: FunctionCallExpression): boolean {
    const decl = functionOf(this.kernel, call);
    if (!decl) return SYNCS.test(calleeOf(call).originalName);
    const known = this.syncing.get(decl);
    if (known !== undefined) return known;
    let may = false;
    visitAst(decl, (part) => {
      if (part.kind !== "call-expression") return;
      if (functionOf(this.kernel, part) || SYNCS.test(calleeOf(part).originalName)) may = true;
    });
    this.syncing.set(decl, may);
    return may;
  }

  spend(lanes: number): void {
    this.spent += lanes;
    if (this.spent > MAX_LANES) throw new Lost();
  }

  filled(value: number | undefined): Lanes {
    return Array.from({ length: this.count }, () => value);
  }
}

function isBool(operator: string): boolean {
  return operator === "&" || operator === "|" || operator === "==" || operator === "!=";
}
