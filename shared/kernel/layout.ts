/** WGSL's memory layout (spec, "Alignment and Size", "Structure Member Layout", "Array Layout") over the types of `wesl/core`. */
import { type ArrayType, evalConstExpr, type ScalarType, type StructType, scalarToNumber, type Type, typeToString } from "wesl/core";
import type { Kernel } from "./read.ts";

export type Scalar = "u32" | "i32" | "f32" | "f16";

/** Sizes, offsets and strides are bytes. A runtime-sized array has `count: null` and the size of one element. */
export type Layout =
  | { kind: "scalar"; scalar: Scalar; atomic: boolean; align: number; size: number }
  | { kind: "vector"; scalar: Scalar; count: 2 | 3 | 4; align: number; size: number }
  | { kind: "matrix"; scalar: Scalar; columns: number; rows: 2 | 3 | 4; column: Layout; stride: number; align: number; size: number }
  | { kind: "array"; element: Layout; count: number | null; stride: number; align: number; size: number }
  | { kind: "struct"; name: string; members: MemberLayout[]; align: number; size: number };

interface MemberLayout {
  name: string;
  offset: number;
  layout: Layout;
}

/** A type that has no layout a buffer can have. */
export class LayoutError extends Error {
  override readonly name = "LayoutError";
  readonly right: string;
  /** A part of the type could not be read. */
  readonly isUnread: boolean;

  constructor(wrong: string, right: string, isUnread = false) {
    super(wrong);
    this.right = right;
    this.isUnread = isUnread;
  }
}

/** No buffer is larger; beyond it products of sizes stop being exact. */
const MAX_TYPE_BYTES = 2 ** 40;

/** Lays out the types of one kernel. Memoised by type object: doubling structs are a graph, walked as a tree they never end. */
export class Layouts {
  private readonly memo = new Map<Type, Layout | LayoutError>();
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** The layout of `type`. Throws `LayoutError`. */
  of(type: Type): Layout {
    const known = this.memo.get(type);
    if (known instanceof LayoutError) throw known;
    if (known) return known;
    try {
      const found = this.make(type);
      if (found.size > MAX_TYPE_BYTES) throw new LayoutError(`${typeToString(type)} has ${found.size} bytes.`, "Make it smaller.");
      this.memo.set(type, found);
      return found;
    } catch (error) {
      if (error instanceof LayoutError) this.memo.set(type, error);
      throw error;
    }
  }

  private make(type: Type): Layout {
    switch (type.kind) {
      case "scalar":
        return scalarLayout(type, false);
      case "atomic":
        return scalarLayout(type.elem, true);
      case "vector":
        return vectorLayout(type.size, scalarLayout(type.elem, false).scalar);
      case "matrix": {
        const column = vectorLayout(type.rows, scalarLayout(type.elem, false).scalar);
        const stride = roundUp(column.align, column.size);
        return {
          kind: "matrix",
          scalar: column.scalar,
          columns: type.cols,
          rows: type.rows,
          column,
          stride,
          align: column.align,
          size: stride * type.cols,
        };
      }
      case "array":
        return this.array(type);
      case "struct":
        return this.struct(type);
      case "texture":
        throw new LayoutError(
          `${typeToString(type)} is a texture.`,
          type.access === "write" || type.access === "read_write"
            ? "Textures are not supported yet: write the texels to a storage buffer, an array with one element each."
            : "Textures are not supported yet: read the texels from a storage buffer.",
        );
      case "sampler":
        throw new LayoutError("It is a sampler.", "Samplers are not supported yet: read a storage buffer and interpolate in the kernel.");
      case "ptr":
      case "void":
        throw new LayoutError(
          `${typeToString(type)} cannot lie in a buffer.`,
          "Use a scalar, vector, matrix, array or struct of u32, i32, f32, f16.",
        );
      case "unknown":
        throw new LayoutError(
          "Its type cannot be read.",
          "Declare the type; lengths must be numbers or const expressions of numbers.",
          true,
        );
      default:
        return type satisfies never;
    }
  }

  private array(type: ArrayType): Layout {
    const element = this.of(type.elem);
    if (isRuntimeSized(element)) throw new LayoutError("An array's element cannot be runtime-sized.", "Give the inner array a length.");
    const stride = roundUp(element.align, element.size);
    const count = type.count ?? null;
    return { kind: "array", element, count, stride, align: element.align, size: stride * (count ?? 1) };
  }

  private struct(type: StructType): Layout {
    const members: MemberLayout[] = [];
    let offset = 0;
    let align = 1;
    type.members.forEach((member, index) => {
      const layout = this.of(member.type);
      if (isRuntimeSized(layout) && (index < type.members.length - 1 || layout.kind !== "array")) {
        throw new LayoutError(
          `Member ${member.name} of ${type.name} is runtime-sized.`,
          "Only a struct's last member may be runtime-sized.",
        );
      }
      const memberAlign = this.attribute(type, index, "align") ?? layout.align;
      const memberSize = this.attribute(type, index, "size") ?? layout.size;
      offset = roundUp(memberAlign, offset);
      members.push({ name: member.name, offset, layout });
      offset += memberSize;
      align = Math.max(align, memberAlign);
    });
    if (members.length === 0) throw new LayoutError(`${type.name} has no members.`, "Give the struct a member.");
    return { kind: "struct", name: type.name, members, align, size: roundUp(align, offset) };
  }

  private attribute(type: StructType, index: number, name: "align" | "size"): number | undefined {
    for (const elem of type.structElem?.members[index]?.attributes ?? []) {
      if (elem.attribute.kind !== "@attribute" || elem.attribute.name !== name) continue;
      const expression = elem.attribute.params?.[0]?.expression;
      const value = expression && evalConstExpr(expression, { bindings: this.kernel.bindings });
      const bytes = value ? scalarToNumber(value) : undefined;
      if (bytes === undefined || !Number.isInteger(bytes) || bytes < 1) {
        throw new LayoutError(`The @${name} of a member of ${type.name} cannot be evaluated.`, "Write it as a number.");
      }
      return bytes;
    }
    return undefined;
  }
}

function scalarLayout(type: ScalarType, atomic: boolean): Layout & { kind: "scalar" } {
  switch (type.scalar) {
    case "u32":
    case "i32":
    case "f32":
      return { kind: "scalar", scalar: type.scalar, atomic, align: 4, size: 4 };
    case "f16":
      return { kind: "scalar", scalar: "f16", atomic, align: 2, size: 2 };
    case "bool":
      throw new LayoutError("bool cannot lie in a buffer.", "Use u32, zero for false.");
    case "abstract-int":
    case "abstract-float":
      throw new LayoutError(`${type.scalar} cannot lie in a buffer.`, "Declare the type.");
    default:
      return type.scalar satisfies never;
  }
}

function vectorLayout(count: 2 | 3 | 4, scalar: Scalar): Layout & { kind: "vector" } {
  const bytes = scalar === "f16" ? 2 : 4;
  return { kind: "vector", scalar, count, align: bytes * (count === 3 ? 4 : count), size: bytes * count };
}

/** The runtime-sized array at the end of `layout`: where it starts and the stride of its elements, in bytes. */
export function tailOf(layout: Layout): { offset: number; stride: number; element: Layout } | undefined {
  if (layout.kind === "array" && layout.count === null) return { offset: 0, stride: layout.stride, element: layout.element };
  if (layout.kind !== "struct") return undefined;
  const last = layout.members[layout.members.length - 1];
  const tail = last && tailOf(last.layout);
  return last && tail ? { offset: last.offset + tail.offset, stride: tail.stride, element: tail.element } : undefined;
}

function isRuntimeSized(layout: Layout): boolean {
  return tailOf(layout) !== undefined;
}

/** The scalar that all of `layout` is made of, or undefined when it mixes several. */
export function onlyScalar(layout: Layout): Scalar | undefined {
  switch (layout.kind) {
    case "scalar":
    case "vector":
    case "matrix":
      return layout.scalar;
    case "array":
      return onlyScalar(layout.element);
    case "struct": {
      const seen = new Set<Scalar | undefined>();
      for (const layoutOf of new Set(layout.members.map((member) => member.layout))) seen.add(onlyScalar(layoutOf));
      return seen.size === 1 ? [...seen][0] : undefined;
    }
    default:
      return layout satisfies never;
  }
}

/** WGSL's name of the type, for messages. */
export function layoutName(layout: Layout): string {
  switch (layout.kind) {
    case "scalar":
      return layout.atomic ? `atomic<${layout.scalar}>` : layout.scalar;
    case "vector":
      return `vec${layout.count}<${layout.scalar}>`;
    case "matrix":
      return `mat${layout.columns}x${layout.rows}<${layout.scalar}>`;
    case "array":
      return layout.count === null ? `array<${layoutName(layout.element)}>` : `array<${layoutName(layout.element)}, ${layout.count}>`;
    case "struct":
      return layout.name;
    default:
      return layout satisfies never;
  }
}

export function roundUp(multiple: number, value: number): number {
  return Math.ceil(value / multiple) * multiple;
}
