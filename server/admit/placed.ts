/** A place of the kernel in the owner's own files. */
import type { Kernel } from "../../shared/kernel/read.ts";

/** `kernel.wgsl:12:5` of a UTF-16 offset of the kernel's text. */
export function placed(kernel: Kernel, offset: number): string {
  const { file, line, column } = kernel.placeOf(offset);
  return `${file}:${line}:${column}`;
}
