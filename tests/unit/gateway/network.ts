/** Builders for tests: a real gateway on a free port over a real store in a temporary folder, and jobs to put into it. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Disk } from "../../../server/access/disk.ts";
import { Plans } from "../../../server/access/plans.ts";
import { Pools } from "../../../server/access/pools.ts";
import { TokenKeys } from "../../../server/access/token.ts";
import { Coordinator } from "../../../server/coordinator.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { Gateway } from "../../../server/gateway/gateway.ts";
import { Signing } from "../../../server/gateway/signing.ts";
import { DiskBlobs } from "../../../server/store/blobs.ts";
import { SqliteStore } from "../../../server/store/sqlite.ts";
import type { BlobHash, JobId } from "../../../shared/ids.ts";
import { type JobPlan, PLAN_VERSION } from "../../../shared/plan.ts";

export interface NetworkOptions {
  folder?: string;
  allowSoftware?: boolean;
  visitorsPerSite?: number;
  publicUrl?: string;
  trustProxy?: number;
  clock?: () => number;
  minFreeBytes?: number;
  drainMs?: number;
}

export interface TestNetwork {
  url: string;
  folder: string;
  coordinator: Coordinator;
  store: SqliteStore;
  blobs: DiskBlobs;
  plans: Plans;
  tokens: TokenKeys;
  pools: Pools;
  gateway: Gateway;
  /** What the gateway logged as failures of its own. */
  failures: unknown[];
  /** Codes of the errors that volunteers were answered. */
  refused: string[];
  disk: Disk;
  signing: Signing;
  addJob(plan: JobPlan, spec?: Partial<JobSpec>): Promise<JobId>;
  close(keepFolder?: boolean): Promise<void>;
}

/** With this one a volunteer may say that it is the auditor. */
export const AUDIT_TOKEN = `iw_${"a".repeat(43)}`;

export async function startNetwork(options: NetworkOptions = {}): Promise<TestNetwork> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "idlewave-gateway-")));
  const clock = options.clock ?? Date.now;
  const store = new SqliteStore(join(folder, "idlewave.sqlite"));
  const blobs = await DiskBlobs.open(join(folder, "blobs"));
  const failures: unknown[] = [];
  const coordinator = await Coordinator.open({ store, onFatal: (error) => failures.push(error), clock });
  const plans = new Plans((job) => coordinator.job(job), blobs);
  const tokens = await TokenKeys.open(store);
  const pools = await Pools.open(store.pools, coordinator, tokens.ring);
  const refused: string[] = [];
  const disk = await Disk.open({ folder, minFreeBytes: options.minFreeBytes ?? 0, onChange: () => undefined });
  const http = createServer();
  const signing = await Signing.open(coordinator, store);
  const gateway = new Gateway(http, {
    ...{ coordinator, store, blobs, plans, tokens, pools, signing, clock, disk },
    onRefused: (code) => refused.push(code),
    drainMs: options.drainMs ?? 5_000,
    publicUrl: options.publicUrl ?? "",
    trustProxy: options.trustProxy ?? 0,
    allowSoftware: options.allowSoftware ?? false,
    visitorsPerSite: options.visitorsPerSite ?? 100,
    listensPublicly: false,
    mayAudit: async (token) => token === AUDIT_TOKEN,
    log: { error: (details) => failures.push(details), warn: () => undefined },
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    ...{ url, folder, coordinator, store, blobs, plans, tokens, pools, signing, gateway, failures, refused, disk },
    addJob: (plan, spec) => addJob(coordinator, blobs, plan, spec),
    async close(keepFolder = false) {
      await gateway.close();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
      disk.close();
      await coordinator.close();
      await store.close();
      if (!keepFolder) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A plan of `count` units whose one output is `elements` u32 that are summed up. */
export function planOf(count: number, elements = 1, changes: Partial<JobPlan> = {}): JobPlan {
  return {
    version: PLAN_VERSION,
    slicing: { whole: "It is a test." },
    kernel: "@group(0) @binding(0) var<storage, read_write> o: array<u32>; @compute @workgroup_size(1) fn main() { o[0] = 1u; }",
    units: { count },
    buffers: [{ name: "o", group: 0, binding: 0, kind: "storage", byteLength: 4 * elements, init: { kind: "zero" }, writes: [] }],
    passes: [{ entryPoint: "main", workgroups: [1, 1, 1], repeat: 1, uses: [0], set: [], swap: [] }],
    outputs: [{ name: "o", buffer: 0, dtype: "u32", shape: [elements], byteLength: 4 * elements, reduce: { kind: "sum", over: "all" } }],
    overrides: {},
    requires: { features: [], limits: {} },
    seed: "0",
    ...changes,
  };
}

export async function addJob(coordinator: Coordinator, blobs: DiskBlobs, plan: JobPlan, spec: Partial<JobSpec> = {}): Promise<JobId> {
  const planHash = await blobs.put(new TextEncoder().encode(JSON.stringify(plan)));
  const source = await blobs.put(new TextEncoder().encode(plan.kernel));
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: plan.units.count },
    passes: [{ workgroups: [1] }],
    output: plan.outputs.map((output) => ({ binding: output.name, dtype: output.dtype, shape: output.shape })),
  };
  const row = await coordinator.addJob(
    {
      owner: 1,
      ownerName: "tests",
      state: "running",
      reason: "",
      manifest: JSON.stringify(manifest),
      plan: planHash as BlobHash,
      source,
      createdAt: 0,
      startedAt: 1,
      finishedAt: null,
      canary: null,
      pool: spec.pool,
    },
    {
      owner: 1,
      units: plan.units.count,
      quorum: 2,
      priority: 0,
      creditPerUnit: 1,
      requires: plan.requires,
      maxReplicas: 20,
      floats: false,
      measured: false,
      unitMicros: null,
      maxGpuMicros: null,
      asks: false,
      ...spec,
    },
  );
  return row.id;
}
