/** While something is lent: what is out of sight for longer than a moment pauses, and what comes back starts anew. */
import { isLending, type Scene } from "./scene.ts";
import type { Sight } from "./sight.ts";

/** A moment out of sight is no pause. */
const AWAY_MS = 1_500;

type Lost = NonNullable<Sight["lost"]>;

export interface AwayOptions {
  sight: Pick<Sight, "told" | "lost">;
  scene(): Scene;
  /** It is in sight, as far as the browser tells. */
  start(): void;
  pause(why: Lost): void;
}

export class Away {
  private readonly options: AwayOptions;
  /** A start waits for the browser's first word. */
  private isUntold = true;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: AwayOptions) {
    this.options = options;
  }

  /** What a start of now comes to: a pause, and why; "later" when the browser has not told yet, whose first word begins it. */
  atStart(): "now" | "later" | Lost {
    const { told, lost } = this.options.sight;
    this.isUntold = !told;
    return told ? (lost ?? "now") : "later";
  }

  /** Something came into sight or went out of it. */
  look(): void {
    const { sight, scene, start, pause } = this.options;
    if (this.isUntold && sight.told && scene().kind === "starting") start();
    const why = sight.lost;
    const now = scene();
    if (now.kind === "paused") {
      if (why === null) start();
      else if (why !== now.why) pause(why);
      return;
    }
    if (why === null || !isLending(now)) {
      if (this.timer !== null) clearTimeout(this.timer);
      this.timer = null;
      return;
    }
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const still = sight.lost;
      if (still !== null && isLending(scene())) pause(still);
    }, AWAY_MS);
  }
}
