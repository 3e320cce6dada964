/** A job's checker: its entry point, what it is bound to, and whether it can tell anything. */
import { type Layout, layoutName } from "../../shared/kernel/layout.ts";
import { list } from "../../shared/kernel/path.ts";
import type { Reflection } from "../../shared/kernel/reflect.ts";
import type { ManifestChecker } from "../../shared/manifest/checker.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, CheckerPlan, OutputPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { suggest } from "./nearest.ts";

const PATH: JsonPath = ["verify", "checker"];
const AT_VERDICT = [...PATH, "verdict"];

/** That the tier has a checker, and a checker its tier. */
export function checkHasChecker({ verify }: Manifest, faults: Faults): void {
  // What could not be read there may be either.
  if (faults.holes.touches(["verify"])) return;
  const isTier = verify?.tier === "checker";
  if (isTier && !verify.checker)
    faults.at(
      ["verify", "tier"],
      "There is no checker to run.",
      'Add "checker": {"entryPoint": "check", "workgroups": [1], "verdict": "verdict"} beside it, or write "quorum".',
    );
  if (verify?.checker && !isTier)
    faults.warnAt(
      PATH,
      'the coordinator runs no checker of this tier, run alone does: write "tier": "checker" beside it, or leave it out.',
    );
}

/** The manifest's checker where the kernel has its entry point, and a name where it stands for nothing else. */
export function resolveChecker({ verify }: Manifest, reflection: Reflection, faults: Faults): ManifestChecker | undefined {
  const checker = verify?.checker;
  // A kernel without any is told as that.
  if (!checker || reflection.entryPoints.size === 0) return undefined;
  const { entryPoint } = checker;
  if (reflection.entryPoints.has(entryPoint)) return checker;
  // Where the syntax is broken it may stand.
  if (reflection.hidden.has(entryPoint)) return undefined;
  const stage = reflection.otherStages.get(entryPoint);
  const names = [...reflection.entryPoints.keys()];
  faults.at(
    [...PATH, "entryPoint"],
    stage ? `${entryPoint} is a ${stage} shader.` : `The kernel has no entry point ${entryPoint}.`,
    suggest(entryPoint, names, `The kernel's entry points are ${list(names)}.`),
  );
  return undefined;
}

/** The checker's plan, or undefined with a fault. `planned`: all buffers, its own too; `buffers`: those of the passes. */
export function planChecker(
  { entryPoint, workgroups, verdict }: ManifestChecker,
  reflection: Reflection,
  planned: readonly BufferPlan[],
  buffers: readonly BufferPlan[],
  outputs: readonly OutputPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): CheckerPlan | undefined {
  const before = faults.list.length;
  const uses = reflection.entryPoints.get(entryPoint)?.uses ?? new Set<string>();
  const used = planned.filter(({ name }) => uses.has(name));
  if (!uses.has(verdict)) {
    const right = suggest(verdict, [...uses], uses.size === 0 ? "It uses no binding at all." : `It uses ${list([...uses])}.`);
    faults.at(AT_VERDICT, `${entryPoint} uses no binding ${verdict}.`, right);
  } else checkVerdict(verdict, used, outputs, sized, faults);
  const results = outputs.filter(({ name }) => uses.has(name));
  if (results.length === 0 && outputs.length > 0)
    faults.at(
      [...PATH, "entryPoint"],
      `${entryPoint} uses no output, so that it says the same of every result.`,
      `Let it read ${list(outputs.map(({ name }) => name))}, where the result lies.`,
    );
  for (const { name, kind } of results.flatMap(({ buffer }) => buffers[buffer] ?? [])) {
    if (kind !== "storage")
      faults.at(
        [...PATH, "entryPoint"],
        `${name} is read-only, and the result would not fit in.`,
        `Declare ${name} as var<storage, read_write>.`,
      );
  }
  for (const { name, init } of used) {
    if (buffers.some((buffer) => buffer.name === name) || (init.kind !== "file" && init.kind !== "split")) continue;
    const right = `Let the entry point of a pass use it too, as in "_ = &${name};", or give it "set".`;
    faults.at(["bindings", name, "init"], `${name} is used by ${entryPoint} alone, and what only a checker uses has no file.`, right);
  }
  if (faults.list.length > before) return undefined;
  const [x = 1, y = 1, z = 1] = workgroups;
  return {
    pass: { entryPoint, workgroups: [x, y, z], repeat: 1, uses: used.map((_, index) => index), set: [], swap: [] },
    buffers: used.map((buffer) => {
      const index = buffers.indexOf(buffer);
      return index < 0 ? buffer : index;
    }),
    verdict: used.findIndex(({ name }) => name === verdict),
  };
}

function checkVerdict(
  verdict: string,
  used: readonly BufferPlan[],
  outputs: readonly OutputPlan[],
  sized: ReadonlyMap<string, SizedBinding>,
  faults: Faults,
): void {
  const found = sized.get(verdict);
  const buffer = used.find(({ name }) => name === verdict);
  // That it has no size, or no place, has a fault of its own.
  if (!found || !buffer) return;
  const { layout } = found.reflected;
  if (outputs.some(({ name }) => name === verdict))
    faults.at(
      AT_VERDICT,
      `${verdict} is an output: it would hold the result that is to be judged.`,
      "Give the verdict a binding of its own.",
    );
  else if (buffer.kind !== "storage")
    faults.at(AT_VERDICT, `${verdict} is read-only: nobody could write the verdict.`, `Declare ${verdict} as var<storage, read_write>.`);
  else if (!isWords(layout))
    faults.at(
      AT_VERDICT,
      `${verdict} is ${layoutName(layout)}.`,
      `Declare it as u32 or array<u32>, and store 1u in each of them where the result is right.`,
    );
  else if (buffer.init.kind !== "zero" || buffer.writes.length > 0)
    faults.at(["bindings", verdict], `${verdict} is the verdict, and begins as zeros.`, `Leave its "init" and "set" out.`);
}

function isWords(layout: Layout): boolean {
  const element = layout.kind === "array" ? layout.element : layout;
  return element.kind === "scalar" && element.scalar === "u32";
}
