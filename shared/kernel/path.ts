/** Paths into a binding: `""`, `width`, `[3]`, `cells[2].position.x`. */
import { type Layout, layoutName } from "./layout.ts";

type Step = { member: string } | { index: number };

interface Target {
  /** Bytes from the start of the binding. */
  offset: number;
  layout: Layout;
}

interface PathFault {
  wrong: string;
  right: string;
  /** A misspelt name and the names there are. */
  misspelt?: { name: string; known: string[] };
}

const MAX_STEPS = 32;

/** Reads a path; a fault says at which character it breaks. */
export function parsePath(path: string): Step[] | PathFault {
  const steps: Step[] = [];
  const token = /(?:(^|\.)([A-Za-z_][A-Za-z0-9_]*))|\[(\d{1,10})\]/y;
  let at = 0;
  while (at < path.length) {
    token.lastIndex = at;
    const found = token.exec(path);
    if (!found || (at === 0 && found[1] === ".") || steps.length >= MAX_STEPS) {
      return { wrong: `The path breaks at character ${at + 1}.`, right: 'Write it as "width", "[3]" or "cells[2].position.x".' };
    }
    steps.push(found[2] !== undefined ? { member: found[2] } : { index: Number(found[3]) });
    at = token.lastIndex;
  }
  return steps;
}

/** Where `path` leads in a binding of this type. `elements` is the length of its runtime-sized array, null when unknown yet. */
export function resolvePath(root: Layout, path: string, elements: number | null): Target | PathFault {
  const steps = parsePath(path);
  if (!Array.isArray(steps)) return steps;
  let target: Target = { offset: 0, layout: root };
  for (const step of steps) {
    const next: Target | PathFault = "member" in step ? memberOf(target, step.member) : elementOf(target, step.index, elements);
    if ("wrong" in next) return next;
    target = next;
  }
  return target;
}

function memberOf({ offset, layout }: Target, name: string): Target | PathFault {
  if (layout.kind === "struct") {
    const member = layout.members.find((candidate) => candidate.name === name);
    if (member) return { offset: offset + member.offset, layout: member.layout };
    const known = layout.members.map((candidate) => candidate.name);
    return { wrong: `${layout.name} has no member ${name}.`, right: `Its members are ${list(known)}.`, misspelt: { name, known } };
  }
  if (layout.kind === "vector") {
    const index = Math.max("xyzw".indexOf(name), "rgba".indexOf(name));
    if (name.length === 1 && index >= 0) return elementOf({ offset, layout }, index, null);
  }
  return { wrong: `${layoutName(layout)} has no member ${name}.`, right: rightFor(layout) };
}

function elementOf({ offset, layout }: Target, index: number, elements: number | null): Target | PathFault {
  const count = lengthOf(layout, elements);
  if (count === undefined) return { wrong: `${layoutName(layout)} has no element ${index}.`, right: rightFor(layout) };
  if (count !== null && index >= count) {
    return { wrong: `${layoutName(layout)} has no element ${index}.`, right: `Its elements are 0 to ${count - 1}.` };
  }
  const element = elementLayout(layout);
  return { offset: offset + index * element.stride, layout: element.layout };
}

/** How many elements a vector, matrix or array has; null: runtime-sized and unknown; undefined: it has none. */
export function lengthOf(layout: Layout, elements: number | null): number | null | undefined {
  if (layout.kind === "array") return layout.count ?? elements;
  if (layout.kind === "vector") return layout.count;
  if (layout.kind === "matrix") return layout.columns;
  return undefined;
}

/** The type and stride in bytes of an element of a vector, matrix or array. */
export function elementLayout(layout: Layout): { layout: Layout; stride: number } {
  if (layout.kind === "array") return { layout: layout.element, stride: layout.stride };
  if (layout.kind === "matrix") return { layout: layout.column, stride: layout.stride };
  if (layout.kind === "vector") {
    const bytes = layout.scalar === "f16" ? 2 : 4;
    return { layout: { kind: "scalar", scalar: layout.scalar, atomic: false, align: bytes, size: bytes }, stride: bytes };
  }
  throw new RangeError(`${layoutName(layout)} has no elements`);
}

function rightFor(layout: Layout): string {
  if (layout.kind === "vector") return `Use ${list([..."xyzw"].slice(0, layout.count))} or [0] to [${layout.count - 1}].`;
  if (layout.kind === "matrix") return `Use [0] to [${layout.columns - 1}], the columns.`;
  if (layout.kind === "array") return "Use an index, such as [0].";
  if (layout.kind === "struct") return `Its members are ${list(layout.members.map((member) => member.name))}.`;
  return 'Use "" for the whole of it.';
}

export function list(names: readonly string[]): string {
  const shown = names.slice(0, 12);
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}
