/** Asks the coordinator what jobs there are and how the shown one stands, while the page can be seen. */
import type { JobState, JobStatus, NetworkInfo } from "../../shared/api.ts";
import { byServingOrder } from "../../shared/serving.ts";
import { asked, NotTold } from "./asked.ts";

const JOB_MS = 5_000;
export const LIST_MS = 10_000;
/** While the donor tells how the shown job stands: only other jobs are news. */
const TOLD_LIST_MS = 30_000;
export const AFTER_FAULT_MS = 5_000;

export interface Watched {
  onJobs(jobs: JobStatus[]): void;
  onJob(job: JobStatus): void;
  onNetwork(network: NetworkInfo): void;
  /** The browser says that it has no network. */
  onOffline(): void;
  /** The pass to the page's pool is good no more. */
  onPassRefused(): void;
  /** The coordinator did not answer. */
  onFault(): void;
  /** The job to ask after, 0 for none. */
  shown(): number;
  /** The donor tells how that job stands, so that it need not be asked for. */
  isTold(): boolean;
}

export class Watch {
  private readonly watched: Watched;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private listedAt = Number.NEGATIVE_INFINITY;
  /** The shown job's state in the last list. */
  private state: JobState | undefined;
  private met = false;
  private asking = false;

  constructor(watched: Watched) {
    this.watched = watched;
    document.addEventListener("visibilitychange", () => this.again(0));
    addEventListener("online", () => this.again(0));
    addEventListener("offline", () => {
      watched.onOffline();
      // A coordinator on this computer answers all the same.
      this.again(0);
    });
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
      const wait = await this.askOnce();
      this.asking = false;
      this.again(wait);
    } catch {
      this.asking = false;
      this.listedAt = Number.NEGATIVE_INFINITY;
      this.watched.onFault();
      this.again(AFTER_FAULT_MS);
    }
  }

  /** Answers how long to wait. */
  private async askOnce(): Promise<number> {
    const { watched } = this;
    const listMs = watched.isTold() ? TOLD_LIST_MS : LIST_MS;
    if (watched.shown() !== 0 && performance.now() - this.listedAt < listMs) {
      if (!watched.isTold()) watched.onJob(await this.get<JobStatus>(`/api/jobs/${watched.shown()}`));
      return JOB_MS;
    }
    // What the first words depend on is known before they are said.
    const [{ jobs }] = await Promise.all([this.get<{ jobs: JobStatus[] }>("/api/jobs"), this.meet()]);
    this.listedAt = performance.now();
    watched.onJobs(jobs);
    const state = jobs.find(({ id }) => id === watched.shown())?.state;
    const isNews = this.state !== undefined && state !== this.state;
    this.state = state;
    // A list tells the running answer as it was read last, the job itself as it is.
    return isNews && !watched.isTold() && watched.shown() !== 0 ? 0 : JOB_MS;
  }

  private async meet(): Promise<void> {
    if (this.met) return;
    this.watched.onNetwork(await this.get<NetworkInfo>("/api/network"));
    this.met = true;
  }

  private async get<T>(path: string): Promise<T> {
    try {
      return await asked<T>(path);
    } catch (error) {
      if (error instanceof NotTold && error.status === 401) this.watched.onPassRefused();
      throw error;
    }
  }
}

/** The job to show: the chosen one, else the first running by priority, else a paused one, else the picture that ended last, else what ended last. */
export function pickJob(jobs: readonly JobStatus[], chosen: number): JobStatus | null {
  if (chosen !== 0) return jobs.find((job) => job.id === chosen) ?? null;
  const byPriority = jobs.toSorted(byServingOrder);
  const running = byPriority.find((job) => job.state === "running");
  if (running) return running;
  const paused = byPriority.find((job) => job.state === "paused");
  if (paused) return paused;
  const ended = jobs.filter((job) => job.state === "done").toSorted((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1));
  return ended.find(({ noun }) => noun === "picture") ?? ended[0] ?? null;
}
