/**
 * Races in a workgroup's memory, by computing what the first workgroup's invocations do with their own numbers: which element each
 * writes and reads between two barriers. What depends on data is left out, so that a race that is found is one.
 */
import { type AbstractElem, type ExpressionElem, type FnElem, refDecl, type Statement, visitAst } from "wesl/core";
import { evaluate } from "./attributes.ts";
import { builtinOf } from "./bounds/inputs.ts";
import type { Names } from "./bounds/names.ts";
import { calleeOf, functionOf, pointeeOf } from "./calls.ts";
import { isNumber, type Lanes, operated, unknown } from "./lanes.ts";
import { Phase, type SharedRace } from "./phase.ts";
import type { Kernel } from "./read.ts";

/** Results of expressions that are computed, over all invocations: a judgement has two seconds. */
const MAX_LANES = 600_000;
/** What one expression costs, however few the invocations are. */
const LEAST_SPENT = 64;
const LEAVES = /^(?:return|break|continue|discard)$/;
const SYNCS = /Barrier$|^workgroupUniformLoad$/;

type Size = readonly [number, number, number];
type Call = Extract<ExpressionElem, { kind: "call-expression" }>;
type Loop = Extract<Statement, { kind: "for" | "while" | "loop" }>;
type Mask = readonly boolean[];

/** It cannot be told from here on who is where. */
class Lost extends Error {}

export class Lockstep {
  private readonly vars = new Map<AbstractElem, Lanes>();
  private readonly gone: boolean[];
  private readonly loops: { broken: boolean[]; continued: boolean[] }[] = [];
  private readonly count: number;
  private readonly phase: Phase;
  private readonly syncing = new Map<AbstractElem, boolean>();
  private spent = 0;

  /** `constant`: what the job sets a number to that no invocation changes. */
  constructor(
    private readonly kernel: Kernel,
    private readonly names: Names,
    private readonly size: Size,
    private readonly constant: (expression: ExpressionElem) => number | undefined,
  ) {
    this.count = size[0] * size[1] * size[2];
    this.gone = Array.from({ length: this.count }, () => false);
    this.phase = new Phase();
  }

  races(entry: FnElem): SharedRace[] {
    try {
      this.block(
        entry.body.body,
        this.gone.map(() => true),
      );
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
    }
    return this.phase.races();
  }

  private block(statements: readonly Statement[], mask: Mask): void {
    for (const statement of statements) {
      const live = this.live(mask);
      if (!live.includes(true)) return;
      this.statement(statement, live);
    }
  }

  private live(mask: Mask): Mask {
    const loop = this.loops.at(-1);
    return mask.map((is, lane) => is && !this.gone[lane] && !loop?.broken[lane] && !loop?.continued[lane]);
  }

  private statement(statement: Statement, mask: Mask): void {
    switch (statement.kind) {
      case "block":
        this.block(statement.body, mask);
        return;
      case "let":
      case "var":
      case "const":
        this.vars.set(statement, statement.init ? this.value(statement.init, mask) : this.filled(0));
        return;
      case "assign": {
        // What is read for nothing races with nobody.
        const isPhony = statement.lhs.kind === "phony";
        const right = this.value(statement.rhs, isPhony ? mask.map(() => false) : mask);
        if (statement.lhs.kind === "phony") return;
        const operator = statement.op.value === "=" ? undefined : statement.op.value.slice(0, -1);
        this.assign(statement.lhs, operator, right, mask);
        return;
      }
      case "increment":
      case "decrement":
        this.assign(statement.target, statement.kind === "increment" ? "+" : "-", this.filled(1), mask);
        return;
      case "call":
        this.value(statement.call, mask);
        return;
      case "if": {
        const [yes, no] = this.ways(statement.condition, mask, statement);
        if (!yes || !no) return;
        this.block(statement.body.body, yes);
        if (statement.else) this.block([statement.else], no);
        return;
      }
      case "for":
      case "while":
      case "loop":
        this.loop(statement, mask);
        return;
      case "return":
      case "discard":
        if (statement.kind === "return" && statement.value) this.value(statement.value, mask);
        for (const lane of mask.keys()) if (mask[lane]) this.gone[lane] = true;
        return;
      case "break":
      case "continue": {
        const loop = this.loops.at(-1);
        if (!loop) throw new Lost();
        const left = statement.kind === "break" ? loop.broken : loop.continued;
        for (const lane of mask.keys()) if (mask[lane]) left[lane] = true;
        return;
      }
      case "empty":
        return;
      default:
        this.skip(statement);
    }
  }

  /** Who goes which way; none where that depends on data, and the statement is passed over. */
  private ways(condition: ExpressionElem, mask: Mask, statement: Statement): readonly [Mask?, Mask?] {
    const value = this.value(condition, mask);
    if (mask.some((is, lane) => is && value[lane] === undefined)) {
      this.skip(statement);
      return [];
    }
    return [mask.map((is, lane) => is && value[lane] !== 0), mask.map((is, lane) => is && value[lane] === 0)];
  }

  /** What is in the statement may happen or not: no race is made of it, and what it changes is not known. */
  private skip(statement: Statement): void {
    visitAst(statement, (part) => {
      this.spend(LEAST_SPENT);
      if (LEAVES.test(part.kind)) throw new Lost();
      if (part.kind === "call-expression" && this.syncs(part)) this.phase.end();
      const target = part.kind === "assign" ? part.lhs : part.kind === "increment" || part.kind === "decrement" ? part.target : undefined;
      const decl = target && target.kind !== "phony" ? this.variableOf(target) : undefined;
      if (decl) this.vars.set(decl, unknown(this.count));
    });
  }

  private loop(loop: Loop, mask: Mask): void {
    if (loop.kind === "for" && loop.init) this.init(loop.init, mask);
    this.loops.push({ broken: this.filled(0).map(() => false), continued: [] });
    const frame = this.loops.at(-1);
    let inside: Mask = mask;
    while (frame && inside.includes(true)) {
      // A turn may have nothing in it, and there may be turns without end.
      this.spend(LEAST_SPENT);
      if (loop.kind !== "loop" && loop.condition) {
        const value = this.value(loop.condition, inside);
        // Turns that went before are not taken back: what they did was sure.
        if (inside.some((is, lane) => is && value[lane] === undefined)) {
          this.loops.pop();
          this.skip(loop);
          return;
        }
        inside = inside.map((is, lane) => is && value[lane] !== 0);
      }
      frame.continued = this.gone.map(() => false);
      this.block(loop.body.body, inside);
      frame.continued = this.gone.map(() => false);
      inside = this.live(inside);
      if (loop.kind === "for" && loop.update) this.init(loop.update, inside);
      if (loop.kind === "loop" && loop.continuing) {
        this.block(loop.continuing.body.body, inside);
        const end = loop.continuing.breakIf && this.value(loop.continuing.breakIf, inside);
        if (end && inside.some((is, lane) => is && end[lane] === undefined)) throw new Lost();
        if (end) inside = inside.map((is, lane) => is && end[lane] === 0);
      }
    }
    this.loops.pop();
  }

  private init(init: Statement | Call, mask: Mask): void {
    if (init.kind === "call-expression") this.value(init, mask);
    else this.statement(init, mask);
  }

  private assign(target: ExpressionElem, operator: string | undefined, right: Lanes, mask: Mask): void {
    const element = this.elementOf(target, mask);
    if (element) {
      if (operator !== undefined) this.phase.read(element.name, element.keys, mask, target.start);
      this.phase.write(element.name, element.keys, mask, target.start);
      return;
    }
    const decl = this.variableOf(target);
    if (target.kind !== "ref" || !decl) {
      this.value(target, mask);
      if (decl) this.vars.set(decl, unknown(this.count));
      return;
    }
    const before = this.vars.get(decl) ?? unknown(this.count);
    const after = operator === undefined ? right : operated(operator, before, right, this.names.isUnsigned(target));
    this.vars.set(
      decl,
      before.map((value, lane) => (mask[lane] ? after[lane] : value)),
    );
  }

  private value(expression: ExpressionElem, mask: Mask): Lanes {
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

  private call(call: Call, mask: Mask): Lanes {
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
    if (input) return this.gone.map((_, lane) => this.inputOf(input.builtin, input.axis, lane));
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
  private elementOf(expression: ExpressionElem, mask: Mask): { name: string; keys: (string | undefined)[] } | undefined {
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
    const keys = this.gone.map((_, lane) => {
      const each = values.map((value) => value[lane]);
      return each.every(isNumber) ? each.join() : undefined;
    });
    return { name: decl.name.decl.ident.originalName, keys };
  }

  private variableOf(target: ExpressionElem): AbstractElem | undefined {
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
  private syncs(call: Call): boolean {
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

  private spend(lanes: number): void {
    this.spent += lanes;
    if (this.spent > MAX_LANES) throw new Lost();
  }

  private filled(value: number | undefined): Lanes {
    return this.gone.map(() => value);
  }
}

function isBool(operator: string): boolean {
  return operator === "&" || operator === "|" || operator === "==" || operator === "!=";
}
