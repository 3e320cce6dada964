/** The job that is measured: one output of 64 bytes, submitted by an owner through the API and admitted by the real judge. */
import type { JobStatus } from "../../shared/api.ts";
import { GFLOP_PER_CREDIT } from "../../shared/credit.ts";
import { type JobPlan, parsePlan } from "../../shared/plan.ts";
import { OUTPUT_BYTES } from "./results.ts";

export const QUORUM = 2;
/** A power of two, so that sums of credit are exact. */
export const CREDIT_PER_UNIT = 1 / 64;

const KERNEL = `@group(0) @binding(0) var<uniform> unit: u32;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(16) fn main(@builtin(local_invocation_index) i: u32) { words[i] = unit * 16u + i; }
`;

export interface Owner {
  url: string;
  token: string;
}

/** Resolves with the number of the running job. Rejects when it is not admitted. */
export async function submitJob(owner: Owner, units: number): Promise<number> {
  const manifest = {
    name: `bench-${units}`,
    kernel: ["kernel.wgsl"],
    units: { count: units },
    bindings: { unit: { set: { "": "$unit.index" } } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "words", dtype: "u32", shape: [OUTPUT_BYTES / 4], reduce: { kind: "concat" } }],
    verify: { quorum: QUORUM },
    gflopPerUnit: CREDIT_PER_UNIT * GFLOP_PER_CREDIT,
  };
  return submitPackage(owner, manifest, KERNEL);
}

/** Submits a package of a manifest and the kernel that it names `kernel.wgsl`. */
export async function submitPackage(owner: Owner, manifest: Record<string, unknown>, kernel: string): Promise<number> {
  const form = new FormData();
  form.append("job.json", new Blob([JSON.stringify(manifest)]), "job.json");
  form.append("kernel.wgsl", new Blob([kernel]), "kernel.wgsl");
  const response = await fetch(`${owner.url}/api/jobs`, {
    method: "POST",
    body: form,
    headers: { authorization: `Bearer ${owner.token}` },
  });
  if (response.status !== 201) throw new Error(`the job was not admitted: ${await response.text()}`);
  return ((await response.json()) as { id: number }).id;
}

export async function planOf(owner: Owner, job: number): Promise<JobPlan> {
  const response = await fetch(`${owner.url}/api/jobs/${job}/plan`);
  if (!response.ok) throw new Error(`the plan of job ${job}: ${response.status} ${await response.text()}`);
  return parsePlan(await response.text());
}

export async function statusOf(owner: Owner, job: number): Promise<JobStatus> {
  const response = await fetch(`${owner.url}/api/jobs/${job}`);
  if (!response.ok) throw new Error(`job ${job}: ${response.status} ${await response.text()}`);
  return (await response.json()) as JobStatus;
}

export async function cancelJob(owner: Owner, job: number): Promise<void> {
  const headers = { authorization: `Bearer ${owner.token}` };
  const response = await fetch(`${owner.url}/api/jobs/${job}/cancel`, { method: "POST", headers });
  if (!response.ok) throw new Error(`job ${job} was not cancelled: ${response.status} ${await response.text()}`);
}
