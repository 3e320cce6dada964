/** Says what takes a while, and again while it lasts, so that nobody wonders whether it hangs. */
import { note } from "./print.ts";

/** When something is said first, ms from the start, and how often after it. */
interface Pace {
  afterMs: number;
  everyMs: number;
}

const AT_ONCE: Pace = { afterMs: 0, everyMs: 2_000 };
/** Of what is mostly over before it could be read. */
export const ONCE_IT_LASTS: Pace = { afterMs: 1_000, everyMs: 5_000 };

/** Resolves as `work` does. Notes `title` on stderr, with the seconds it has been at it; nothing when `json`. */
export async function working<Result>(
  title: string,
  json: boolean | undefined,
  work: () => Promise<Result>,
  { afterMs, everyMs }: Pace = AT_ONCE,
): Promise<Result> {
  if (json) return work();
  const started = Date.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    note(`${title} …${seconds > 0 ? ` ${seconds} s` : ""}`);
    timer = setTimeout(say, everyMs);
  };
  if (afterMs === 0) say();
  else timer = setTimeout(say, afterMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** A short request of a coordinator. */
export function asking<Result>({ url }: { url: string }, { json }: { json?: boolean }, work: () => Promise<Result>): Promise<Result> {
  return working(`Asking ${url}`, json, work, ONCE_IT_LASTS);
}
