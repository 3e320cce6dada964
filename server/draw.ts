/** What nobody can know before, from the system: it is asked for many at once, for each question takes longer than all else that a draw needs. */
import { randomFillSync } from "node:crypto";

const DRAW_BYTES = 16;
const POOL_BYTES = 256 * DRAW_BYTES;

const pool = Buffer.alloc(POOL_BYTES);
let at = POOL_BYTES;

/** 16 random bytes, as hex. */
export function newDraw(): string {
  if (at === POOL_BYTES) {
    randomFillSync(pool);
    at = 0;
  }
  const draw = pool.toString("hex", at, at + DRAW_BYTES);
  // What was given out is not kept.
  pool.fill(0, at, at + DRAW_BYTES);
  at += DRAW_BYTES;
  return draw;
}
