/** How many elements of an array of a binding one invocation stores at most, as far as the kernel's text shows it. */
import {
  type AbstractElem,
  type ExpressionElem,
  type FnElem,
  type FunctionCallExpression,
  refDecl,
  type Statement,
  visitAst,
} from "wesl/core";
import { calleeOf, pointeeOf } from "./calls.ts";
import type { Kernel } from "./read.ts";

/** Elements by an index that never changes, and others, each counted as another one. */
interface Stores {
  keys: Set<string>;
  others: number;
}

const ATOMIC_STORE = /^atomic(?!Load$)/;

/**
 * The most elements of the array at `path` of `binding` (`""`: it is the binding, `.cells`: a member) that one invocation of
 * `entryPoint` stores; branches count as the larger of them, functions at each call. Infinity where the text shows no bound: a store in a loop, of the whole array, or through
 * a pointer.
 */
export function storesOf(kernel: Kernel, entryPoint: string, binding: string, path: string): number {
  const { bindings } = kernel;
  const functions = kernel.ast.moduleElem.decls.filter((elem): elem is FnElem => elem.kind === "fn");
  const entry = functions.find((fn) => fn.name.ident.originalName === entryPoint);
  const known = new Map<AbstractElem, number>();

  const isBinding = (expression: ExpressionElem): boolean =>
    expression.kind === "ref" &&
    expression.ident.originalName === binding &&
    refDecl(expression.ident, bindings)?.declElem?.kind === "gvar";
  const rooted = (expression: ExpressionElem): boolean => isBinding(rootOf(expression));

  const ofFunction = (fn: FnElem): number => {
    const before = known.get(fn);
    if (before !== undefined) return before;
    // Recursion is Tint's to refuse; here it must only end.
    known.set(fn, Number.POSITIVE_INFINITY);
    const count = sizeOf(together(fn.body.body.map(ofStatement)));
    known.set(fn, count);
    return count;
  };

  const ofStore = (target: ExpressionElem): Stores => {
    if (!rooted(target)) return nothing();
    let index: ExpressionElem | undefined;
    let members = "";
    for (let at: ExpressionElem = target; !isBinding(at); ) {
      if (at.kind === "component-expression") {
        index = at.access;
        members = "";
        at = at.base;
      } else if (at.kind === "component-member-expression") {
        members = `.${at.access.name}${members}`;
        at = at.base;
      } else if (at.kind === "parenthesized-expression") at = at.expression;
      else return others(Number.POSITIVE_INFINITY);
    }
    if (!index) return `${path}.`.startsWith(`${members}.`) ? others(Number.POSITIVE_INFINITY) : nothing();
    if (members !== path) return nothing();
    const key = keyOf(index);
    return key === undefined ? others(1) : { keys: new Set([key]), others: 0 };
  };

  /** The same for two indices that are equal in one run of the function; undefined where they may have changed between. */
  const keyOf = (index: ExpressionElem): string | undefined => {
    let fixed = true;
    const from: number[] = [];
    visitAst(index, (part) => {
      if (part.kind === "call-expression") fixed = false;
      if (part.kind !== "ref") return;
      const decl = refDecl(part.ident, bindings)?.declElem;
      if (decl?.kind === "param" || decl?.kind === "let") from.push(decl.start);
      else fixed = false;
    });
    return fixed ? [kernel.text.slice(index.start, index.end), ...from].join(" ") : undefined;
  };

  const ofCall = (call: FunctionCallExpression): Stores => {
    const callee = calleeOf(call);
    const decl = refDecl(callee, bindings)?.declElem;
    const parts: Stores[] = [];
    if (decl?.kind === "fn") parts.push(others(ofFunction(decl)));
    for (const argument of call.arguments) {
      const pointee = pointeeOf(argument);
      if (!pointee || decl) parts.push(ofExpression(argument));
      else if (ATOMIC_STORE.test(callee.originalName)) parts.push(ofStore(pointee));
    }
    return together(parts);
  };

  const ofExpression = (expression: ExpressionElem | undefined): Stores => {
    switch (expression?.kind) {
      case "parenthesized-expression":
        return ofExpression(expression.expression);
      case "component-expression":
        return together([ofExpression(expression.base), ofExpression(expression.access)]);
      case "component-member-expression":
        return ofExpression(expression.base);
      case "unary-expression":
        if (expression.operator.value === "&" && rooted(expression.expression)) return others(Number.POSITIVE_INFINITY);
        return ofExpression(expression.expression);
      case "binary-expression":
        return together([ofExpression(expression.left), ofExpression(expression.right)]);
      case "call-expression":
        return ofCall(expression);
      default:
        return nothing();
    }
  };

  const inLoop = (parts: Stores[]): Stores => (sizeOf(together(parts)) === 0 ? nothing() : others(Number.POSITIVE_INFINITY));

  const ofStatement = (statement: Statement | undefined): Stores => {
    switch (statement?.kind) {
      case "block":
        return together(statement.body.map(ofStatement));
      case "if":
        return together([ofExpression(statement.condition), either([ofStatement(statement.body), ofStatement(statement.else)])]);
      case "for":
        return inLoop([
          ofStatement(statement.init),
          ofExpression(statement.condition),
          ofStatement(statement.update),
          ofStatement(statement.body),
        ]);
      case "while":
        return inLoop([ofExpression(statement.condition), ofStatement(statement.body)]);
      case "loop":
        return inLoop([ofStatement(statement.body), ofStatement(statement.continuing)]);
      case "continuing":
        return together([ofStatement(statement.body), ofExpression(statement.breakIf)]);
      case "switch":
        return together([ofExpression(statement.selector), either(statement.clauses.map((clause) => ofStatement(clause.body)))]);
      case "return":
        return ofExpression(statement.value);
      case "assign": {
        const { lhs, rhs } = statement;
        return together(lhs.kind === "phony" ? [ofExpression(rhs)] : [ofStore(lhs), ofExpression(lhs), ofExpression(rhs)]);
      }
      case "increment":
      case "decrement":
        return ofStore(statement.target);
      case "call":
        return ofCall(statement.call);
      case "var":
      case "let":
        return ofExpression(statement.init);
      default:
        return nothing();
    }
  };

  return entry ? ofFunction(entry) : 0;
}

function rootOf(expression: ExpressionElem): ExpressionElem {
  let at = expression;
  for (;;) {
    if (at.kind === "component-expression" || at.kind === "component-member-expression") at = at.base;
    else if (at.kind === "parenthesized-expression" || at.kind === "unary-expression") at = at.expression;
    else return at;
  }
}

function nothing(): Stores {
  return { keys: new Set(), others: 0 };
}

function others(count: number): Stores {
  return { keys: new Set(), others: count };
}

function together(parts: readonly Stores[]): Stores {
  return { keys: keysOf(parts), others: parts.reduce((sum, part) => sum + part.others, 0) };
}

function either(parts: readonly Stores[]): Stores {
  return { keys: keysOf(parts), others: Math.max(0, ...parts.map((part) => part.others)) };
}

function keysOf(parts: readonly Stores[]): Set<string> {
  return new Set(parts.flatMap((part) => [...part.keys]));
}

function sizeOf(stores: Stores): number {
  return stores.keys.size + stores.others;
}
