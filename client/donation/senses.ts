/**
 * What this browser tells of the device and of who sits before it: listened to while something is lent, and never before. Each
 * of its sources may be missing; then it says nothing, and nothing is guessed. None of it is sent anywhere.
 */
import { type Surroundings, UNTOLD } from "../donor/manners/surroundings.ts";
import { showWhenSeen } from "../donor/tabs/sight.ts";

/** How often the browser may tell another load. */
const SAMPLE_MS = 2_000;
/** The load is told to the page that has the focus: without it the last word counts for so long. */
const PRESSURE_COUNTS_MS = 2 * 60_000;
/** The least that Idle Detection takes for an absence. */
const AWAY_AFTER_MS = 60_000;

export class Senses {
  private told: Surroundings = UNTOLD;
  private onChange: (surroundings: Surroundings) => void = () => undefined;
  private readonly ending = new AbortController();
  private observer: PressureObserver | undefined;
  private stale: ReturnType<typeof setTimeout> | undefined;
  /** Ends Idle Detection, while it is at work. */
  private detecting: AbortController | undefined;

  private constructor() {
    this.watchPage();
    this.watchData();
    this.watchPressure();
  }

  /** Resolves when what the browser knows at once is known; `onChange` hears what changes then. */
  static async open(onChange: (surroundings: Surroundings) => void): Promise<Senses> {
    const senses = new Senses();
    await Promise.all([senses.watchBattery(), senses.watchAway()]);
    senses.onChange = onChange;
    return senses;
  }

  get surroundings(): Surroundings {
    return this.told;
  }

  close(): void {
    this.ending.abort();
    this.observer?.disconnect();
    this.detecting?.abort();
    clearTimeout(this.stale);
    this.onChange = () => undefined;
  }

  /** Idle Detection, as long as the visitor allows it; asks nobody. */
  private async watchAway(): Promise<void> {
    if (!window.IdleDetector) return;
    const permission = await navigator.permissions.query({ name: "idle-detection" });
    permission.addEventListener("change", () => void this.detect(permission.state), { signal: this.ending.signal });
    await this.detect(permission.state);
  }

  private async detect(permission: PermissionState): Promise<void> {
    this.detecting?.abort();
    this.detecting = undefined;
    if (permission !== "granted" || !window.IdleDetector || this.ending.signal.aborted) {
      this.tell({ away: null });
      return;
    }
    const detecting = new AbortController();
    this.detecting = detecting;
    const { signal } = detecting;
    const detector = new window.IdleDetector();
    const look = () => this.tell({ away: detector.userState === "idle" || detector.screenState === "locked" });
    detector.addEventListener("change", look, { signal });
    try {
      await detector.start({ threshold: AWAY_AFTER_MS, signal });
      look();
    } catch {
      // Forbidden in this frame, or withdrawn meanwhile: it stays untold, and the page says so where it matters.
    }
  }

  private async watchBattery(): Promise<void> {
    // Rejects in a frame that may not know it: as where it does not exist.
    const battery = await navigator.getBattery?.().catch(() => undefined);
    if (!battery || this.ending.signal.aborted) return;
    const look = () => this.tell({ battery: { charging: battery.charging, level: battery.level } });
    for (const event of ["chargingchange", "levelchange"]) battery.addEventListener(event, look, { signal: this.ending.signal });
    look();
  }

  private watchData(): void {
    const { connection } = navigator;
    const look = () => this.tell({ saveData: connection?.saveData ?? false });
    connection?.addEventListener("change", look, { signal: this.ending.signal });
    look();
  }

  private watchPage(): void {
    const { signal } = this.ending;
    showWhenSeen(signal);
    document.addEventListener("visibilitychange", () => this.tell({ hidden: document.hidden }), { signal });
    document.addEventListener("freeze", () => this.tell({ frozen: true }), { signal });
    document.addEventListener("resume", () => this.tell({ frozen: false }), { signal });
    addEventListener("focus", () => this.turn(true), { signal });
    addEventListener("blur", () => this.turn(false), { signal });
    this.tell({ hidden: document.hidden, focused: document.hasFocus() });
  }

  /** To this window, or away from it. */
  private turn(focused: boolean): void {
    clearTimeout(this.stale);
    if (!focused) this.stale = setTimeout(() => this.tell({ pressure: null }), PRESSURE_COUNTS_MS);
    this.tell({ focused });
  }

  private watchPressure(): void {
    if (!window.PressureObserver) return;
    this.observer = new window.PressureObserver((records) => {
      const last = records.at(-1);
      if (last) this.tell({ pressure: last.state });
    });
    // Rejects in a frame that may not know it, and on devices that measure nothing.
    this.observer.observe("cpu", { sampleInterval: SAMPLE_MS }).catch(() => undefined);
  }

  private tell(change: Partial<Surroundings>): void {
    this.told = { ...this.told, ...change };
    this.onChange(this.told);
  }
}
