/** Every element of an array that an entry point reads or stores, with what is known of its index. */
import type { ExpressionElem, FnElem, ForElem, Statement, WhileElem } from "wesl/core";
import { calleeOf, functionOf, pointeeOf } from "../calls.ts";
import { Conditions } from "./conditions.ts";
import type { Facts } from "./facts.ts";
import { insideOf, leaves, returns } from "./loops.ts";
import { Memories } from "./memory.ts";
import { Names } from "./names.ts";
import { type Place, startOf, without } from "./place.ts";
import type { Range } from "./range.ts";
import { TooLong, Values } from "./values.ts";

export interface Access {
  /** Undefined: an array of the kernel's own, in a variable of a workgroup, an invocation or a function, or a value. */
  binding: string | undefined;
  /** The array, for messages. */
  array: string;
  /** The array and its index as they are written. */
  text: string;
  /** The index as it is written, in u32. */
  index: string;
  /** It stands in the entry point itself. */
  isOuter: boolean;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
  stores: boolean;
  /** Of a binding: the array's place in it, `""` for the whole, `.cells` for a member; undefined for arrays in elements. */
  path: string | undefined;
  /** Infinite: not known. */
  elements: number;
  /** The length stands in the kernel: `array<u32, 4>`. */
  fixed: boolean;
  /** Undefined: the text does not show it. */
  range: Range | undefined;
  /** The range's end is reached by an invocation that really gets here. */
  reached: boolean;
  /** The same of its beginning, which is below zero. */
  below: boolean;
}

const ATOMIC_READ = "atomicLoad";
const MAX_DEPTH = 32;

export interface Accesses {
  /** In reading order. */
  accesses: Access[];
  /** Bindings, and members of them, that are stored as a whole: `params`, `params.cells`. */
  filled: ReadonlySet<string>;
  /** The same of those that are read as a whole, or whose pointer goes where it is not followed. */
  taken: ReadonlySet<string>;
  /** False where the kernel was too long to be followed to its end. */
  whole: boolean;
}

export function accessesOf(facts: Facts): Accesses {
  const functions = facts.kernel.ast.moduleElem.decls.filter((elem): elem is FnElem => elem.kind === "fn");
  const entry = functions.find((fn) => fn.name.ident.originalName === facts.entryPoint);
  const walk = new Walk(facts, functions);
  try {
    if (entry) walk.body(entry, startOf(new Map()));
    return { accesses: walk.found, filled: walk.filled, taken: walk.taken, whole: true };
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
    return { accesses: walk.found, filled: walk.filled, taken: walk.taken, whole: false };
  }
}

class Walk {
  readonly found: Access[] = [];
  readonly filled = new Set<string>();
  readonly taken = new Set<string>();
  private readonly facts: Facts;
  private readonly names: Names;
  private readonly values: Values;
  private readonly conditions: Conditions;
  private readonly memories: Memories;
  private depth = 0;

  constructor(facts: Facts, functions: readonly FnElem[]) {
    this.facts = facts;
    this.names = new Names(facts.kernel, functions, facts);
    this.values = new Values(facts, this.names);
    this.conditions = new Conditions(facts.kernel, this.names, this.values);
    this.memories = new Memories(facts, this.names, this.values);
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
      at = this.forget(statement, this.statement(statement, at));
    }
    return at;
  }

  /** What still holds of `place` once the statement may have changed its variables. */
  private forget(statement: Statement, place: Place): Place {
    if (place.narrowed.size === 0) return place;
    const changed = this.names.changedBy(statement);
    return changed.length === 0 ? place : without(place, (key) => changed.some((each) => key.includes(each)));
  }

  /** What holds after the statement, but for what it changes. */
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
        if (statement.lhs.kind !== "phony") this.store(statement.lhs, place);
        this.read(statement.rhs, place);
        return place;
      case "increment":
      case "decrement":
        this.store(statement.target, place);
        return place;
      case "call":
        this.read(statement.call, place);
        return place;
      case "if": {
        this.read(statement.condition, place);
        const [yes, no] = [
          this.conditions.assume(statement.condition, true, place),
          this.conditions.assume(statement.condition, false, place),
        ];
        const after = this.block(statement.body.body, yes);
        const otherwise = statement.else ? this.statement(statement.else, no) : no;
        if (after.dead) return otherwise;
        if (otherwise.dead) return after;
        return { ...place, sure: place.sure && !leaves(statement) };
      }
      case "for":
      case "while":
        return this.loop(statement, place);
      case "loop": {
        const inside = { ...this.forget(statement, place), sure: false };
        this.block(statement.body.body, inside);
        if (statement.continuing) this.statement(statement.continuing, inside);
        return { ...place, sure: place.sure && !returns(statement.body) };
      }
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
      case "assert":
      case "empty":
        return place;
    }
  }

  private loop(loop: ForElem | WhileElem, place: Place): Place {
    const { init, update } = loop.kind === "for" ? loop : {};
    if (init?.kind === "call") this.read(init.call, place);
    else if (init) this.statement(init, place);
    let inside = insideOf(loop, this.forget(loop, place), this.names, this.values);
    this.read(loop.condition, inside);
    if (loop.condition) {
      const assumed = this.conditions.assume(loop.condition, true, inside);
      // A count that is known has its condition in its range already.
      inside = inside.sure ? { ...assumed, sure: true, conditions: inside.conditions } : assumed;
    }
    this.block(loop.body.body, inside);
    if (update?.kind === "call") this.read(update.call, inside);
    else if (update) this.statement(update, inside);
    return { ...place, sure: place.sure && !returns(loop.body) };
  }

  private store(target: ExpressionElem, place: Place): void {
    const memory = this.memories.of(target);
    if (memory?.path !== undefined) this.filled.add(memory.binding + memory.path);
    this.look(target, place, true);
  }

  private read(expression: ExpressionElem | undefined, place: Place): void {
    if (!expression) return;
    // `&x` alone reads nothing: what its pointer leads to is followed.
    const memory = pointeeOf(expression) ? undefined : this.memories.of(expression);
    if (memory?.path !== undefined) this.taken.add(memory.binding + memory.path);
    this.look(expression, place, false);
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
        const right = value === "&&" || value === "||" ? this.conditions.assume(expression.left, value === "&&", place) : place;
        this.read(expression.right, right);
        return;
      }
      case "call-expression":
        this.call(expression, place);
        return;
      case "literal":
      case "ref":
      case "type":
        return;
      default:
        expression satisfies never;
    }
  }

  private call(call: Extract<ExpressionElem, { kind: "call-expression" }>, place: Place): void {
    const decl = functionOf(this.facts.kernel, call);
    const { originalName } = calleeOf(call);
    const isReading = !decl && (originalName === ATOMIC_READ || originalName === "arrayLength");
    call.arguments.forEach((argument, index) => {
      const pointee = isReading && index === 0 ? pointeeOf(argument) : undefined;
      if (pointee) this.look(pointee, place, false);
      else this.read(argument, place);
    });
    if (!decl) return;
    const pointees = decl.params.map((param, index) => {
      const argument = call.arguments[index];
      return [param, argument && this.memories.of(argument)] as const;
    });
    const inside = { ...this.values.enter(decl, call.arguments, place), dead: place.dead };
    this.names.within(decl, call.arguments, () => this.memories.within(new Map(pointees), () => this.body(decl, inside)));
  }

  private access(expression: Extract<ExpressionElem, { kind: "component-expression" }>, place: Place, stores: boolean): void {
    if (place.dead) return;
    const array = this.memories.arrayOf(expression.base, place);
    if (!array) return;
    const { text } = this.facts.kernel;
    const { found: range, met } = this.values.traced(() => this.values.rangeOf(expression.access, place));
    const index = text.slice(expression.access.start, expression.access.end);
    const isSure = place.sure && range !== undefined && isMet(place, range, met);
    this.found.push({
      ...array,
      text: text.slice(expression.start, expression.end),
      index: this.names.isSigned(expression.access) ? `u32(${index})` : index,
      isOuter: this.depth === 1,
      offset: expression.start,
      stores,
      range,
      reached: isSure && range?.top !== undefined,
      below: isSure && range?.bottom === true && range.min < 0,
    });
  }
}

/** Each condition that leads there bounds what the index is made of, or has nothing to do with it. */
function isMet({ conditions }: Place, range: Range, met: ReadonlySet<string>): boolean {
  return conditions.every(({ key, axes }) => (axes & range.axes) === 0 || (key !== undefined && met.has(key)));
}
