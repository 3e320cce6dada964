/** Which types lie in a uniform buffer in every browser, and which need WGSL's `uniform_buffer_standard_layout`. */
import { type Layout, roundUp } from "./layout.ts";

/** What the spec's "Address Space Layout Constraints" want of arrays and structs of a uniform buffer, bytes. */
const UNIFORM_ALIGN = 16;

/** `layout` breaks a constraint of the uniform address space that `uniform_buffer_standard_layout` lifts. Each type is looked at once. */
export function needsStandardLayout(layout: Layout, seen = new Set<Layout>()): boolean {
  if (seen.has(layout)) return false;
  seen.add(layout);
  if (layout.kind === "array") return layout.stride % UNIFORM_ALIGN !== 0 || needsStandardLayout(layout.element, seen);
  if (layout.kind !== "struct") return false;
  return layout.members.some((member, index) => {
    const isComposite = member.layout.kind === "array" || member.layout.kind === "struct";
    if (isComposite && member.offset % UNIFORM_ALIGN !== 0) return true;
    const next = layout.members[index + 1];
    const end = member.offset + roundUp(UNIFORM_ALIGN, member.layout.size);
    if (member.layout.kind === "struct" && next && next.offset < end) return true;
    return needsStandardLayout(member.layout, seen);
  });
}
