/** The log: pino's records as lines for people, on standard error, because standard output belongs to the command line. */
import { type Logger, pino } from "pino";
import type { Config } from "./config.ts";

interface LogRecord {
  level: number;
  time: number;
  msg?: string;
  err?: { stack?: string; message?: string };
}

export function openLog(level: Config["logLevel"], write: (line: string) => void = (line) => process.stderr.write(line)): Logger {
  return pino({ level, base: null }, { write: (line: string) => write(readable(JSON.parse(line) as LogRecord)) });
}

function readable({ level, time, msg, err, ...rest }: LogRecord): string {
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const label = pino.levels.labels[level] ?? String(level);
  const stack = err ? `\n  ${(err.stack ?? err.message ?? "").replaceAll("\n", "\n  ")}` : "";
  return `${new Date(time).toISOString().slice(11, 19)} ${label.padEnd(5)} ${msg ?? ""}${details.join("")}${stack}\n`;
}
