/** What a job would take, in words, and the option that says what it may. */
import { InvalidArgumentError, Option } from "commander";
import type { JobStatus } from "../../shared/api.ts";
import { counted } from "../../shared/counted.ts";

/** What is less is told in seconds. */
const LITTLE_HOURS = 0.1;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a job may take, as `submit` and `resume` are told it. */
export function gpuHoursOption(): Option {
  return new Option("--max-gpu-hours <hours>", "GPU time that it may take in all; it pauses where that is reached").argParser((text) => {
    const hours = Number(text);
    if (!(hours > 0 && hours <= 1e9)) throw new InvalidArgumentError("It is a number of hours above 0.");
    return hours;
  });
}

/** One line, or "" when there is none. */
export function quoteWords({ quote, maxGpuHours }: JobStatus, now = new Date()): string {
  if (!quote) return "";
  const { gpuHours, executions, hosts, finishSeconds } = quote;
  const most = maxGpuHours === null ? "" : `, of ${rounded(maxGpuHours)} GPU-hours that it may take`;
  const time = gpuHours < LITTLE_HOURS ? `${rounded(gpuHours * HOUR)} GPU-seconds` : `${rounded(gpuHours)} GPU-hours`;
  const work = `about ${time}${most}, for ${rounded(executions)} executions`;
  if (finishSeconds === null) return `${work}, as fast as the auditor's GPU: nobody is here now who could run it, so it has no date`;
  const date = new Date(now.getTime() + finishSeconds * 1000);
  const when = finishSeconds > DAY ? `on ${date.toISOString().slice(0, 10)}` : `in ${spanWords(finishSeconds)}`;
  return `${work}; done ${when} at the earliest, if ${hosts === 1 ? "the one host that is" : `all ${counted(hosts, "host")} that are`} here ran nothing else`;
}

function rounded(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(2)));
}

function spanWords(seconds: number): string {
  if (seconds < MINUTE) return "less than a minute";
  return seconds < HOUR ? counted(Math.round(seconds / MINUTE), "minute") : counted(Math.round(seconds / HOUR), "hour");
}
