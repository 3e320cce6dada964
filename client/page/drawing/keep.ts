/** Keeps the visitor's own unit indices of the jobs that are drawn, and draws them before the next consent. */
import { type JobName, keepUnits, keptUnits } from "../../donor/own-units.ts";
import type { Board } from "./board.ts";

/** Changes are gathered for so long. */
const WRITE_EVERY_MS = 2_000;

export class Keep {
  private readonly names = new Map<number, JobName>();
  private readonly changed = new Map<number, Board>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** Reads what is kept of the job into its board, unless the donor told of the job's units by then. True when there was something. */
  async read(name: JobName, board: Board): Promise<boolean> {
    this.names.set(name.job, name);
    // Squares that stay blue for lack of a database are no fault worth a word.
    const kept = await keptUnits(name).catch(() => undefined);
    if (!kept || board.knowsOwn) return false;
    board.takeKept(name.job, kept);
    return true;
  }

  /** The donor told of own units of this job: from consent on they are kept. */
  note(job: number, board: Board): void {
    this.changed.set(job, board);
    this.timer ??= setTimeout(() => void this.write(), WRITE_EVERY_MS);
  }

  forget(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.changed.clear();
  }

  private async write(): Promise<void> {
    this.timer = null;
    const boards = [...this.changed];
    this.changed.clear();
    for (const [job, board] of boards) {
      const name = this.names.get(job);
      // A full disk costs the yellow squares of the next visit, nothing else.
      if (name) await keepUnits(name, board.ownIndices()).catch(() => undefined);
    }
  }
}
