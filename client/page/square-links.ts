/** A click on a verified square leads to the page of its unit. */
import { unitAddress } from "../../shared/unit-address.ts";
import type { Easel } from "./easel.ts";
import { isLent, type Situation } from "./situation.ts";

/** While something is lent the page stays, and the unit's comes beside it. A finger that tries whether the wave steps aside opens nothing. */
export function linkSquares(plate: HTMLCanvasElement, easel: Easel, situationNow: () => Situation): void {
  plate.addEventListener("click", (click) => {
    const byFinger = click instanceof PointerEvent && click.pointerType === "touch";
    if (!byFinger || !isLent(situationNow())) easel.point(click.offsetX, click.offsetY);
  });
  easel.onPointed = (job, unit) => {
    const situation = situationNow();
    if (situation.job?.id !== job) return;
    const address = unitAddress(situation.job, unit);
    if (isLent(situation)) open(address, "_blank", "noopener");
    else location.assign(address);
  };
}
