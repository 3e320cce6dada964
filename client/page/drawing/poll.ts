/** Polls a job's picture while the page can be seen: only what changed since the last answer comes. */

const POLL_MS = 2_000;
/** With Save-Data, or after a fault. */
const SPARING_POLL_MS = 30_000;
const AFTER_FAULT_MS = 5_000;
/** A picture that is not there whole after so long does not come. */
const ANSWER_MS = 60_000;
/** More than the largest picture that the format allows in 4,096 cells of 32 x 32. */
const MAX_PICTURE_BYTES = 4_300_000;

export class PicturePoll {
  private readonly onPicture: (bytes: Uint8Array) => void;
  private origin = "";
  private headers: Record<string, string> = {};
  private job = 0;
  private since = 0;
  private etag = "";
  /** Nothing changes any more once it was answered. */
  private ended = false;
  private hidden = false;
  private sparing = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private asking: AbortController | null = null;

  constructor(onPicture: (bytes: Uint8Array) => void) {
    this.onPicture = onPicture;
  }

  /** `job` 0: none. `since`: the newest change of this job's picture that is known. `ended`: one answer is enough. */
  follow(origin: string, job: number, since: number, ended: boolean): void {
    this.asking?.abort();
    this.asking = null;
    this.origin = origin;
    this.job = job;
    this.since = since;
    this.ended = ended;
    this.etag = "";
    this.again(0);
  }

  /** Of each request, for a picture that not everybody may see. */
  setHeaders(headers: Record<string, string>): void {
    this.headers = headers;
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this.again(0);
  }

  setSparing(sparing: boolean): void {
    this.sparing = sparing;
  }

  private again(millis: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.hidden || this.job === 0 || this.asking) return;
    this.timer = setTimeout(() => void this.ask(), millis);
  }

  private async ask(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const silence = setTimeout(() => asking.abort(), ANSWER_MS);
    const wait = await this.fetchOnce(asking).catch(() => AFTER_FAULT_MS);
    clearTimeout(silence);
    if (this.asking !== asking) return;
    this.asking = null;
    this.again(wait);
  }

  /** Answers how long to wait. */
  private async fetchOnce(asking: AbortController): Promise<number> {
    const headers: Record<string, string> = { ...this.headers, ...(this.etag ? { "if-none-match": this.etag } : {}) };
    const answer = await fetch(`${this.origin}/api/jobs/${this.job}/picture?since=${this.since}`, { headers, signal: asking.signal });
    const wait = this.sparing ? SPARING_POLL_MS : POLL_MS;
    if (answer.status === 304) {
      this.endAfterLast();
      return wait;
    }
    if (!answer.ok) return AFTER_FAULT_MS;
    if (Number(answer.headers.get("content-length") ?? 0) > MAX_PICTURE_BYTES) return SPARING_POLL_MS;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (this.asking !== asking || bytes.byteLength > MAX_PICTURE_BYTES) return SPARING_POLL_MS;
    this.onPicture(bytes);
    this.since = new DataView(bytes.buffer).getUint32(8, true);
    this.etag = answer.headers.get("etag") ?? "";
    this.endAfterLast();
    return wait;
  }

  private endAfterLast(): void {
    if (this.ended) this.job = 0;
  }
}
