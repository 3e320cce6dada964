/** Binary operators grouped as WGSL groups them: https://www.w3.org/TR/WGSL/#operator-precedence-associativity */
import { type AbstractElem, type BinaryExpression, type BinaryOperator, childElems, type ExpressionElem, type WeslAST } from "wesl/core";

/** From loosest to tightest. */
const LEVELS = ["||", "&&", "|", "^", "&", "== != < > <= >=", "<< >>", "+ -", "* / %"].map((operators) => operators.split(" "));

/** Sets right in `ast` what its reader (wesl 0.7.31) groups otherwise: it takes `a && b + c < d` for `(a && b + c) < d`. */
export function groupOperators({ moduleElem }: WeslAST): void {
  const stack: AbstractElem[] = [moduleElem];
  for (let elem = stack.pop(); elem; elem = stack.pop()) {
    if (elem.kind !== "binary-expression") {
      stack.push(...childElems(elem));
      continue;
    }
    const { operands, operators } = inOrder(elem);
    stack.push(...operands);
    regroup(elem, operands, operators);
  }
}

/** What stands between the operators of an expression without parentheses, from left to right. */
function inOrder(root: BinaryExpression): { operands: ExpressionElem[]; operators: BinaryOperator[] } {
  const operands: ExpressionElem[] = [];
  const operators: BinaryOperator[] = [];
  const stack: (ExpressionElem | { operator: BinaryOperator })[] = [root];
  for (let part = stack.pop(); part; part = stack.pop()) {
    if (!("kind" in part)) operators.push(part.operator);
    else if (part.kind === "binary-expression") stack.push(part.right, { operator: part.operator }, part.left);
    else operands.push(part);
  }
  return { operands, operators };
}

/** Makes `root` the expression that WGSL reads. */
function regroup(root: BinaryExpression, operands: readonly ExpressionElem[], operators: readonly BinaryOperator[]): void {
  const [first, ...others] = operands;
  if (!first) return;
  const values = [first];
  const waiting: BinaryOperator[] = [];
  const join = () => {
    const [right, left, operator] = [values.pop(), values.pop(), waiting.pop()];
    if (left && right && operator) values.push({ kind: "binary-expression", left, operator, right, start: left.start, end: right.end });
  };
  for (const [at, right] of others.entries()) {
    const operator = operators[at];
    if (!operator) return;
    for (let last = waiting.at(-1); last && levelOf(last) >= levelOf(operator); last = waiting.at(-1)) join();
    waiting.push(operator);
    values.push(right);
  }
  while (waiting.length > 0) join();
  const [whole] = values;
  if (whole?.kind === "binary-expression") Object.assign(root, whole);
}

function levelOf({ value }: BinaryOperator): number {
  return LEVELS.findIndex((operators) => operators.includes(value));
}
