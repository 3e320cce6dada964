/** What an operator watches, in Prometheus' words. Nothing here grows with volunteers, units or finished jobs. */
import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import Type from "typebox";
import { ErrorSchema } from "../../shared/api.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { countUnits } from "../../shared/ids.ts";
import type { Coordinator, CoordinatorOptions } from "../coordinator.ts";
import type { JobRow } from "../core/store.ts";
import type { App, HttpContext } from "./context.ts";
import { adminOf, hashOf } from "./owners.ts";

/** Unfinished jobs with figures of their own, the newest; the others are one sum under `job="other"`. */
const MAX_JOBS = 50;
const COMMIT_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the figures are read from when somebody asks. */
export interface MetricSources {
  coordinator: Pick<Coordinator, "auditing" | "load" | "jobs" | "counts">;
  disk: { free: number; isFull: boolean; isWritable: boolean };
  drain: { isDraining: boolean; count: number };
  judges: { processes: number; queued: number };
  accounts: () => number;
  databaseBytes: () => Promise<number>;
  /** May be a little old: all files are looked at. */
  blobBytes: () => Promise<number>;
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly claims = this.counter("claims_total", "Claims that reached the scheduler, by answer", ["answer"]);
  private readonly assigned = this.counter("units_assigned_total", "Replicas handed out");
  private readonly results = this.counter("results_total", "Submitted results by verdict", ["verdict"]);
  private readonly signatures = this.counter("signatures_total", "Signatures over results that were taken");
  private readonly operations = this.counter("committed_operations_total", "Operations written");
  private readonly refusals = this.counter("refusals_total", "Requests that were answered with an error, by its code", ["code"]);
  private readonly commits = new Histogram({
    name: "idlewave_commit_seconds",
    help: "Time of one group commit until it is on disk",
    buckets: COMMIT_SECONDS,
    registers: [this.registry],
  });

  /** For `CoordinatorOptions`. */
  readonly onCommit: NonNullable<CoordinatorOptions["onCommit"]> = (operations, millis) => {
    this.commits.observe(millis / 1000);
    this.operations.inc(operations);
  };

  /** For `CoordinatorOptions`. */
  readonly onReply: NonNullable<CoordinatorOptions["onReply"]> = (event, reply) => {
    if (event === "claim") this.claims.inc({ answer: reply.type });
    if (event === "claim" && reply.type === "assigned") this.assigned.inc(countUnits(reply.assignment.runs));
    if (event === "signed") this.signatures.inc();
    if (reply.type === "verdicts") for (const verdict of reply.verdicts) this.results.inc({ verdict });
  };

  /** Something was refused. `connections`: a connection of an address that has too many. `pipelined`: a line that did not wait for its answers. */
  refused(code: ErrorCode | "connections" | "unread" | "pipelined"): void {
    this.refusals.inc({ code });
  }

  /** Figures that are read when somebody asks. Once. */
  watch(sources: MetricSources): void {
    const { coordinator, disk, drain, judges } = sources;
    this.gauge("hosts", "Connected hosts", () => coordinator.load.hosts);
    this.gauge("accounts", "Accounts with a connected host", sources.accounts);
    this.gauge("leases", "Open leases", () => coordinator.load.leases);
    this.gauge("pending_operations", "Operations that wait for the disk", () => coordinator.load.pendingOps);
    this.gauge("requests", "HTTP requests that are under way, this one too", () => drain.count);
    this.gauge("draining", "1 while the coordinator stops", () => Number(drain.isDraining));
    this.gauge("disk_free_bytes", "Free space of the data folder", () => disk.free);
    this.gauge("disk_full", "1 below the floor of free space", () => Number(disk.isFull));
    this.gauge("disk_writable", "1 while the data folder can be written", () => Number(disk.isWritable));
    this.gauge("database_bytes", "Size of the database's files", sources.databaseBytes);
    this.gauge("blob_bytes", "Size of all blobs, a few minutes old at most", sources.blobBytes);
    this.gauge("judge_processes", "Judges' processes", () => judges.processes);
    this.gauge("packages_waiting", "Packages that wait for a judge or are judged", () => judges.queued);
    this.gauge("auditing", "1 while an auditor looks at what volunteers agree on and keeps up", () =>
      Number(coordinator.auditing === "auditing"),
    );
    this.jobGauges(sources);
  }

  /** The text of a scrape, with what Node says of this process. */
  text(): Promise<string> {
    return Registry.merge([this.registry, processRegistry()]).metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private jobGauges({ coordinator }: MetricSources): void {
    const { registry } = this;
    new Gauge({
      name: "idlewave_jobs",
      help: "Jobs by state",
      labelNames: ["state"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { state } of coordinator.jobs()) this.inc({ state });
      },
    });
    new Gauge({
      name: "idlewave_units",
      help: "Units of unfinished jobs: final, failed, leased (with an open lease), voted (with a replica, not ended), held (of them: for the auditor), left (not ended); audited (of final ones), overruled (agreements that the auditor found wrong since the start)",
      labelNames: ["job", "state"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { row, label } of shown(coordinator.jobs())) {
          const counts = coordinator.counts(row.id);
          if (!counts) continue;
          const { final, failed, leased, voted, held, left, audited, overruled } = counts;
          for (const [state, units] of Object.entries({ final, failed, leased, voted, held, left, audited, overruled }))
            this.inc({ job: label, state }, units);
        }
      },
    });
    new Gauge({
      name: "idlewave_replicas",
      help: "Replicas of unfinished jobs: counted, and of them refused because they differed from the canonical result",
      labelNames: ["job", "outcome"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { row, label } of shown(coordinator.jobs())) {
          const counts = coordinator.counts(row.id);
          if (!counts) continue;
          this.inc({ job: label, outcome: "counted" }, counts.counted);
          this.inc({ job: label, outcome: "refused" }, counts.refused);
        }
      },
    });
  }

  private counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `idlewave_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name: `idlewave_${name}`,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}

function shown(jobs: JobRow[]): { row: JobRow; label: string }[] {
  const unfinished = jobs.filter(({ state }) => state !== "done" && state !== "cancelled" && state !== "failed").reverse();
  return unfinished.map((row, i) => ({ row, label: i < MAX_JOBS ? String(row.id) : "other" }));
}

let ofProcess: Registry | undefined;

/** Memory, processor, event loop lag and garbage collection, however many coordinators the process has had. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export function metricsRoutes(app: App, { metrics, config, store }: Pick<HttpContext, "metrics" | "config" | "store">): void {
  processRegistry();
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["operation"],
        summary: "Figures for Prometheus",
        description:
          "For the bearer token that the configuration names as `metricsToken`, or an administrator's. docs/operations.md lists them.",
        security: [{ token: [] }],
        produces: ["text/plain"],
        response: { 200: Type.String(), 401: ErrorSchema, 403: ErrorSchema },
      },
    },
    async (request, reply) => {
      if (!bears(request, config.metricsToken)) await adminOf(request, store);
      return reply
        .type(metrics.contentType)
        .header("cache-control", "no-store")
        .send(await metrics.text());
    },
  );
}

function bears(request: FastifyRequest, token: string): boolean {
  if (token === "") return false;
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  // Hashes have the same length whatever was sent.
  return timingSafeEqual(Buffer.from(hashOf(given)), Buffer.from(hashOf(token)));
}
