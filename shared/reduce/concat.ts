/** Units one after another, as they are: nothing is held but the piece at hand. */
import type { UnitRun } from "../ids.ts";
import type { Pieces } from "./pieces.ts";

/** One unit at a time, in order, without a gap: `bytes` is null in a hole. */
export async function* concat(pieces: Pieces): AsyncGenerator<{ unit: number; bytes: Uint8Array | null }> {
  for await (const piece of pieces) {
    if ("hole" in piece) for (const unit of unitsIn(piece.hole)) yield { unit, bytes: null };
    else yield piece;
  }
}

function* unitsIn(run: UnitRun): Generator<number> {
  for (let i = 0; i < run.length; i++) yield run.start + i;
}
