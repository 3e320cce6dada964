/** The running answer of a job whose reduction is one exact number: kept as units become final, in any order. */
import type { UnitIndex } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { elementsOf, isInteger } from "../../shared/reduce/elements.ts";
import { unframe } from "../../shared/result.ts";
import type { FinalReader } from "./follow.ts";

type Folding = "sum" | "count" | "min" | "max";

export class RunningAnswer implements FinalReader {
  private readonly plan: JobPlan;
  private readonly kind: Folding;
  private value: bigint | null = null;

  private constructor(plan: JobPlan, kind: Folding) {
    this.plan = plan;
    this.kind = kind;
  }

  /** Null for pictures, tables, floats and arrays: their answer is no exact number before the end. */
  static of(plan: JobPlan): RunningAnswer | null {
    const output = plan.outputs[0];
    if (!output || !isInteger(output.dtype)) return null;
    const { reduce } = output;
    if (reduce.kind !== "sum" && reduce.kind !== "count" && reduce.kind !== "min" && reduce.kind !== "max") return null;
    return reduce.over === "all" ? new RunningAnswer(plan, reduce.kind) : null;
  }

  /** Decimal, or undefined while no unit is final. */
  get text(): string | undefined {
    return this.value === null ? undefined : String(this.value);
  }

  reset(): void {
    this.value = null;
  }

  unit(_unit: UnitIndex, bytes: Uint8Array): void {
    const output = this.plan.outputs[0];
    if (!output) return;
    const elements = elementsOf(output.dtype, unframe(this.plan, bytes)[0] as Uint8Array);
    for (let i = 0; i < elements.length; i++) this.value = fold(this.kind, this.value, BigInt(elements.at(i)));
  }
}

function fold(kind: Folding, value: bigint | null, element: bigint): bigint {
  switch (kind) {
    case "sum":
      return (value ?? 0n) + element;
    case "count":
      return (value ?? 0n) + (element === 0n ? 0n : 1n);
    case "min":
      return value === null || element < value ? element : value;
    case "max":
      return value === null || element > value ? element : value;
    default:
      return kind satisfies never;
  }
}
