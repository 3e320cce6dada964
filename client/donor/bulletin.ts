/** What a session tells regularly beside its state: the share of the GPU, the job's figures, the visitor's own units. */
import type { JobState, JobStatus } from "../../shared/api.ts";
import { hasEnded } from "../../shared/job-state.ts";
import type { Throttle } from "./computing/throttle.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Report } from "./report.ts";
import type { VolunteerSocket } from "./socket.ts";

const STATUS_EVERY_MS = 10_000;
const STATES = { open: "waiting", final: "final", refused: "refused" } as const;

export class Bulletin {
  private readonly report: Report;
  private readonly inputs: Inputs;
  private readonly socket: VolunteerSocket;
  private readonly throttle: Throttle;
  private readonly shown: number;
  private current = 0;
  /** Of the job being computed, as it was told last. */
  private state: JobState = "running";
  private statusAt = 0;
  private share: { at: number; busy: number };

  /** `shown`: number of the job on the page, 0 when there is none. */
  constructor(report: Report, inputs: Inputs, socket: VolunteerSocket, throttle: Throttle, shown: number) {
    this.report = report;
    this.inputs = inputs;
    this.socket = socket;
    this.throttle = throttle;
    this.shown = shown;
    this.share = { at: performance.now(), busy: throttle.busyMillis };
  }

  /** Number of the job being computed, 0 before the first. */
  get job(): number {
    return this.current;
  }

  take(status: JobStatus): void {
    if (this.current === status.id) return;
    this.current = status.id;
    this.state = status.state;
    this.report.setJob(status);
    void this.tellOwnUnits();
  }

  /** The job's figures as of now; undefined without a job or an answer. */
  async refresh(): Promise<JobStatus | undefined> {
    const job = this.current;
    if (job === 0) return undefined;
    this.statusAt = performance.now();
    // Figures are told again in a while; a missing answer is no failure of the donor's.
    const status = await this.inputs.status(job).catch(() => undefined);
    if (!status || this.current !== job) return status;
    this.report.setJob(status);
    // A job that ended settled its last units, of which a notice may have been missed; where it was cancelled, nobody told.
    if (hasEnded(status.state) && !hasEnded(this.state)) void this.tellOwnUnits();
    this.state = status.state;
    return status;
  }

  /** Called a few times a second. */
  tick(): void {
    const now = performance.now();
    const busy = this.throttle.busyMillis;
    this.report.share(busy - this.share.busy, now - this.share.at);
    this.share = { at: now, busy };
    if (this.socket.isUp && now - this.statusAt > STATUS_EVERY_MS) void this.refresh();
  }

  /** Of the job being computed; before the first, of the one that the page shows. */
  async tellOwnUnits(): Promise<void> {
    const job = this.current || this.shown;
    if (job === 0 || !this.socket.isUp) return;
    const units = await this.socket.ownUnits(job).catch(() => undefined); // asked again after the next connection
    if (!units) return;
    const own = units.flatMap(({ unit, outcome }) => (outcome === "void" ? [] : [{ job, unit, state: STATES[outcome], progress: 1 }]));
    this.report.allUnits(job, own);
  }
}
