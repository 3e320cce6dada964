/** A real coordinator on a free port with a folder of its own, and what an owner does with it, for the end-to-end tests. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../server/config.ts";
import { startCoordinator } from "../../server/main.ts";
import type { JobStatus } from "../../shared/api.ts";
import type { Member } from "../../shared/pool-api.ts";

const POLL_MS = 200;

export interface Network {
  readonly url: string;
  /** The administrator's. */
  readonly token: string;
  /** Submits a folder under tests/fixtures; resolves with the job's number. */
  submit(fixture: string, change?: (manifest: Record<string, unknown>) => void): Promise<number>;
  status(job: number): Promise<JobStatus>;
  /** Resolves when `holds`; rejects after `seconds` with the last status in the message. */
  until(job: number, holds: (status: JobStatus) => boolean, seconds: number): Promise<JobStatus>;
  /** The raw results of a job's only output. */
  results(job: number): Promise<Uint8Array>;
  /** What it keeps as files, among them large results, final or not. */
  blobs(): Buffer[];
  cancel(job: number): Promise<void>;
  get(path: string): Promise<unknown>;
  /** Registers a site that may show the widget; answers its number. */
  addSite(origin: string, name: string): Promise<number>;
  /** What a site's visitors gave, as it is now. */
  givenTo(site: number): Promise<{ units: number; credit: number }>;
  /** Makes a pool of the administrator's. */
  addPool(name: string): Promise<{ id: number; link: string }>;
  members(pool: number): Promise<Member[]>;
  switchSiteOff(site: number): Promise<void>;
  /** Stops the coordinator, waits, and starts another on the same port and folder. */
  restart(downMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function startNetwork(): Promise<Network> {
  const data = mkdtempSync(join(tmpdir(), "idlewave-test-"));
  const config = (port: number) => readConfig({ data, port, allowSoftware: true, logLevel: "error" }, {}, data);
  let running = await startCoordinator(config(0));
  const token = running.adminToken ?? "";
  const url = running.url;
  const authorization = { authorization: `Bearer ${token}` };
  const get = async (path: string) => (await fetch(url + path)).json();
  const asAdmin = async (path: string) => (await fetch(url + path, { headers: authorization })).json();
  const status = async (job: number) => (await asAdmin(`/api/jobs/${job}`)) as JobStatus;
  return {
    url,
    token,
    get,
    status,
    async submit(fixture, change) {
      const folder = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url));
      const form = new FormData();
      for (const name of readdirSync(folder)) {
        if (name.endsWith(".ts")) continue;
        let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(readFileSync(join(folder, name)));
        if (name === "job.json" && change) {
          const manifest = JSON.parse(new TextDecoder().decode(bytes));
          change(manifest);
          bytes = new TextEncoder().encode(JSON.stringify(manifest)) as Uint8Array<ArrayBuffer>;
        }
        form.append(name, new Blob([bytes]), name);
      }
      const response = await fetch(`${url}/api/jobs`, { method: "POST", headers: authorization, body: form });
      const body = (await response.json()) as { id: number };
      if (response.status !== 201) throw new Error(`submit answered ${response.status}: ${JSON.stringify(body)}`);
      return body.id;
    },
    async cancel(job) {
      const response = await fetch(`${url}/api/jobs/${job}/cancel`, { method: "POST", headers: authorization });
      if (!response.ok) throw new Error(`cancel answered ${response.status}: ${await response.text()}`);
    },
    async addSite(origin, name) {
      const headers = { ...authorization, "content-type": "application/json" };
      const response = await fetch(`${url}/api/sites`, { method: "POST", headers, body: JSON.stringify({ origin, name }) });
      if (response.status !== 201) throw new Error(`sites answered ${response.status}: ${await response.text()}`);
      return ((await response.json()) as { id: number }).id;
    },
    async givenTo(site) {
      const { sites } = (await asAdmin("/api/sites")) as { sites: { id: number; units: number; credit: number }[] };
      const found = sites.find(({ id }) => id === site);
      if (!found) throw new Error(`there is no site ${site}`);
      return found;
    },
    async addPool(name) {
      const headers = { ...authorization, "content-type": "application/json" };
      const response = await fetch(`${url}/api/pools`, { method: "POST", headers, body: JSON.stringify({ name }) });
      if (response.status !== 201) throw new Error(`pools answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as { id: number; link: string };
    },
    members: async (pool) => ((await asAdmin(`/api/pools/${pool}/members`)) as { members: Member[] }).members,
    async switchSiteOff(site) {
      await fetch(`${url}/api/sites/${site}`, { method: "DELETE", headers: authorization });
    },
    async until(job, holds, seconds) {
      const end = Date.now() + seconds * 1000;
      for (;;) {
        const last = await status(job);
        if (holds(last)) return last;
        if (Date.now() > end) throw new Error(`job ${job} after ${seconds} s: ${JSON.stringify(last)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async results(job) {
      const response = await fetch(`${url}/api/jobs/${job}/results?format=raw`, { headers: authorization });
      if (!response.ok) throw new Error(`results answered ${response.status}: ${await response.text()}`);
      return new Uint8Array(await response.arrayBuffer());
    },
    blobs() {
      const entries = readdirSync(join(data, "blobs"), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    },
    async restart(downMs) {
      await running.close();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      running = await startCoordinator(config(Number(new URL(url).port)));
    },
    async close() {
      await running.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
