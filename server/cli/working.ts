/** Says what takes a while, at once and again while it lasts, so that nobody wonders whether it hangs. */
import { note } from "./print.ts";

const AGAIN_EVERY_MS = 2_000;

/** Resolves as `work` does. Notes `title` on stderr, then with the seconds it has been at it; nothing when `json`. */
export async function working<Result>(title: string, json: boolean | undefined, work: () => Promise<Result>): Promise<Result> {
  if (json) return work();
  const started = Date.now();
  note(`${title} …`);
  const timer = setInterval(() => note(`${title} … ${Math.round((Date.now() - started) / 1000)} s`), AGAIN_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
