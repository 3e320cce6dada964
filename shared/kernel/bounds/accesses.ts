/** Every element of a binding that an entry point reads or stores, with what is known of its index. */
import { type AbstractElem, type ExpressionElem, type FnElem, type ForElem, refDecl, type Statement, visitAst } from "wesl/core";
import type { Layout } from "../layout.ts";
import type { Facts } from "./facts.ts";
import { Names } from "./names.ts";
import { type Place, startOf } from "./place.ts";
import { isConstant, type Range } from "./range.ts";
import { TooLong, Values } from "./values.ts";

export interface Access {
  binding: string;
  /** The array and its index as they are written. */
  text: string;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
  stores: boolean;
  elements: number;
  /** The length stands in the kernel: `array<u32, 4>`. */
  fixed: boolean;
  /** Undefined: the text does not show it. */
  range: Range | undefined;
  /** The range's end is reached by an invocation that really gets here. */
  reached: boolean;
}

const ATOMIC_READ = "atomicLoad";
const MAX_DEPTH = 32;

/** The accesses in reading order; `whole` is false where the kernel was too long to be followed to its end. */
export function accessesOf(facts: Facts): { accesses: Access[]; whole: boolean } {
  const functions = facts.kernel.ast.moduleElem.decls.filter((elem): elem is FnElem => elem.kind === "fn");
  const entry = functions.find((fn) => fn.name.ident.originalName === facts.entryPoint);
  const walk = new Walk(facts, functions);
  try {
    if (entry) walk.body(entry, startOf(new Map()));
    return { accesses: walk.found, whole: true };
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    return { accesses: walk.found, whole: false };
  }
}

/** A variable or a part of it. */
interface Memory {
  binding: string;
  layout: Layout;
}

class Walk {
  readonly found: Access[] = [];
  private readonly facts: Facts;
  private readonly names: Names;
  private readonly values: Values;
  /** What the pointers among a function's parameters lead to, while it is looked at. */
  private pointees = new Map<AbstractElem, Memory | undefined>();
  private depth = 0;

  constructor(facts: Facts, functions: readonly FnElem[]) {
    this.facts = facts;
    this.names = new Names(facts.kernel, functions);
    this.values = new Values(facts, this.names);
  }

  body(fn: FnElem, place: Place): void {
    if (++this.depth > MAX_DEPTH) throw new TooLong();
    this.block(fn.body.body, place);
    this.depth--;
  }

  private block(statements: readonly Statement[], place: Place): Place {
    let at = place;
    for (const statement of statements) {
      if (at.dead) break;
      at = this.statement(statement, at);
    }
    return at;
  }

  /** What holds after the statement. */
  private statement(statement: Statement, place: Place): Place {
    switch (statement.kind) {
      case "block":
        return this.block(statement.body, place);
      case "let":
      case "var":
      case "const":
        this.read(statement.init, place);
        return place;
      case "assign":
        if (statement.lhs.kind !== "phony") this.look(statement.lhs, place, true);
        this.read(statement.rhs, place);
        return place;
      case "increment":
      case "decrement":
        this.look(statement.target, place, true);
        return place;
      case "call":
        this.read(statement.call, place);
        return place;
      case "if": {
        this.read(statement.condition, place);
        const [yes, no] = [this.values.assume(statement.condition, true, place), this.values.assume(statement.condition, false, place)];
        const after = this.block(statement.body.body, yes);
        const otherwise = statement.else ? this.statement(statement.else, no) : no;
        if (after.dead) return otherwise;
        if (otherwise.dead) return after;
        return { ...place, sure: place.sure && !leaves(statement) };
      }
      case "for":
        return this.loop(statement, place);
      case "while":
        this.read(statement.condition, place);
        this.block(statement.body.body, this.values.assume(statement.condition, true, { ...place, sure: false }));
        return { ...place, sure: place.sure && !leaves(statement.body) };
      case "loop":
        this.block(statement.body.body, { ...place, sure: false });
        if (statement.continuing) this.statement(statement.continuing, { ...place, sure: false });
        return { ...place, sure: place.sure && !leaves(statement.body) };
      case "continuing":
        this.block(statement.body.body, place);
        this.read(statement.breakIf, place);
        return place;
      case "switch":
        this.read(statement.selector, place);
        for (const clause of statement.clauses) this.block(clause.body.body, { ...place, sure: false });
        return { ...place, sure: place.sure && !leaves(statement) };
      case "return":
        this.read(statement.value, place);
        return { ...place, dead: true };
      case "break":
      case "continue":
      case "discard":
        return { ...place, dead: true };
      default:
        return place;
    }
  }

  private loop(loop: ForElem, place: Place): Place {
    if (loop.init?.kind === "call") this.read(loop.init.call, place);
    else if (loop.init) this.statement(loop.init, place);
    const variable = loop.init?.kind === "var" ? loop.init : undefined;
    const own = variable && this.names.changesOf(variable).every((change) => change === loop.update);
    let inside: Place = { ...place, sure: false };
    if (variable && own) {
      const range = this.counted(loop, variable.init, place);
      const known = new Map(place.known).set(variable, range?.range);
      inside = { ...place, known, memo: new Map(), sure: place.sure && range?.each === true };
    }
    this.read(loop.condition, inside);
    if (loop.condition) {
      const assumed = this.values.assume(loop.condition, true, inside);
      // A count that is known has its condition in its range already.
      inside = inside.sure ? { ...assumed, sure: true } : assumed;
    }
    this.block(loop.body.body, inside);
    if (loop.update?.kind === "call") this.read(loop.update.call, inside);
    else if (loop.update) this.statement(loop.update, inside);
    return { ...place, sure: place.sure && !leaves(loop.body) };
  }

  /** The range of a loop's variable; `each`: it takes every value of it. */
  private counted(loop: ForElem, init: ExpressionElem | undefined, place: Place): { range: Range; each: boolean } | undefined {
    const first = init && this.values.rangeOf(init, place);
    const { condition, update } = loop;
    if (!first || !update) return undefined;
    const grows = update.kind === "increment" || (update.kind === "assign" && update.op.value === "+=");
    if (!grows) return undefined;
    const by = update.kind === "increment" ? 1 : update.kind === "assign" ? this.values.rangeOf(update.rhs, place)?.min : undefined;
    if (by === undefined || by < 0) return undefined;
    const bounded = condition?.kind === "binary-expression" && /^<=?$/.test(condition.operator.value) ? condition : undefined;
    const isVariable = bounded && this.names.declOf(bounded.left) === loop.init;
    const bound = bounded && isVariable ? this.values.rangeOf(bounded.right, place) : undefined;
    const last = bound && bound.max - (bounded?.operator.value === "<" ? 1 : 0);
    // Beyond 2^31 the condition alone tells.
    if (last === undefined) return { range: { min: first.min, max: 2 ** 32, axes: 15 }, each: false };
    const each = by === 1 && isConstant(first) && bound !== undefined && isConstant(bound) && last >= first.min && !leaves(loop.body);
    const range: Range = { min: first.min, max: Math.max(first.min, last), axes: first.axes };
    return { range: each ? { ...range, top: "last", axes: 0, free: true } : { ...range, axes: 15 }, each };
  }

  private read(expression: ExpressionElem | undefined, place: Place): void {
    if (expression) this.look(expression, place, false);
  }

  private look(expression: ExpressionElem, place: Place, stores: boolean): void {
    switch (expression.kind) {
      case "parenthesized-expression":
        this.look(expression.expression, place, stores);
        return;
      case "unary-expression": {
        const { value } = expression.operator;
        this.look(expression.expression, place, value === "&" || (value === "*" && stores));
        return;
      }
      case "component-member-expression":
        this.look(expression.base, place, stores);
        return;
      case "component-expression":
        this.access(expression, place, stores);
        this.look(expression.base, place, stores);
        this.read(expression.access, place);
        return;
      case "binary-expression": {
        const { value } = expression.operator;
        this.read(expression.left, place);
        const right = value === "&&" || value === "||" ? this.values.assume(expression.left, value === "&&", place) : place;
        this.read(expression.right, right);
        return;
      }
      case "call-expression":
        this.call(expression, place);
        return;
      default:
    }
  }

  private call(call: Extract<ExpressionElem, { kind: "call-expression" }>, place: Place): void {
    const callee = call.function.kind === "ref" ? call.function.ident : call.function.name;
    const decl = refDecl(callee, this.facts.kernel.bindings)?.declElem;
    call.arguments.forEach((argument, index) => {
      const pointee = index === 0 && argument.kind === "unary-expression" && argument.operator.value === "&";
      const reads = pointee && !decl && (callee.originalName === ATOMIC_READ || callee.originalName === "arrayLength");
      if (reads) this.read(argument.expression, place);
      else this.read(argument, place);
    });
    if (decl?.kind !== "fn") return;
    const before = this.pointees;
    const pointees = new Map<AbstractElem, Memory | undefined>();
    decl.params.forEach((param, index) => {
      const argument = call.arguments[index];
      pointees.set(param, argument && this.memoryOf(argument));
    });
    const inside = startOf(this.values.argumentsOf(decl, call.arguments, place), place);
    this.pointees = pointees;
    this.body(decl, { ...inside, dead: place.dead });
    this.pointees = before;
  }

  private access(expression: Extract<ExpressionElem, { kind: "component-expression" }>, place: Place, stores: boolean): void {
    const memory = this.memoryOf(expression.base);
    if (memory?.layout.kind !== "array") return;
    const elements = memory.layout.count ?? this.facts.elements(memory.binding);
    if (elements === undefined || place.dead) return;
    const { text } = this.facts.kernel;
    const range = this.values.rangeOf(expression.access, place);
    this.found.push({
      binding: memory.binding,
      text: text.slice(expression.start, expression.end),
      offset: expression.start,
      stores,
      elements,
      fixed: memory.layout.count !== null,
      range,
      reached: place.sure && range?.top !== undefined,
    });
  }

  private memoryOf(expression: ExpressionElem): Memory | undefined {
    switch (expression.kind) {
      case "parenthesized-expression":
        return this.memoryOf(expression.expression);
      case "unary-expression":
        return /^[&*]$/.test(expression.operator.value) ? this.memoryOf(expression.expression) : undefined;
      case "ref": {
        const decl = this.names.declOf(expression);
        if (decl?.kind === "gvar") {
          const binding = decl.name.decl.ident.originalName;
          const layout = this.facts.layout(binding);
          return layout && { binding, layout };
        }
        if (decl?.kind === "param") return this.pointees.get(decl);
        // A pointer; a copy of a value is none, and its indices are its own.
        return decl?.kind === "let" && decl.init?.kind === "unary-expression" ? this.memoryOf(decl.init) : undefined;
      }
      case "component-member-expression": {
        const base = this.memoryOf(expression.base);
        if (base?.layout.kind !== "struct") return undefined;
        const member = base.layout.members.find(({ name }) => name === expression.access.name);
        return member && { binding: base.binding, layout: member.layout };
      }
      case "component-expression": {
        const base = this.memoryOf(expression.base);
        return base?.layout.kind === "array" ? { binding: base.binding, layout: base.layout.element } : undefined;
      }
      default:
        return undefined;
    }
  }
}

/** Some invocation may leave what is around this statement before its end. */
function leaves(statement: Statement): boolean {
  let found = false;
  visitAst(statement, (part) => {
    if (part.kind === "return" || part.kind === "break" || part.kind === "continue" || part.kind === "discard") found = true;
  });
  return found;
}
