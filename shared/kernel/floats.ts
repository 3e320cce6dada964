/** Whether entry points compute with floats, whose last bits WGSL leaves to the GPU ("Floating Point Evaluation"). */
import { type ExpressionElem, type FnElem, refDecl, type Type, typeOfExpr, visitAst } from "wesl/core";
import { calleeOf, functionOf } from "./calls.ts";
import type { Kernel } from "./read.ts";
import { reachability } from "./reflect.ts";

/** Built-in functions that are not correctly rounded, or may be made of operations that are fused or reordered. */
const INEXACT = new Set(
  (
    "acos acosh asin asinh atan atan2 atanh cos cosh cross degrees determinant distance dot exp exp2 faceForward fma " +
    "inverseSqrt length log log2 mix normalize pow radians reflect refract sin sinh smoothstep sqrt tan tanh " +
    "subgroupAdd subgroupMul subgroupExclusiveAdd subgroupExclusiveMul subgroupInclusiveAdd subgroupInclusiveMul"
  ).split(" "),
);

const FLOATS = new Set(["f32", "f16", "abstract-float"]);

export interface FloatOperation {
  /** As a reader finds it: `sqrt`, `/`. */
  name: string;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
}

/**
 * The first operation on floats that these entry points reach and whose result may differ between GPUs: a division or an
 * inexact function if there is one, else a sum, difference or product, which may be fused with another. Undefined when floats
 * are only moved, compared and converted.
 */
export function floatOperation(kernel: Kernel, entryPoints: readonly string[]): FloatOperation | undefined {
  const { mayBeFloat } = floatTests(kernel);
  let inexact: FloatOperation | undefined;
  let fusable: FloatOperation | undefined;
  const tell = (name: string, offset: number) => {
    if (name === "+" || name === "-" || name === "*") {
      if (!fusable || offset < fusable.offset) fusable = { name, offset };
    } else if (!inexact || offset < inexact.offset) inexact = { name, offset };
  };
  for (const fn of functionsOf(kernel, entryPoints)) {
    visitAst(fn, (elem) => {
      if (elem.kind === "binary-expression") {
        const { value, span } = elem.operator;
        if (/^[-+*/%]$/.test(value) && mayBeFloat(elem)) tell(value, span[0]);
      } else if (elem.kind === "assign") {
        const { value, span } = elem.op;
        if (/^[-+*/%]=$/.test(value) && elem.lhs.kind !== "phony" && mayBeFloat(elem.lhs)) tell(value.slice(0, 1), span[0]);
      } else if (elem.kind === "call-expression" && elem.function.kind === "ref") {
        const { ident } = elem.function;
        if (INEXACT.has(ident.originalName) && !refDecl(ident, kernel.bindings) && mayBeFloat(elem)) tell(ident.originalName, elem.start);
      }
    });
  }
  return inexact ?? fusable;
}

/**
 * The first place where these entry points make something else of floats: a conversion, a reinterpretation or a packing, else a
 * comparison. Undefined when no integer can depend on a float.
 */
export function floatsLeft(kernel: Kernel, entryPoints: readonly string[]): FloatOperation | undefined {
  const { isFloat, mayBeFloat } = floatTests(kernel);
  let converted: FloatOperation | undefined;
  let compared: FloatOperation | undefined;
  const first = (known: FloatOperation | undefined, name: string, offset: number) =>
    known && known.offset < offset ? known : { name, offset };
  for (const fn of functionsOf(kernel, entryPoints)) {
    visitAst(fn, (elem) => {
      if (elem.kind === "binary-expression") {
        const { value, span } = elem.operator;
        if (/^([<>]=?|[=!]=)$/.test(value) && (mayBeFloat(elem.left) || mayBeFloat(elem.right))) compared = first(compared, value, span[0]);
      } else if (elem.kind === "call-expression") {
        if (functionOf(kernel, elem) || isFloat(elem)) return;
        if (elem.arguments.some(mayBeFloat)) converted = first(converted, calleeOf(elem).originalName, elem.start);
      }
    });
  }
  return converted ?? compared;
}

/** The first call of a function whose error WGSL bounds by 2^-11 at best: sin, cos, or tan, which is made of both. */
export function looseFunction(kernel: Kernel, entryPoints: readonly string[]): FloatOperation | undefined {
  let first: FloatOperation | undefined;
  for (const fn of functionsOf(kernel, entryPoints)) {
    visitAst(fn, (elem) => {
      if (elem.kind !== "call-expression" || elem.function.kind !== "ref") return;
      const { ident } = elem.function;
      if (!/^(?:sin|cos|tan)$/.test(ident.originalName) || refDecl(ident, kernel.bindings)) return;
      if (!first || elem.start < first.offset) first = { name: ident.originalName, offset: elem.start };
    });
  }
  return first;
}

interface FloatTests {
  isFloat(expression: ExpressionElem): boolean;
  /** True of what has no type that could be found too. */
  mayBeFloat(expression: ExpressionElem): boolean;
}

function floatTests(kernel: Kernel): FloatTests {
  const typeOf = (expression: ExpressionElem) => typeOfExpr(expression, { bindings: kernel.bindings });
  return {
    isFloat: (expression) => FLOATS.has(scalarOf(typeOf(expression)) ?? ""),
    mayBeFloat(expression) {
      const type = typeOf(expression);
      switch (scalarOf(type)) {
        case "f32":
        case "f16":
          return true;
        case "abstract-float":
          return !isConstant(kernel, expression);
        default:
          return type.kind === "unknown";
      }
    },
  };
}

/** The compiler's: computed once, in f64. `select(1.0, 2.0, isFar)` has the type of a constant, and is none. */
function isConstant(kernel: Kernel, expression: ExpressionElem): boolean {
  let isConstant = true;
  visitAst(expression, (part) => {
    const decl = part.kind === "ref" ? refDecl(part.ident, kernel.bindings) : undefined;
    if (decl && !/^(?:const|alias|struct)$/.test(decl.declElem?.kind ?? "")) isConstant = false;
  });
  return isConstant;
}

/** These entry points and all functions that they reach. */
function functionsOf(kernel: Kernel, entryPoints: readonly string[]): Set<FnElem> {
  const reached = reachability(kernel);
  const functions = new Set<FnElem>();
  for (const elem of kernel.ast.moduleElem.decls) {
    if (elem.kind !== "fn" || !entryPoints.includes(elem.name.ident.originalName)) continue;
    functions.add(elem);
    for (const { declElem } of reached(elem)) if (declElem?.kind === "fn") functions.add(declElem);
  }
  return functions;
}

/** What a number, a vector or a matrix is made of. */
function scalarOf(type: Type): string | undefined {
  switch (type.kind) {
    case "scalar":
      return type.scalar;
    case "vector":
    case "matrix":
      return scalarOf(type.elem);
    default:
      return undefined;
  }
}
