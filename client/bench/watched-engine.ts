/** An engine that tells what was in each chunk: whatever runs in one turn of the event loop. */
import type { Engine } from "../engine/seam.ts";
import { workgroupsOf } from "../engine/slices.ts";

export interface Submit {
  workgroups: number;
  /** GPU time, once it is known. */
  micros: number;
  /** Units whose last workgroups are in it. */
  ends: number;
}

export function watchSubmits(engine: Engine): { watched: Engine; submits: Submit[] } {
  const submits: Submit[] = [];
  let open: Submit | undefined;
  const current = (): Submit => {
    if (!open) {
      open = { workgroups: 0, micros: 0, ends: 0 };
      submits.push(open);
      queueMicrotask(() => {
        open = undefined;
      });
    }
    return open;
  };
  const watched: Engine = {
    plan: engine.plan,
    open: (unit) => engine.open(unit),
    run(unit, position) {
      const submit = current();
      submit.workgroups += workgroupsOf(position.box.size);
      const time = engine.run(unit, position);
      time.then(
        (micros) => {
          submit.micros += micros;
        },
        () => undefined, // the driver tells
      );
      return time;
    },
    read(unit) {
      current().ends++;
      return engine.read(unit);
    },
    stateBytes: engine.stateBytes,
    stateSpans: engine.stateSpans,
    write: (unit, buffer, bytes) => engine.write(unit, buffer, bytes),
    save: (unit) => engine.save(unit),
    restore: (unit, state, begun) => engine.restore(unit, state, begun),
    close: (unit) => engine.close(unit),
    destroy: () => engine.destroy(),
  };
  return { watched, submits };
}
