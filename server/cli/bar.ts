/** A progress bar on a terminal; elsewhere a line every few seconds in which something changed, so that a log shows that things move. */
import { Presets, SingleBar } from "cli-progress";
import { plain } from "../../shared/plain.ts";
import { note } from "./print.ts";

const LINE_EVERY_MS = 5_000;

export interface ProgressBar {
  update(value: number, more?: string): void;
  stop(): void;
}

/** Draws on stderr. `total` in `noun`s. */
export function progressBar(title: string, total: number, noun: string): ProgressBar {
  const { stderr } = process;
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  if (!stderr.isTTY) return progressLines(title, (value) => `${whole(value)} of ${whole(total)} ${noun}`);
  const format = `{title} [{bar}] {value}/{total} ${noun} {more}`;
  const bar = new SingleBar({ format, formatValue: whole, stream: stderr, hideCursor: true, fps: 5, barsize: 30 }, Presets.shades_classic);
  bar.start(total, 0, { title: plain(title), more: "" });
  return { update: (value, more = "") => bar.update(value, { more: plain(more) }), stop: () => bar.stop() };
}

/** The same of one thing, a share of which is done: its `update` takes 0 to 1. */
export function shareBar(title: string): ProgressBar {
  const { stderr } = process;
  if (!stderr.isTTY) return progressLines(title, (share) => `${Math.round(100 * share)} % done`);
  const format = "{title} [{bar}] {percentage} %";
  const bar = new SingleBar({ format, stream: stderr, hideCursor: true, fps: 5, barsize: 30 }, Presets.shades_classic);
  bar.start(1, 0, { title: plain(title) });
  return { update: (share) => bar.update(share), stop: () => bar.stop() };
}

function progressLines(title: string, sharing: (value: number) => string): ProgressBar {
  let saidAt = 0;
  let said = "";
  return {
    update(value, more = "") {
      const now = Date.now();
      if (now - saidAt < LINE_EVERY_MS) return;
      const line = `${title}: ${sharing(value)}${more ? ` ${more}` : ""}`;
      if (line === said) return;
      saidAt = now;
      said = line;
      note(line);
    },
    stop() {},
  };
}
