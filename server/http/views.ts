/** What pages see of jobs beyond their rows: pictures and running answers, kept for the jobs that were asked for last. */
import type { JobStatus } from "../../shared/api.ts";
import { MAX_CELLS } from "../../shared/picture.ts";
import type { JobRow } from "../core/store.ts";
import type { HttpContext } from "./context.ts";
import { Follower } from "./follow.ts";
import { countsOf, spendingOf } from "./owners.ts";
import { JobPicture } from "./picture.ts";
import { RunningAnswer } from "./running.ts";
import { jobStatus } from "./status.ts";

/** Of all views together; one is some 100 KiB to some MiB. */
const MAX_BYTES = 128 * 1024 ** 2;
const REFRESH_MS = 200; // a picture is at most this old

interface View {
  picture: JobPicture;
  answer: RunningAnswer | null;
  follower: Follower;
  refreshedAt: number;
  refreshing: Promise<void> | null;
}

type Source = Pick<HttpContext, "coordinator" | "store" | "blobs" | "plans" | "pools" | "clock"> & { onFailure: (error: unknown) => void };

export class Views {
  private readonly source: Source;
  private readonly views = new Map<JobRow["id"], Promise<View>>();
  /** By job, and all together. */
  private readonly sizes = new Map<JobRow["id"], number>();
  private bytes = 0;
  /** Running answers as they were last read. */
  private readonly answers = new Map<JobRow["id"], string>();
  /** How many made each job that is done: it changes no more. */
  private readonly makers = new Map<JobRow["id"], number | null>();

  constructor(source: Source) {
    this.source = source;
  }

  /** The picture after its latest changes. */
  async picture(row: JobRow): Promise<JobPicture> {
    return (await this.fresh(row)).picture;
  }

  /** `wait` false: the answer as it was last read, so that a list of jobs never waits for a long scan. */
  async status(row: JobRow, wait: boolean): Promise<JobStatus> {
    const planned = await this.source.plans.of(row.id);
    if (RunningAnswer.of(planned.plan)) {
      if (wait) await this.fresh(row);
      else if (this.wantsReading(row)) this.fresh(row).catch(this.source.onFailure);
    }
    const { coordinator } = this.source;
    const madeBy = await this.madeBy(row);
    return jobStatus(
      row,
      planned,
      coordinator.spec(row.id),
      countsOf(coordinator, row.id),
      coordinator.waitsFor(row.id),
      spendingOf(coordinator, row.id),
      coordinator.auditingOf(row.id),
      coordinator.whyNotChecked(row.id),
      this.answers.get(row.id),
      row.pool === undefined ? undefined : this.source.pools.row(row.pool),
      madeBy,
    );
  }

  /** Null of a job that is not done: who watched the number grow would learn when somebody new was right. */
  private async madeBy({ id, state }: JobRow): Promise<number | null> {
    if (state !== "done") return null;
    let known = this.makers.get(id);
    if (known === undefined) {
      known = await this.source.store.madeBy(id);
      this.makers.set(id, known);
    }
    return known;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.views.values());
    for (const view of opened) if (view.status === "fulfilled") view.value.follower.close();
    this.views.clear();
  }

  /** Whether a list should have this job's answer read for the next time: not when that would push out other jobs. */
  private wantsReading(row: JobRow): boolean {
    if (row.state !== "running" && this.answers.has(row.id)) return false;
    return this.views.has(row.id) || this.bytes < MAX_BYTES;
  }

  private async fresh(row: JobRow): Promise<View> {
    const view = await this.of(row);
    const now = this.source.clock();
    if (!view.refreshing && now - view.refreshedAt < REFRESH_MS) return view;
    view.refreshing ??= this.refresh(row, view, now).finally(() => {
      view.refreshing = null;
    });
    await view.refreshing;
    return view;
  }

  private async refresh(row: JobRow, view: View, now: number): Promise<void> {
    await view.follower.refresh();
    view.picture.leased(this.source.coordinator.leasedUnits(row.id, MAX_CELLS));
    view.picture.commit(now);
    const answer = view.answer?.text;
    // An answer that leaves units out would be a wrong one.
    if (answer !== undefined && view.follower.isWhole) this.answers.set(row.id, answer);
    view.refreshedAt = now;
    this.measure(row.id, view);
  }

  /** Drops those that were asked for longest ago until the others fit. */
  private measure(id: JobRow["id"], { picture, follower }: View): void {
    this.weigh(id, picture.bytes + follower.bytes);
    for (const oldest of this.views.keys()) {
      if (this.bytes <= MAX_BYTES || oldest === id) return;
      this.drop(oldest);
    }
  }

  private weigh(id: JobRow["id"], bytes: number): void {
    if (!this.views.has(id)) return;
    this.bytes += bytes - (this.sizes.get(id) ?? 0);
    this.sizes.set(id, bytes);
  }

  private drop(id: JobRow["id"]): void {
    // One that could not be opened has said so to whoever asked.
    this.views.get(id)?.then(({ follower }) => follower.close(), ignoreTold);
    this.weigh(id, 0);
    this.sizes.delete(id);
    this.views.delete(id);
  }

  private of(row: JobRow): Promise<View> {
    const known = this.views.get(row.id);
    if (known) {
      // The latest asked for is the last to be dropped.
      this.views.delete(row.id);
      this.views.set(row.id, known);
      return known;
    }
    const opening = this.open(row);
    opening.catch(() => {
      if (this.views.get(row.id) === opening) this.views.delete(row.id);
    });
    this.views.set(row.id, opening);
    return opening;
  }

  private async open(row: JobRow): Promise<View> {
    const { plan } = await this.source.plans.of(row.id);
    const picture = new JobPicture(plan, this.source.clock());
    const answer = RunningAnswer.of(plan);
    const follower = new Follower(row.id, this.source, answer ? [picture, answer] : [picture]);
    return { picture, answer, follower, refreshedAt: 0, refreshing: null };
  }
}

/** Whoever opened it was told. */
function ignoreTold(): void {}
