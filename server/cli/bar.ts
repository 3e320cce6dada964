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
  if (!stderr.isTTY) return progressLines(title, total, noun);
  const format = `{title} [{bar}] {value}/{total} ${noun} {more}`;
  const formatValue = (value: number) => Math.round(value).toLocaleString("en");
  const bar = new SingleBar({ format, formatValue, stream: stderr, hideCursor: true, fps: 5, barsize: 30 }, Presets.shades_classic);
  bar.start(total, 0, { title: plain(title), more: "" });
  return { update: (value, more = "") => bar.update(value, { more: plain(more) }), stop: () => bar.stop() };
}

function progressLines(title: string, total: number, noun: string): ProgressBar {
  let saidAt = 0;
  let said = "";
  return {
    update(value, more = "") {
      const now = Date.now();
      if (now - saidAt < LINE_EVERY_MS) return;
      const share = `${Math.round(value).toLocaleString("en")} of ${Math.round(total).toLocaleString("en")} ${noun}`;
      const line = `${title}: ${share}${more ? ` ${more}` : ""}`;
      if (line === said) return;
      saidAt = now;
      said = line;
      note(line);
    },
    stop() {},
  };
}
