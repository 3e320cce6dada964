/** What the demo shows while it works: a bar a job and one line of news on a terminal; elsewhere a line every two seconds. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { JobStatus } from "../../../shared/api.ts";

const LINE_EVERY_MS = 2_000;

export interface Board {
  /** What is being done, until the next call. */
  news(text: string): void;
  jobs(jobs: readonly JobStatus[]): void;
  stop(): void;
}

/** `first`: the news to begin with. Draws on stderr, so that stdout has nothing but the report. It moves at least every two seconds, whatever happens. */
export function openBoard(first: string): Board {
  return process.stderr.isTTY ? barBoard(first) : lineBoard(first);
}

function barBoard(first: string): Board {
  const started = Date.now();
  const format = "{title} [{bar}] {value}/{total} {more}";
  const bars = new MultiBar({ format, stream: process.stderr, hideCursor: true, fps: 5, barsize: 30 }, Presets.shades_classic);
  const clock = bars.create(1, 0, {}, { format: "{more}" });
  const byJob = new Map<number, SingleBar>();
  let news = first;
  const tick = () => clock.update(0, { more: `${seconds(started)} s  ${news}` });
  const timer = setInterval(tick, 500);
  tick();
  return {
    news(text) {
      news = text;
      tick();
    },
    jobs(jobs) {
      for (const job of jobs) {
        const more = { title: job.title.padEnd(24).slice(0, 24), more: moreOf(job) };
        const bar = byJob.get(job.id);
        if (bar) bar.update(job.units.final, more);
        else byJob.set(job.id, bars.create(job.units.total, job.units.final, more));
      }
    },
    stop() {
      clearInterval(timer);
      bars.stop();
    },
  };
}

function lineBoard(first: string): Board {
  const started = Date.now();
  let news = first;
  let known: readonly JobStatus[] = [];
  const say = () => {
    const counts = known.map(({ name, units }) => `${name} ${units.final}/${units.total}`);
    process.stderr.write(`${seconds(started)} s  ${[news, ...counts].filter(Boolean).join("  ")}\n`);
  };
  say();
  const timer = setInterval(say, LINE_EVERY_MS);
  return {
    news(text) {
      news = text;
    },
    jobs(jobs) {
      known = jobs;
    },
    stop() {
      clearInterval(timer);
    },
  };
}

function moreOf(job: JobStatus): string {
  const refused = job.replicas.refused > 0 ? `, ${job.replicas.refused} refused` : "";
  return `${job.state}${refused}${job.reason ? ` (${job.reason})` : ""}`;
}

function seconds(started: number): string {
  return ((Date.now() - started) / 1000).toFixed(0).padStart(4);
}
