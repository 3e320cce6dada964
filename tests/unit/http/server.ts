/** The real coordinator on a free port and a temporary folder, an owner's requests, and a job package to send. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, DEFAULT_CONFIG } from "../../../server/config.ts";
import { startCoordinator } from "../../../server/main.ts";
import type { JobStatus } from "../../../shared/api.ts";

export interface TestServer {
  url: string;
  folder: string;
  /** The administrator's token; of the first start. */
  token: string;
  get(path: string, token?: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body?: unknown, token?: string): Promise<Response>;
  remove(path: string, token?: string): Promise<Response>;
  /** Submits a package and returns the job's number. */
  submit(files: Record<string, string | Uint8Array>, query?: string, token?: string): Promise<number>;
  status(job: number): Promise<JobStatus>;
  close(keepFolder?: boolean): Promise<void>;
}

export async function startServer(changes: Partial<Config> = {}, folder?: string, token?: string): Promise<TestServer> {
  const data = folder ?? (await mkdtemp(join(tmpdir(), "idlewave-http-")));
  const running = await startCoordinator({ ...DEFAULT_CONFIG, logLevel: "error", port: 0, data, ...changes });
  const admin = running.adminToken ?? token ?? "";
  const auth = (given: string | undefined): Record<string, string> => (given ? { authorization: `Bearer ${given}` } : {});
  const server: TestServer = {
    url: running.url,
    folder: data,
    token: admin,
    get: (path, given, headers = {}) => fetch(running.url + path, { headers: { ...auth(given), ...headers } }),
    post: (path, body, given) => {
      if (body instanceof FormData) return fetch(running.url + path, { method: "POST", body, headers: auth(given) });
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
      return fetch(running.url + path, { method: "POST", ...json, headers: { ...auth(given), ...type } });
    },
    remove: (path, given) => fetch(running.url + path, { method: "DELETE", headers: auth(given) }),
    async submit(files, query = "", given = admin) {
      const response = await server.post(`/api/jobs${query}`, formOf(files), given);
      const body = (await response.json()) as { id: number };
      if (response.status !== 201) throw new Error(JSON.stringify(body));
      return body.id;
    },
    status: async (job) => (await (await server.get(`/api/jobs/${job}`)).json()) as JobStatus,
    async close(keepFolder = false) {
      await running.close();
      if (!keepFolder) await rm(data, { recursive: true, force: true });
    },
  };
  return server;
}

export function formOf(files: Record<string, string | Uint8Array>): FormData {
  const form = new FormData();
  for (const [path, content] of Object.entries(files)) form.append(path, new Blob([content as BlobPart]), "ignored");
  return form;
}

const KERNEL = `@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@compute @workgroup_size(1) fn main() { counts[0] = 1u; }
`;

/** Writes a buffer that is no output: admitted with a warning. */
export const SPARE_KERNEL = `${KERNEL.split("\n", 1)[0]}
@group(0) @binding(1) var<storage, read_write> spare: array<u32, 4>;
@compute @workgroup_size(1) fn main() { counts[0] = 1u; spare[0] = 2u; }
`;

/** A package whose units each make `elements` u32. */
export function packageOf(count: number, elements = 1, changes: Record<string, unknown> = {}): Record<string, string> {
  const manifest = {
    name: "test-job",
    title: "A test",
    kernel: ["kernel.wgsl"],
    units: { count },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "counts", dtype: "u32", shape: [elements], reduce: { kind: "sum" } }],
    gflopPerUnit: 432,
    ...changes,
  };
  return { "job.json": JSON.stringify(manifest, null, 2), "kernel.wgsl": KERNEL };
}
