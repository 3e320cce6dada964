/**
 * A campaign on one data folder: an owner, volunteers and one liar work on while the coordinator is killed, cycle after cycle.
 *
 *   start ──ready──▶ work, and a fault ──gone──▶ a copy of the folder is checked ──▶ start …
 *   after the last cycle: start ──▶ all jobs are done ──▶ results are compared with the references ──▶ drain ──▶ check
 */
import { execFileSync } from "node:child_process";
import { setMaxListeners } from "node:events";
import { cp, link, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobStatus } from "../../shared/api.ts";
import { Volunteer as Line } from "../unit/gateway/volunteer.ts";
import { checkFolder, type Findings } from "./check.ts";
import { Child } from "./child.ts";
import type { Settings } from "./coordinator.ts";
import type { Fault, Scene } from "./faults.ts";
import { isRight, KINDS, type Kind, kindNamed, outputOf, packageOf } from "./jobs.ts";
import { Journal } from "./journal.ts";
import { cutPower } from "./power.ts";
import type { Random } from "./random.ts";
import { readTrace, STRACE } from "./trace.ts";
import { ChaosVolunteer, joined } from "./volunteer.ts";

const HONEST = 5;
/** Fewer open units than this, and the owner sends another job. */
const LOW_UNITS = 60;
const FINISH_MS = 120_000;
const RETRY_MS = 20;
/** How strace marks a call that it made fail, and one that the process did not live to see the end of. */
const INJECTED = /\(INJECTED\)$|^\d+ +(?:<\.\.\. )?f(?:data)?sync.*= \?$/m;
const TRACER_MS = 10_000;
/** Some acknowledgements take at most this long. */
const WORK_MS = 60_000;

export interface Report {
  cycles: number;
  acknowledged: number;
  findings: Findings;
  /** Starts that were not slowed down by a tracer. */
  readySeconds: number[];
  /** Faults that did not happen, each with why. */
  missed: string[];
}

export class Campaign {
  readonly report: Report = { cycles: 0, acknowledged: 0, findings: { lost: [], double: [], broken: [] }, readySeconds: [], missed: [] };
  private readonly entry: string;
  private readonly folder: string;
  private readonly random: Random;
  private readonly journal: Journal;
  private readonly volunteers: ChaosVolunteer[] = [];
  private readonly kinds = new Map<number, Kind>();
  private port = 0;
  private url = "";
  private token = "";
  private nextKind = 0;

  private constructor(entry: string, folder: string, random: Random) {
    this.entry = entry;
    this.folder = folder;
    this.random = random;
    this.journal = new Journal(join(folder, "journal.ndjson"));
    for (let index = 0; index <= HONEST; index++) {
      const liar = index === HONEST;
      const onFault = (what: string) => this.broken(`volunteer ${index} was answered ${what}`);
      this.volunteers.push(new ChaosVolunteer({ index, liar, random, journal: this.journal, kindOf: (job) => this.kindOf(job), onFault }));
    }
  }

  /** `entry`: the bundled coordinator. Its first start makes the owner's token. */
  static async open(entry: string, random: Random): Promise<Campaign> {
    const campaign = new Campaign(entry, await mkdtemp(join(tmpdir(), "idlewave-chaos-")), random);
    await mkdir(campaign.data);
    const child = new Child(entry, campaign.settings({}));
    const ready = await campaign.started(child);
    if (!ready?.adminToken) throw new Error(`the first start failed: ${child.stderr}`);
    campaign.token = ready.adminToken;
    campaign.port = Number(new URL(ready.url).port);
    campaign.url = ready.url;
    for (const kind of Object.keys(KINDS) as Kind[]) await campaign.send(kind);
    await child.kill("SIGTERM");
    return campaign;
  }

  async close(): Promise<void> {
    this.journal.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One fault, and a look at what it left. */
  async cycle(fault: Fault): Promise<void> {
    this.report.cycles++;
    const missed = fault.empty ? await this.strikeEmpty(fault) : await this.strike(fault);
    if (missed !== undefined) this.report.missed.push(`${fault.name}: ${missed}`);
    if (!fault.empty) await this.check(fault.name);
  }

  /** Lets everything end and compares the results. */
  async finish(): Promise<void> {
    const child = new Child(this.entry, this.settings({}));
    const ready = await this.started(child);
    if (!ready) return this.broken(`it did not start again: ${child.stderr}`);
    const compare = async () => {
      const end = performance.now() + FINISH_MS;
      for (;;) {
        const jobs = await this.jobs();
        if (jobs.every((job) => job.state === "done")) break;
        if (performance.now() > end)
          return this.broken(`after ${FINISH_MS / 1000} s not every unit has ended (6): ${JSON.stringify(jobs)}`);
        await sleep(100);
      }
      for (const job of await this.jobs()) await this.compare(job);
    };
    // Without the owner, who would go on sending jobs.
    await this.while(ready.url, compare, {}, false);
    const ended = await child.kill("SIGTERM");
    if (ended !== "exit 0") this.broken(`it ended by ${ended} when told to stop: ${child.stderr}`);
    await this.check("the end");
  }

  private get data(): string {
    return join(this.folder, "data");
  }

  private settings(changes: Partial<Settings>): Settings {
    return { data: this.data, port: this.port, clockMs: 0, ...changes };
  }

  private async strike(fault: Fault): Promise<string | undefined> {
    if (fault.room) return await this.strikeSmall(fault, fault.room(this.random));
    if (fault.inject) return await this.strikeTraced(fault, fault.inject(this.random));
    return await this.strikeOne(fault, new Child(this.entry, this.settings(fault.start(this.random))));
  }

  private async strikeOne(fault: Fault, child: Child): Promise<string | undefined> {
    const whole = fault.inject === undefined && !fault.room;
    if (fault.starting) {
      const strike = fault.strike(child, this.scene);
      const ready = await child.ready();
      if (ready) await this.while(ready.url, () => strike, fault);
      return await strike;
    }
    const ready = whole ? await this.started(child) : await child.ready();
    if (ready) return await this.while(ready.url, () => fault.strike(child, this.scene), fault);
    this.broken(`${fault.name}: it did not start: ${await child.exited}, ${child.stderr}`);
    return undefined;
  }

  private async strikeTraced(fault: Fault, inject: string[]): Promise<string | undefined> {
    const [log, baseline, remains] = ["trace", "baseline", "remains"].map((name) => join(this.folder, name)) as [string, string, string];
    const earlier = this.journal.lines.length;
    await copyData(this.data, baseline);
    const child = new Child(this.entry, this.settings(fault.start(this.random)), [...STRACE, "-o", log, ...inject]);
    const missed = await this.strikeOne(fault, child);
    const text = await traceOf(log, child.pid);
    if (fault.cut) {
      const traced = { events: await readTrace(log), root: this.data, baseline, earlier };
      const promised = { lines: this.journal.lines, volunteers: this.volunteers };
      for (const found of await cutPower(traced, promised, this.random, remains, join(this.folder, "image"))) this.add(fault.name, found);
      await rm(this.data, { recursive: true });
      await rename(remains, this.data);
    }
    await rm(baseline, { recursive: true });
    await rm(log);
    return missed ?? (inject.length > 0 && !INJECTED.test(text) ? "its call was not reached" : undefined);
  }

  /** The folder moves onto a small file system and back, as an operator would move it to a larger disk. */
  private async strikeSmall(fault: Fault, room: number): Promise<string | undefined> {
    const small = join(this.folder, "small");
    await mkdir(small);
    const used = Number(execFileSync("du", ["-sk", this.data]).toString().split("\t")[0]) * 1024;
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${used + room}`, "idlewave-chaos", small]);
    try {
      await cp(this.data, join(small, "data"), { recursive: true });
      const child = new Child(this.entry, { ...this.settings(fault.start(this.random)), data: join(small, "data") });
      const missed = await this.strikeOne(fault, child);
      await rm(this.data, { recursive: true });
      await cp(join(small, "data"), this.data, { recursive: true });
      return missed;
    } finally {
      execFileSync("umount", [small]);
      await rmdir(small);
    }
  }

  /** In a folder of its own: what the fault has left there must start, and be empty. */
  private async strikeEmpty(fault: Fault): Promise<string | undefined> {
    const data = join(this.folder, "empty");
    await mkdir(data);
    const settings = { ...this.settings(fault.start(this.random)), data, port: 0 };
    const missed = await fault.strike(new Child(this.entry, settings), this.scene);
    const again = new Child(this.entry, { data, port: 0, clockMs: 0 });
    const ready = await this.started(again);
    if (!ready) this.broken(`${fault.name}: it did not start again: ${again.stderr}`);
    else if ((await again.kill("SIGTERM")) !== "exit 0") this.broken(`${fault.name}: it did not stop: ${again.stderr}`);
    await rm(data, { recursive: true });
    return missed;
  }

  private get scene(): Scene {
    return { random: this.random, worked: (more, ended) => this.worked(more, ended) };
  }

  private async worked(more: number, ended?: Promise<unknown>): Promise<void> {
    let isOver = false;
    ended?.then(() => {
      isOver = true;
    });
    const enough = this.journal.lines.length + more;
    const end = performance.now() + WORK_MS;
    while (!isOver && this.journal.lines.length < enough) {
      if (performance.now() > end) throw new Error(`${enough - this.journal.lines.length} of ${more} acknowledgements did not come`);
      await sleep(2);
    }
  }

  private async started(child: Child) {
    const ready = await child.ready();
    if (ready) this.report.readySeconds.push(ready.seconds);
    return ready;
  }

  /** All work while `act` goes on: everybody connects in the same moment. */
  private async while<T>(url: string, act: () => Promise<T>, { herd = 0, needs }: Pick<Fault, "herd" | "needs">, owner = true): Promise<T> {
    this.url = url;
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const crowd = Array.from({ length: herd }, (_, index) => new Line(url, undefined, { "x-forwarded-for": `82.0.${index}.7` }));
    const busy = [
      ...this.volunteers.map((volunteer) => again(stop.signal, () => volunteer.work(url, stop.signal))),
      ...(owner ? [again(stop.signal, () => this.own(needs))] : []),
      // Whoever of the crowd gets in before the coordinator dies stays connected.
      ...crowd.map((line) => joined(line, stop.signal).catch(ignored)),
    ];
    try {
      return await act();
    } finally {
      stop.abort();
      for (const line of crowd) line.leave();
      await Promise.all(busy);
    }
  }

  /** The owner sends another job when there is little to do. */
  private async own(needs?: Kind): Promise<void> {
    const open = (await this.jobs()).filter((job) => job.state === "running");
    const left = (jobs: JobStatus[]) => jobs.reduce((sum, { units }) => sum + units.total - units.final, 0);
    const lacks = needs !== undefined && left(open.filter((job) => job.name === `chaos-${needs}`)) < KINDS[needs].units / 2;
    if (!lacks && left(open) >= LOW_UNITS) return await sleep(5 * RETRY_MS);
    const order: readonly Kind[] = ["inline", "put", "near", "frame"];
    await this.send(lacks ? needs : (order[this.nextKind++ % order.length] as Kind));
  }

  private async send(kind: Kind): Promise<void> {
    const form = new FormData();
    for (const [name, text] of Object.entries(packageOf(kind))) form.append(name, new Blob([text]), name);
    const response = await fetch(`${this.url}/api/jobs`, {
      method: "POST",
      body: form,
      headers: { authorization: `Bearer ${this.token}` },
    });
    if (response.status === 201) this.journal.note({ kind: "job", job: ((await response.json()) as { id: number }).id });
    else if (response.status < 500) this.broken(`the owner was answered ${response.status}: ${await response.text()}`);
  }

  private async jobs(): Promise<JobStatus[]> {
    const { jobs } = (await (await fetch(`${this.url}/api/jobs`)).json()) as { jobs: JobStatus[] };
    for (const { id, name } of jobs) this.kinds.set(id, kindNamed(name));
    return jobs;
  }

  private async kindOf(job: number): Promise<Kind> {
    if (!this.kinds.has(job)) await this.jobs();
    return this.kinds.get(job) as Kind;
  }

  private async compare({ id, units }: JobStatus): Promise<void> {
    const kind = await this.kindOf(id);
    const reference = Buffer.concat(Array.from({ length: units.total }, (_, unit) => outputOf(kind, unit)));
    const response = await fetch(`${this.url}/api/jobs/${id}/results?format=raw`, { headers: { authorization: `Bearer ${this.token}` } });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (!response.ok || !isRight(kind, bytes, reference)) this.broken(`job ${id}: its results differ from the reference`);
  }

  private async check(after: string): Promise<void> {
    const copy = join(this.folder, "copy");
    await copyData(this.data, copy);
    this.report.acknowledged = this.journal.lines.length;
    try {
      this.add(after, await checkFolder(copy, { lines: this.journal.lines, volunteers: this.volunteers }));
    } catch (error) {
      this.broken(`after ${after}: the folder cannot be read: ${error}`);
    }
    await rm(copy, { recursive: true });
  }

  private add(after: string, found: Findings): void {
    const { findings } = this.report;
    for (const key of ["lost", "double", "broken"] as const) findings[key].push(...found[key].map((what) => `after ${after}: ${what}`));
  }

  private broken(what: string): void {
    this.report.findings.broken.push(what);
  }
}

/** Blobs are linked: nothing ever changes one. */
async function copyData(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, path));
    if (entry.isDirectory()) await mkdir(target, { recursive: true });
    else await (path.startsWith(join(from, "blobs")) ? linkAt(path, target) : cp(path, target));
  }
}

async function linkAt(path: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await link(path, target);
}

/** The whole of it: the tracer writes on for a moment after the process has gone. */
async function traceOf(log: string, pid: number): Promise<string> {
  const end = performance.now() + TRACER_MS;
  for (;;) {
    const text = await readFile(log, "latin1");
    if (new RegExp(`^${pid} +\\+\\+\\+ `, "m").test(text)) return text;
    if (performance.now() > end) throw new Error("the tracer did not come to its end");
    await sleep(RETRY_MS);
  }
}

/** Tries until told to stop: the other end dies in the middle of everything. */
async function again(stop: AbortSignal, attempt: () => Promise<void>): Promise<void> {
  while (!stop.aborted) {
    await attempt().catch(ignored);
    await sleep(RETRY_MS);
  }
}

function ignored(): void {}
