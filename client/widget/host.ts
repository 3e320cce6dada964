/** What the page that shows the frame is told: a state at once, counts coarsely and seldom. */
import type { FrameMessage, WidgetState } from "../../shared/widget.ts";

/** Exact counts at exact times would tell the host which volunteer of the public list its visitor is. */
const COUNTS_EVERY_MS = 60_000;
const COUNTS_STEP = 10;

export class Host {
  private readonly origin: string;
  private readonly framed: boolean;
  private state: WidgetState | null = null;
  private countedAt = Number.NEGATIVE_INFINITY;

  /** `framed`: somebody shows us; a window of our own tells nobody. */
  constructor(origin: string, framed: boolean) {
    this.origin = origin;
    this.framed = framed;
  }

  tell(state: WidgetState, units: number, verified: number): void {
    if (state !== this.state) this.post({ idlewave: "state", state });
    this.state = state;
    const now = performance.now();
    if (now - this.countedAt < COUNTS_EVERY_MS) return;
    this.countedAt = now;
    this.post({ idlewave: "credit", units: coarse(units), verified: coarse(verified) });
  }

  post(message: FrameMessage): void {
    if (this.framed) parent.postMessage(message, this.origin);
  }
}

function coarse(count: number): number {
  return COUNTS_STEP * Math.floor(count / COUNTS_STEP);
}
