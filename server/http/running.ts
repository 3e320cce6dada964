/** The running answer of a job whose reduction is one exact number: kept as units become final, in any order. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { UnitIndex } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { elementsOf, isInteger } from "../../shared/reduce/elements.ts";
import { unframe } from "../../shared/result.ts";
import type { FinalReader } from "./follow.ts";

/** Elements that are folded in one go, some milliseconds: the event loop gets its turn between. */
const SLICE_ELEMENTS = 32_768;

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

  async unit(_unit: UnitIndex, bytes: Uint8Array): Promise<void> {
    const output = this.plan.outputs[0];
    if (!output) return;
    const elements = elementsOf(output.dtype, unframe(this.plan, bytes)[0] as Uint8Array);
    let value = this.value;
    for (let i = 0; i < elements.length; i++) {
      if (i > 0 && i % SLICE_ELEMENTS === 0) await nextTurn();
      value = fold(this.kind, value, BigInt(elements.at(i)));
    }
    this.value = value;
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
