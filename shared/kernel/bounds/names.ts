/** What the expressions of a kernel name: bindings, and values that stay the same. */
import {
  type AbstractElem,
  type ExpressionElem,
  type FnElem,
  type FnParamElem,
  refDecl,
  type Statement,
  type StructMemberElem,
  visitAst,
} from "wesl/core";
import { unaliased } from "../aliases.ts";
import { evaluate } from "../attributes.ts";
import { calleeOf } from "../calls.ts";
import type { Kernel } from "../read.ts";
import { Declared } from "./declared.ts";
import { builtinOf, type Frame, inputKey, pair, sumKey } from "./inputs.ts";

/** Longer keys of what a name stands for give way to the name. */
const MAX_SPELLED = 80;

export class Names extends Declared {
  private readonly changedKeys = new Map<Statement, readonly string[]>();
  private readonly keys = new Map<AbstractElem, string | undefined>();
  private readonly parts = new Map<AbstractElem, Map<number, string | undefined>>();
  /** What the parameters of a function that is looked into stand for. */
  private bound = new Map<AbstractElem, ExpressionElem>();
  private readonly frame: Frame | undefined;

  constructor(kernel: Kernel, functions: readonly FnElem[], frame?: Frame) {
    super(kernel, functions);
    this.frame = frame;
  }

  /** What a name stands for that never changes. */
  initOf(decl: AbstractElem): ExpressionElem | undefined {
    if (decl.kind === "let" || decl.kind === "const") return decl.init;
    if (decl.kind === "param") return this.bound.get(decl);
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
      case "literal": {
        const value = this.isInteger(expression) ? evaluate(this.kernel, expression) : undefined;
        return `=${value ?? expression.value}`;
      }
      case "parenthesized-expression":
        return this.keyOf(expression.expression);
      case "ref": {
        const decl = this.declOf(expression);
        return decl && this.keyOfDecl(decl);
      }
      case "component-expression": {
        const index = this.sizeOf(expression.base) === undefined ? undefined : evaluate(this.kernel, expression.access);
        return index === undefined ? undefined : this.partKey(expression.base, index);
      }
      case "component-member-expression": {
        const part = partOf(expression.access.name);
        if (part !== undefined && this.sizeOf(expression.base) !== undefined) return this.partKey(expression.base, part);
        const builtin = this.memberBuiltin(expression);
        if (builtin !== undefined) return inputKey(builtin, 0, this.frame);
        const base = this.keyOf(expression.base);
        return base && `${base}.${expression.access.name}`;
      }
      case "binary-expression":
        return this.pairKey(expression.left, expression.operator.value, expression.right);
      case "call-expression": {
        const callee = calleeOf(expression);
        const [only, more] = expression.arguments;
        if (!only || more || !/^[ui]32$/.test(callee.originalName)) return undefined;
        return castKey(callee.originalName, this.keyOf(only));
      }
      default:
        return undefined;
    }
  }

  /** The key of a vector's component. */
  partKey(vector: ExpressionElem, index: number): string | undefined {
    switch (vector.kind) {
      case "parenthesized-expression":
        return this.partKey(vector.expression, index);
      case "ref": {
        const decl = this.declOf(vector);
        const builtin = decl?.kind === "param" ? builtinInput(decl) : undefined;
        if (builtin !== undefined) return inputKey(builtin, index, this.frame);
        const key = decl && this.partOfInit(decl, index);
        if (key !== undefined) return key;
        const whole = this.keyOf(vector);
        return whole && `${whole}.${"xyzw"[index]}`;
      }
      case "component-member-expression": {
        const builtin = this.memberBuiltin(vector);
        if (builtin !== undefined) return inputKey(builtin, index, this.frame);
        if (this.sizeOf(vector.base) !== undefined) {
          const part = partOf(vector.access.name.charAt(index));
          return part === undefined ? undefined : this.partKey(vector.base, part);
        }
        const whole = this.keyOf(vector);
        return whole && `${whole}.${"xyzw"[index]}`;
      }
      case "binary-expression": {
        const { value } = vector.operator;
        return this.joined(this.sideKey(vector.left, index), value, this.sideKey(vector.right, index));
      }
      case "call-expression": {
        const callee = calleeOf(vector);
        if (!/^vec[234][iu]?$/.test(callee.originalName) || refDecl(callee, this.kernel.bindings)) return undefined;
        const [only, more] = vector.arguments;
        if (only && !more) {
          const key = this.sideKey(only, index);
          return castKey(this.typeName(vector), key);
        }
        const argument = vector.arguments.every((each) => this.isInteger(each)) ? vector.arguments[index] : undefined;
        return argument && this.keyOf(argument);
      }
      default:
        return undefined;
    }
  }

  /** The key of `left operator right`, whether such an expression stands anywhere or not. */
  pairKey(left: ExpressionElem, operator: string, right: ExpressionElem): string | undefined {
    return this.joined(this.keyOf(left), operator, this.keyOf(right));
  }

  /** Runs `body` where a function's parameters stand for these arguments. */
  within<T>(fn: FnElem, args: readonly ExpressionElem[], body: () => T): T {
    const before = this.bound;
    this.bound = new Map(before);
    fn.params.forEach((param, index) => {
      const argument = args[index];
      if (argument) this.bound.set(param, argument);
    });
    this.forgetKeys();
    const result = body();
    this.bound = before;
    this.forgetKeys();
    return result;
  }

  private forgetKeys(): void {
    this.keys.clear();
    this.parts.clear();
  }

  /** The builtin that a member of an entry point's struct is: `input.id`. */
  memberBuiltin(member: Extract<ExpressionElem, { kind: "component-member-expression" }>): string | undefined {
    const param = this.declOf(member.base);
    if (param?.kind !== "param" || !param.name.typeRef) return undefined;
    const struct = refDecl(unaliased(this.kernel, param.name.typeRef).name, this.kernel.bindings)?.declElem;
    const found = struct?.kind === "struct" ? struct.members.find(({ name }) => name.name === member.access.name) : undefined;
    return found && builtinInput(found);
  }

  private keyOfDecl(decl: AbstractElem): string | undefined {
    if (this.keys.has(decl)) return this.keys.get(decl);
    const key = this.freshKey(decl);
    this.keys.set(decl, key);
    return key;
  }

  private freshKey(decl: AbstractElem): string | undefined {
    if (!("start" in decl)) return undefined;
    const builtin = decl.kind === "param" ? builtinInput(decl) : undefined;
    // Of a vector it is a part that has a key.
    if (builtin !== undefined && decl.kind === "param" && !/^vec/.test(decl.name.typeRef?.name.originalName ?? "vec"))
      return inputKey(builtin, 0, this.frame);
    const init = this.initOf(decl);
    if (init) {
      const key = this.keyOf(init);
      return key === undefined || isPassing(key) || key.length > MAX_SPELLED ? nameKey(decl.start) : key;
    }
    const value = decl.kind === "override" ? this.frame?.override(decl.name.decl.ident.originalName) : undefined;
    if (value !== undefined) return `=${value}`;
    if (decl.kind === "gvar") return decl.template?.[0]?.name === "uniform" ? nameKey(decl.start) : undefined;
    const steady = decl.kind === "let" || decl.kind === "const" || decl.kind === "override" || decl.kind === "param";
    if (steady || this.isFixed(decl) || this.isLoopVariable(decl)) return nameKey(decl.start);
    return decl.kind === "var" && this.changesOf(decl).every(({ kind }) => kind !== "unary-expression")
      ? passingKey(decl.start)
      : undefined;
  }

  /** The key of a component of what a name stands for; looked for once, as each name may stand in the next one twice. */
  private partOfInit(decl: AbstractElem, index: number): string | undefined {
    const known = this.parts.get(decl) ?? new Map<number, string | undefined>();
    this.parts.set(decl, known);
    if (known.has(index)) return known.get(index);
    const init = this.initOf(decl);
    const key = init && this.partKey(init, index);
    const lasting = key === undefined || isPassing(key) || key.length > MAX_SPELLED ? undefined : key;
    known.set(index, lasting);
    return lasting;
  }

  /** The key of a vector's component, or of a scalar. */
  sideKey(side: ExpressionElem, index: number): string | undefined {
    return this.sizeOf(side) === undefined ? this.keyOf(side) : this.partKey(side, index);
  }

  joined(a: string | undefined, operator: string, b: string | undefined): string | undefined {
    if (a === undefined || b === undefined || a.length + b.length >= 200) return undefined;
    return operator === "+" ? sumKey(a, b, this.frame) : pair(a, operator, b);
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

/** The builtin that a parameter, or a member of its struct, is. */
export function builtinInput({ attributes }: FnParamElem | StructMemberElem): string | undefined {
  for (const { attribute } of attributes ?? []) if (attribute.kind === "@builtin") return attribute.param.name;
  return undefined;
}

/** The component that `.x` or `.r` is. */
export function partOf(name: string): number | undefined {
  if (name.length !== 1) return undefined;
  const index = Math.max("xyzw".indexOf(name), "rgba".indexOf(name));
  return index < 0 ? undefined : index;
}

/** What is below 2^31 is the same number in both types. */
function castKey(type: string, key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  const isSame = builtinOf(key) !== undefined || (/^=\d{1,9}$/.test(key) && type !== "f32");
  return isSame ? key : `${type}(${key})`;
}
