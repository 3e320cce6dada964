/** While something is lent: whether the site may still show the widget. */

/** A site that was switched off has nothing running after this and one answer, ms. */
const EVERY_MS = 8_000;

export class SiteWatch {
  private readonly origin: string;
  private readonly onOff: () => void;
  private timer: ReturnType<typeof setInterval> | null = null;

  /** `origin`: of the site. */
  constructor(origin: string, onOff: () => void) {
    this.origin = origin;
    this.onOff = onOff;
  }

  begin(): void {
    this.timer ??= setInterval(() => void this.ask(), EVERY_MS);
  }

  end(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async ask(): Promise<void> {
    const query = new URLSearchParams({ site: this.origin });
    // Who does not answer has switched nothing off.
    const response = await fetch(`/api/widget?${query}`).catch(() => null);
    if (!response?.ok || this.timer === null) return;
    const { on } = (await response.json()) as { on: boolean };
    if (!on) this.onOff();
  }
}
