/** Asks the coordinator what jobs there are and how the shown one stands, while the page can be seen. */
import type { JobStatus, NetworkInfo } from "../../shared/api.ts";

const JOB_MS = 2_000;
const LIST_MS = 10_000;
const AFTER_FAULT_MS = 5_000;

export interface Watched {
  onJobs(jobs: JobStatus[]): void;
  onJob(job: JobStatus): void;
  onNetwork(network: NetworkInfo): void;
  /** The coordinator did not answer. */
  onFault(): void;
  /** The job to ask after, 0 for none. */
  shown(): number;
}

export class Watch {
  private readonly origin: string;
  private readonly watched: Watched;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private listedAt = Number.NEGATIVE_INFINITY;
  private met = false;
  private asking = false;

  constructor(origin: string, watched: Watched) {
    this.origin = origin;
    this.watched = watched;
    document.addEventListener("visibilitychange", () => this.again(0));
    this.again(0);
  }

  private again(millis: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (document.hidden || this.asking) return;
    this.timer = setTimeout(() => void this.ask(), millis);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    try {
      if (performance.now() - this.listedAt >= LIST_MS || this.watched.shown() === 0) {
        const list = await this.get<{ jobs: JobStatus[] }>("/api/jobs");
        this.listedAt = performance.now();
        this.watched.onJobs(list.jobs);
      } else this.watched.onJob(await this.get<JobStatus>(`/api/jobs/${this.watched.shown()}`));
      if (!this.met) this.watched.onNetwork(await this.get<NetworkInfo>("/api/network"));
      this.met = true;
      this.asking = false;
      this.again(JOB_MS);
    } catch {
      this.asking = false;
      this.listedAt = Number.NEGATIVE_INFINITY;
      this.watched.onFault();
      this.again(AFTER_FAULT_MS);
    }
  }

  private async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.origin}${path}`, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return (await answer.json()) as T;
  }
}

/** The job to show: the chosen one, else the first running by priority, else a paused one, else the one that ended last. */
export function pickJob(jobs: readonly JobStatus[], chosen: number): JobStatus | null {
  if (chosen !== 0) return jobs.find((job) => job.id === chosen) ?? null;
  const byPriority = jobs.toSorted((a, b) => b.priority - a.priority || a.id - b.id);
  const running = byPriority.find((job) => job.state === "running");
  if (running) return running;
  const paused = byPriority.find((job) => job.state === "paused");
  if (paused) return paused;
  return jobs.filter((job) => job.state === "done").toSorted((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1))[0] ?? null;
}
