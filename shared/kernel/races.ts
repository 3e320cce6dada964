/** Workgroup memory that one invocation writes and another takes, with no barrier between. */
import { type AbstractElem, type ExpressionElem, type FnElem, type FunctionCallExpression, type Statement, visitAst } from "wesl/core";
import type { Facts } from "./bounds/facts.ts";
import { Names } from "./bounds/names.ts";
import { startOf } from "./bounds/place.ts";
import { isConstant } from "./bounds/range.ts";
import { TooLong, Values } from "./bounds/values.ts";
import { calleeOf, functionOf, pointeeOf } from "./calls.ts";
import { Lockstep } from "./lockstep.ts";
import type { SharedRace } from "./phase.ts";
import type { Kernel } from "./read.ts";

/** UTF-16 offsets in the kernel's text of the write, and of the access that races with it. */
export interface Race {
  name: string;
  written: number;
  taken: number;
}

/** `own`: the invocation's own element; `data`: any, by what a buffer holds; `shared`: one that others write, for a read. */
type Index = "own" | "data" | "shared" | "fixed" | "unknown";

interface Access {
  name: string;
  offset: number;
  index: Index;
  text: string;
  /** `read`, `write` or the name of an atomic builtin. */
  by: string;
}

/** Of two of the same kind, any order gives the same. */
const COMMUTES = /^atomic(?:Add|Max|Min|And|Or|Xor)$/;
const LEAVES = /^(?:return|break|continue|discard)$/;

/**
 * The races of an entry point that its statements show in order, the first of each variable. Only what cannot be meant: elements of
 * the invocation's own, written by all, and then taken of others, or the other way round. `threads`: invocations of a workgroup;
 * `isLine`: along x alone.
 */
export function racesOf(kernel: Kernel, entryPoint: string, threads: number, isLine: boolean): Race[] {
  const entry = kernel.ast.moduleElem.decls.find(
    (elem): elem is FnElem => elem.kind === "fn" && elem.name.ident.originalName === entryPoint,
  );
  return entry && threads > 1 ? new Walk(kernel, entry, threads, isLine).races() : [];
}

/** The races that the invocations of the first workgroup are sure to have, by their numbers and those of the job. */
export function sharedRaces(facts: Facts): SharedRace[] {
  const { kernel, entryPoint, size } = facts;
  const functions = kernel.ast.moduleElem.decls.filter((elem): elem is FnElem => elem.kind === "fn");
  const entry = functions.find((fn) => fn.name.ident.originalName === entryPoint);
  const threads = size[0] * size[1] * size[2];
  if (!entry || threads < 2) return [];
  const names = new Names(kernel, functions);
  const values = new Values(facts, names);
  const known = new Map<ExpressionElem, number | undefined>();
  const constant = (expression: ExpressionElem): number | undefined => {
    if (known.has(expression)) return known.get(expression);
    const value = steady(values, names, expression);
    known.set(expression, value);
    return value;
  };
  return new Lockstep(kernel, names, size, constant).races(entry);
}

function steady(values: Values, names: Names, expression: ExpressionElem): number | undefined {
  try {
    const range = names.isInteger(expression) ? values.rangeOf(expression, startOf(new Map())) : undefined;
    return range && isConstant(range) ? range.min : undefined;
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    throw error;
  }
}

class Walk {
  private readonly names: Names;
  private readonly found = new Map<string, Race>();
  /** What was written since the last barrier. */
  private readonly written = new Map<string, Access>();
  private readonly texts = new Set<string>();
  /** Variables of loops, by what they start from. */
  private readonly counters = new Map<AbstractElem, "own" | "shared">();
  /** Some invocations may be gone. */
  private isLeft = false;
  private depth = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly entry: FnElem,
    private readonly threads: number,
    private readonly isLine: boolean,
  ) {
    this.names = new Names(kernel, [entry]);
  }

  races(): Race[] {
    for (const statement of this.entry.body.body) this.statement(statement);
    return [...this.found.values()];
  }

  private statement(statement: Statement | undefined): void {
    if (!statement || this.isLeft) return;
    switch (statement.kind) {
      case "block":
        for (const each of statement.body) this.statement(each);
        return;
      case "if":
        this.branch(statement);
        return;
      case "for": {
        const { init } = statement;
        if (init?.kind === "var" && init.init && this.isOwn(init.init)) this.counters.set(init, "own");
        else if (init?.kind === "var" && init.init?.kind === "literal") this.counters.set(init, "shared");
        this.statement(init);
        this.expression(statement.condition);
        this.statement(statement.body);
        this.statement(statement.update);
        return;
      }
      case "while":
        this.expression(statement.condition);
        this.statement(statement.body);
        return;
      case "assign":
        this.expression(statement.rhs);
        if (statement.lhs.kind !== "phony") this.store(statement.lhs);
        return;
      case "increment":
      case "decrement":
        this.store(statement.target);
        return;
      case "call":
        this.expression(statement.call);
        return;
      case "var":
      case "let":
        this.expression(statement.init);
        return;
      case "const":
      case "empty":
        return;
      default:
        this.isLeft = true;
    }
  }

  private branch(statement: Extract<Statement, { kind: "if" }>): void {
    this.expression(statement.condition);
    // One invocation alone, by its number say, races with nobody that it waits for.
    let isPicked = false;
    visitAst(statement.condition, (part) => {
      if (part.kind === "binary-expression" && /^[!=]=$/.test(part.operator.value)) isPicked = true;
    });
    let leaves = false;
    let calls = false;
    visitAst(statement, ({ kind }) => {
      if (LEAVES.test(kind)) leaves = true;
      else if (kind === "call") calls = true;
    });
    if (leaves) this.isLeft = true;
    else if (isPicked && (calls || statement.else)) this.clear();
    if (leaves || isPicked) return;
    this.depth++;
    this.statement(statement.body);
    this.statement(statement.else);
    this.depth--;
  }

  private expression(expression: ExpressionElem | undefined): void {
    if (!expression) return;
    const told = new Set<AbstractElem>();
    visitAst(expression, (part) => {
      if (part.kind === "call-expression") {
        const [pointer] = part.arguments;
        const pointee = pointer && pointeeOf(pointer);
        const target = pointee && this.elementOf(pointee);
        const name = this.builtinOf(part);
        // What functions do is not followed, and each barrier counts.
        if (name === undefined || /Barrier$|^workgroupUniformLoad$/.test(name)) this.clear();
        else if (target && name.startsWith("atomic")) {
          told.add(target);
          this.access(target, name);
        }
      } else if (part.kind === "component-expression" && !told.has(part)) this.access(part, "read");
    });
  }

  private store(target: ExpressionElem): void {
    const element = this.elementOf(target);
    if (element) {
      this.expression(element.access);
      this.access(element, "write");
    } else this.expression(target);
  }

  private clear(): void {
    this.written.clear();
    this.texts.clear();
  }

  private access(element: Extract<ExpressionElem, { kind: "component-expression" }>, by: string): void {
    const decl = this.names.declOf(element.base);
    if (decl?.kind !== "gvar" || decl.template?.[0]?.name !== "workgroup") return;
    const name = decl.name.decl.ident.originalName;
    const text = this.textOf(element.access);
    const access: Access = { name, offset: element.start, index: this.indexOf(element.access), text, by };
    const before = this.written.get(name);
    if (before && !this.found.has(name) && this.isRace(before, access))
      this.found.set(name, { name, written: before.offset, taken: access.offset });
    if (by === "read" || by === "atomicLoad") return;
    this.texts.add(`${name}[${text}]`);
    if (access.index === "data" || (access.index === "own" && this.depth === 0)) this.written.set(name, access);
  }

  /** The same for two indices that name the same. */
  private textOf(index: ExpressionElem): string {
    const from: number[] = [];
    visitAst(index, (part) => {
      const decl = part.kind === "ref" ? this.names.declOf(part) : undefined;
      if (decl && "start" in decl) from.push(decl.start);
    });
    return [this.kernel.text.slice(index.start, index.end).replaceAll(/\s+/g, ""), ...from].join(" ");
  }

  private isRace(before: Access, { name, index, text, by }: Access): boolean {
    if (before.text === text || (before.by === by && COMMUTES.test(by))) return false;
    const isRead = by === "read" || by === "atomicLoad";
    if (before.index === "data") return index === "own" || (index === "shared" && isRead);
    if (this.texts.has(`${name}[${text}]`)) return false;
    return index === "data" || (index === "shared" && isRead) || (index === "fixed" && this.depth === 0);
  }

  private indexOf(index: ExpressionElem): Index {
    const bare = this.bare(index);
    if (this.isOwn(bare)) return "own";
    if (bare.kind === "literal") return this.isInside(bare.value) ? "fixed" : "unknown";
    const decl = this.names.declOf(bare);
    if (decl && this.counters.get(decl) === "shared") return "shared";
    if (bare.kind === "binary-expression" && /^[-+^]$/.test(bare.operator.value)) {
      const [left, right] = [this.bare(bare.left), this.bare(bare.right)];
      const other = this.isOwn(left) ? right : this.isOwn(right) ? left : undefined;
      if (other?.kind === "literal") return this.isInside(other.value) && !/^0[iu]?$/.test(other.value) ? "shared" : "unknown";
      if (other && this.names.declOf(other)?.kind === "var" && !this.isOwn(other)) return "shared";
    }
    return this.isLoaded(bare, new Set()) ? "data" : "unknown";
  }

  private isInside(literal: string): boolean {
    return Number.parseInt(literal, 10) < this.threads;
  }

  private bare(expression: ExpressionElem): ExpressionElem {
    return expression.kind === "parenthesized-expression" ? this.bare(expression.expression) : expression;
  }

  /** The number of the invocation in its workgroup, or what a loop makes of it by steps. */
  private isOwn(expression: ExpressionElem): boolean {
    const bare = this.bare(expression);
    if (bare.kind === "component-member-expression")
      return this.isLine && bare.access.name === "x" && this.isBuiltin(bare.base, "local_invocation_id");
    const decl = this.names.declOf(bare);
    if (!decl) return false;
    const init = decl.kind === "let" ? decl.init : undefined;
    return this.counters.get(decl) === "own" || this.isBuiltin(bare, "local_invocation_index") || (init !== undefined && this.isOwn(init));
  }

  private isBuiltin(expression: ExpressionElem, builtin: string): boolean {
    const decl = this.names.declOf(expression);
    if (decl?.kind !== "param") return false;
    return (decl.attributes ?? []).some(({ attribute }) => attribute.kind === "@builtin" && attribute.param.name === builtin);
  }

  /** It takes something from a storage buffer. */
  private isLoaded(expression: ExpressionElem, seen: Set<AbstractElem>): boolean {
    let loaded = false;
    visitAst(expression, (part) => {
      const decl = part.kind === "ref" ? this.names.declOf(part) : undefined;
      if (!decl || loaded || seen.has(decl)) return;
      seen.add(decl);
      if (decl.kind === "gvar") loaded = decl.template?.[0]?.name === "storage";
      else if ((decl.kind === "let" || decl.kind === "var") && decl.init) loaded = this.isLoaded(decl.init, seen);
    });
    return loaded;
  }

  private elementOf(target: ExpressionElem): Extract<ExpressionElem, { kind: "component-expression" }> | undefined {
    switch (target.kind) {
      case "parenthesized-expression":
        return this.elementOf(target.expression);
      case "component-member-expression":
        return this.elementOf(target.base);
      case "component-expression":
        return this.elementOf(target.base) ?? target;
      default:
        return undefined;
    }
  }

  /** Undefined: the kernel declares it. */
  private builtinOf(call: FunctionCallExpression): string | undefined {
    return functionOf(this.kernel, call) ? undefined : calleeOf(call).originalName;
  }
}
