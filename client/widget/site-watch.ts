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
    const answer = await fetch(`/api/widget?${query}`, { signal: AbortSignal.timeout(EVERY_MS) })
      .then((response) => (response.ok ? (response.json() as Promise<{ on?: boolean } | null>) : null))
      .catch(() => null);
    if (answer?.on === false && this.timer !== null) this.onOff();
  }
}
