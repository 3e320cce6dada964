/** While something is lent: whether the site may still show the widget, and whether the job runs on. */
import type { WidgetNow } from "../../shared/widget.ts";
import { askNow } from "./job-now.ts";

/** A site that was switched off has nothing running after this and one answer, ms. */
const EVERY_MS = 8_000;

export interface SiteWatchOptions {
  /** Origin of the site. */
  site: string;
  job(): number;
  onOff(): void;
  /** Another job runs, and the one that is lent to does not. */
  onOther(now: WidgetNow): unknown;
}

export class SiteWatch {
  private readonly options: SiteWatchOptions;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: SiteWatchOptions) {
    this.options = options;
  }

  begin(): void {
    this.timer ??= setInterval(() => void this.ask(), EVERY_MS);
  }

  end(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async ask(): Promise<void> {
    const { site, job, onOff, onOther } = this.options;
    // Who does not answer has switched nothing off.
    const now = await askNow(site, job());
    if (!now || this.timer === null) return;
    if (!now.on) onOff();
    else if (now.job && now.job.id !== job()) onOther(now);
  }
}
