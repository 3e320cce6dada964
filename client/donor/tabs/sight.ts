/**
 * Whether anybody can see what is lent: the tab of the donor, or one beside it in a window of its own. Each page that shows the
 * donor holds one shared lock while it can be seen, and a lock goes with its page, however that ends.
 */
const SIGHT_LOCK = "idlewave-seen";
/** Locks tell nobody when they change: a donor whose own page is hidden looks this often. */
const LOOK_EVERY_MS = 1_000;

/** In a page: holds the lock while the document can be seen, until `signal` aborts. */
export function showWhenSeen(signal: AbortSignal): void {
  let seen: AbortController | undefined;
  const turn = () => {
    seen?.abort();
    seen = undefined;
    if (document.hidden || signal.aborted) return;
    const until = new AbortController();
    seen = until;
    void hold(until.signal);
  };
  document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", turn);
  turn();
}

function hold(until: AbortSignal): Promise<unknown> {
  return navigator.locks.request(SIGHT_LOCK, { mode: "shared" }, () => {
    if (until.aborted) return undefined;
    return new Promise((release) => until.addEventListener("abort", release));
  });
}

/** The donor's own eye. */
export class Sight {
  private readonly onChange: () => void;
  private timer: ReturnType<typeof setInterval> | undefined;
  private seen = false;

  /** `onChange` is called when `isSeen` may be another. */
  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  /** A page beside the donor's can be seen; false while nobody looks for one. */
  get isSeen(): boolean {
    return this.seen;
  }

  /** `on`: the donor's own page is hidden, so that it matters. */
  look(on: boolean): void {
    if (on === (this.timer !== undefined)) return;
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => void this.ask(), LOOK_EVERY_MS) : undefined;
    this.seen = false;
    if (on) void this.ask();
  }

  private async ask(): Promise<void> {
    const { held } = await navigator.locks.query();
    const seen = held?.some(({ name }) => name === SIGHT_LOCK) ?? false;
    if (this.timer === undefined || seen === this.seen) return;
    this.seen = seen;
    this.onChange();
  }
}
