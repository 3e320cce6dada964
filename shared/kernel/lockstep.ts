/**
 * Races in a workgroup's memory, by computing what the first workgroup's invocations do with their own numbers: which element each
 * writes and reads between two barriers. What depends on data is left out, so that a race that is found is one.
 */
import { type ExpressionElem, type FnElem, type FunctionCallExpression, type Statement, visitAst } from "wesl/core";
import type { Names } from "./bounds/names.ts";
import { LaneValues, LEAST_SPENT, Lost, type Mask, type Size } from "./lane-values.ts";
import { type Lanes, operated, unknown } from "./lanes.ts";
import { Phase, type SharedRace } from "./phase.ts";
import type { Kernel } from "./read.ts";

const LEAVES = /^(?:return|break|continue|discard)$/;

type Loop = Extract<Statement, { kind: "for" | "while" | "loop" }>;

export class Lockstep {
  private readonly phase = new Phase();
  private readonly values: LaneValues;
  private readonly gone: boolean[];
  private readonly loops: { broken: boolean[]; continued: boolean[] }[] = [];

  /** `constant`: what the job sets a number to that no invocation changes. */
  constructor(
    kernel: Kernel,
    private readonly names: Names,
    size: Size,
    constant: (expression: ExpressionElem) => number | undefined,
  ) {
    this.values = new LaneValues(kernel, names, size, constant, this.phase);
    this.gone = Array.from({ length: this.values.count }, () => false);
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
        this.values.vars.set(statement, statement.init ? this.values.value(statement.init, mask) : this.values.filled(0));
        return;
      case "assign": {
        // What is read for nothing races with nobody.
        const isPhony = statement.lhs.kind === "phony";
        const right = this.values.value(statement.rhs, isPhony ? mask.map(() => false) : mask);
        if (statement.lhs.kind === "phony") return;
        const operator = statement.op.value === "=" ? undefined : statement.op.value.slice(0, -1);
        this.assign(statement.lhs, operator, right, mask);
        return;
      }
      case "increment":
      case "decrement":
        this.assign(statement.target, statement.kind === "increment" ? "+" : "-", this.values.filled(1), mask);
        return;
      case "call":
        this.values.value(statement.call, mask);
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
        if (statement.kind === "return" && statement.value) this.values.value(statement.value, mask);
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
    const value = this.values.value(condition, mask);
    if (mask.some((is, lane) => is && value[lane] === undefined)) {
      this.skip(statement);
      return [];
    }
    return [mask.map((is, lane) => is && value[lane] !== 0), mask.map((is, lane) => is && value[lane] === 0)];
  }

  /** What is in the statement may happen or not: no race is made of it, and what it changes is not known. */
  private skip(statement: Statement): void {
    visitAst(statement, (part) => {
      this.values.spend(LEAST_SPENT);
      if (LEAVES.test(part.kind)) throw new Lost();
      if (part.kind === "call-expression" && this.values.syncs(part)) this.phase.end();
      const target = part.kind === "assign" ? part.lhs : part.kind === "increment" || part.kind === "decrement" ? part.target : undefined;
      const decl = target && target.kind !== "phony" ? this.values.variableOf(target) : undefined;
      if (decl) this.values.vars.set(decl, unknown(this.values.count));
    });
  }

  private loop(loop: Loop, mask: Mask): void {
    if (loop.kind === "for" && loop.init) this.init(loop.init, mask);
    this.loops.push({ broken: this.values.filled(0).map(() => false), continued: [] });
    const frame = this.loops.at(-1);
    let inside: Mask = mask;
    while (frame && inside.includes(true)) {
      // A turn may have nothing in it, and there may be turns without end.
      this.values.spend(LEAST_SPENT);
      if (loop.kind !== "loop" && loop.condition) {
        const value = this.values.value(loop.condition, inside);
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
        const end = loop.continuing.breakIf && this.values.value(loop.continuing.breakIf, inside);
        if (end && inside.some((is, lane) => is && end[lane] === undefined)) throw new Lost();
        if (end) inside = inside.map((is, lane) => is && end[lane] === 0);
      }
    }
    this.loops.pop();
  }

  private init(init: Statement | FunctionCallExpression, mask: Mask): void {
    if (init.kind === "call-expression") this.values.value(init, mask);
    else this.statement(init, mask);
  }

  private assign(target: ExpressionElem, operator: string | undefined, right: Lanes, mask: Mask): void {
    const element = this.values.elementOf(target, mask);
    if (element) {
      if (operator !== undefined) this.phase.read(element.name, element.keys, mask, target.start);
      this.phase.write(element.name, element.keys, mask, target.start);
      return;
    }
    const decl = this.values.variableOf(target);
    if (target.kind !== "ref" || !decl) {
      this.values.value(target, mask);
      if (decl) this.values.vars.set(decl, unknown(this.values.count));
      return;
    }
    const before = this.values.vars.get(decl) ?? unknown(this.values.count);
    const after = operator === undefined ? right : operated(operator, before, right, this.names.isUnsigned(target));
    this.values.vars.set(
      decl,
      before.map((value, lane) => (mask[lane] ? after[lane] : value)),
    );
  }
}
