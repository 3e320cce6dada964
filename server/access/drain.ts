/**
 * How a coordinator stops: `serving` ─begin─▶ `draining` (what is under way goes on, nothing new is begun) ─settled or out of
 * time─▶ the parts are closed. There is no way back.
 */
import { IdlewaveError } from "../../shared/errors.ts";

export class Drain {
  private draining = false;
  private underWay = 0;
  private onEmpty: (() => void) | null = null;

  get isDraining(): boolean {
    return this.draining;
  }

  /** Requests that are under way. */
  get count(): number {
    return this.underWay;
  }

  begin(): void {
    this.draining = true;
  }

  /** Throws `shutting-down` once draining: nothing new is begun. */
  makeSure(): void {
    if (this.draining) throw new IdlewaveError("shutting-down");
  }

  /** Something is under way until the function is called that it returns. */
  enter(): () => void {
    this.underWay++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.underWay--;
      if (this.underWay === 0) this.onEmpty?.();
    };
  }

  /** Resolves when nothing is under way any more, or after `ms`, with how much still is. */
  async settled(ms: number): Promise<number> {
    if (this.underWay === 0) return 0;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    return this.underWay;
  }
}
