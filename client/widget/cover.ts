/** What lies over the scene, and the one way out of it: the button and Escape lead to the same. */
import type { Overlay } from "./scene.ts";

export class Cover {
  /** Null: nothing does. */
  over: Overlay | null;
  private readonly first: Overlay | null;
  private readonly onChange: () => void;

  /** `first`: what a window of the coordinator's own was opened for; null in every other one. */
  constructor(first: Overlay | null, onChange: () => void) {
    this.over = first;
    this.first = first;
    this.onChange = onChange;
  }

  lay(over: Overlay): void {
    this.over = over;
    this.onChange();
  }

  /** Back to what lies beneath; a window that was opened for this question closes. Answers whether anything lay there. */
  back(): boolean {
    const { over, first } = this;
    if (!over) return false;
    if (over.kind === first?.kind) {
      globalThis.close();
    } else {
      this.over = first;
      this.onChange();
    }
    return true;
  }

  /** Something new is shown next, by whoever lifts it. */
  lift(): void {
    this.over = null;
  }
}
