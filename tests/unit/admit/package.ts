/** One builder of job packages for the tests of admission, and the judge built from the sources as they are. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { type Admission, Judges, type JudgesOptions } from "../../../server/admit/admit.ts";
import { type JobPackage, textLimit } from "../../../server/admit/package.ts";
import type { Fault } from "../../../shared/errors.ts";
import type { BlobHash } from "../../../shared/ids.ts";
import type { JobPlan } from "../../../shared/plan.ts";

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export type Files = Record<string, string | Uint8Array | object>;

/** A package of these files; objects become JSON with two spaces of indentation. */
export function packageOf(files: Files): JobPackage {
  const pkg: JobPackage = { texts: new Map(), files: new Map() };
  for (const [name, content] of Object.entries(files)) {
    const bytes = bytesOf(content);
    pkg.files.set(name, { bytes: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") as BlobHash });
    if (textLimit(name) !== null) pkg.texts.set(name, bytes);
  }
  return pkg;
}

function bytesOf(content: Files[string]): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

export const KERNEL = `struct Params { first: u32, width: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  values[id.x] = params.first + id.x * u32(params.scale) + params.width;
}
`;

/** A manifest that is admitted with `KERNEL`; `changes` replace its members. */
export function manifest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 1000 },
    bindings: { params: { set: { first: "$unit.index", width: 64, scale: 1.5 } } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "values", dtype: "u32", shape: [64] }],
    gflopPerUnit: 0.001,
    ...changes,
  };
}

/** A package of `kernel` and its manifest with `changes`. */
export function job(changes: Record<string, unknown>, kernel = KERNEL, more: Files = {}): Files {
  return { "job.json": manifest(changes), "kernel.wgsl": kernel, ...more };
}

export async function builtJudge(): Promise<string> {
  const outfile = join(ROOT, "dist", "tests", `judge-${process.pid}.mjs`);
  await build({
    entryPoints: [join(ROOT, "server/admit/judge.ts")],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return outfile;
}

export async function openJudges(options: JudgesOptions = {}): Promise<Judges> {
  return new Judges({ entry: await builtJudge(), ...options });
}

/** Judges for the tests of the file that calls it, from its first test to its last. */
export function judgesHere(): Pick<Judges, "admit"> {
  let judges: Judges | undefined;
  beforeAll(async () => {
    judges = await openJudges();
  });
  afterAll(() => judges?.close());
  return {
    admit: async (pkg) => {
      if (!judges) throw new Error("no test runs");
      return await judges.admit(pkg);
    },
  };
}

export function admitted(admission: Admission): Admission & { ok: true } {
  if (!admission.ok) throw new Error(`refused:\n${admission.faults.map(show).join("\n")}`);
  return admission;
}

export function refused(admission: Admission): Fault[] {
  if (admission.ok) throw new Error("it was admitted");
  return admission.faults;
}

export function show(fault: Fault): string {
  return `${fault.file}:${fault.line ?? ""}:${fault.column ?? ""} ${fault.field ?? ""}: ${fault.wrong} ${fault.right}`;
}

export function buffer(plan: JobPlan, name: string): JobPlan["buffers"][number] {
  const found = plan.buffers.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no buffer ${name}`);
  return found;
}

/** All that is said of a package, faults first, each as `check` prints it. */
export function heard(admission: Admission): string[] {
  if (admission.ok) return admission.warnings;
  return admission.faults.map(
    ({ file, line, column, field, wrong, right }) =>
      `${file}:${line}:${column} ${field === undefined ? "" : `${field}: `}${wrong} ${right}`,
  );
}
