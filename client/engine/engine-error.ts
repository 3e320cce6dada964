/**
 * What can go wrong between a plan and its bytes. `device-lost`: everything on the device is gone, open the engine again on a
 * new one. `out-of-memory`: the device has no room for another unit. `validation`: the plan or the kernel is not valid on this
 * device. `not-sliceable`: the box is not the whole dispatch. `bad-input`: a file, row or piece of the unit is not what the
 * plan says. `endless`: a dispatch, or the compilation, did not end (watchdog.ts); nothing may be asked of its device any more, not even to go.
 */
export type EngineErrorCode = "endless" | "device-lost" | "out-of-memory" | "validation" | "not-sliceable" | "bad-input";

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function isEndless(error: unknown): error is EngineError {
  return error instanceof EngineError && error.code === "endless";
}

/** The error of a popped scope, or undefined for none. */
export function ofScope(error: GPUError | null): EngineError | undefined {
  if (!error) return undefined;
  const memory = typeof GPUOutOfMemoryError !== "undefined" && error instanceof GPUOutOfMemoryError;
  return new EngineError(memory ? "out-of-memory" : "validation", error.message);
}
