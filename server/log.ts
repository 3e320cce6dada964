/**
 * The log: pino's records, one a thing that matters, on standard error, because standard output belongs to the command line.
 * Errors and requests are cut down to what tells of a fault: no addresses, no headers, no query.
 */
import { type Logger, pino } from "pino";
import type { Config } from "./config.ts";

interface ShortError {
  message: string;
  code?: string;
  stack?: string;
}

interface LogRecord {
  level: string;
  /** ISO 8601. */
  time: string;
  msg?: string;
  err?: ShortError;
}

export function openLog(
  { logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorOf, error: errorOf, req: requestOf, res: responseOf },
  };
  if (logFormat === "json") return pino(options, { write });
  return pino(options, { write: (line: string) => write(readable(JSON.parse(line) as LogRecord)) });
}

function readable({ level, time, msg, err, ...rest }: LogRecord): string {
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const stack = err ? `\n  ${(err.stack ?? err.message).replaceAll("\n", "\n  ")}` : "";
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${msg ?? ""}${details.join("")}${stack}\n`;
}

function errorOf(error: unknown): ShortError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  const code = "code" in error ? { code: String(error.code) } : {};
  return { message, ...code, ...(stack === undefined ? {} : { stack }) };
}

function requestOf(request: { method?: string; url?: string }): { method?: string; path?: string } {
  const { method, url } = request;
  return { ...(method === undefined ? {} : { method }), ...(url === undefined ? {} : { path: url.split("?", 1)[0] ?? "" }) };
}

function responseOf(response: { statusCode?: number }): { status?: number } {
  return response.statusCode === undefined ? {} : { status: response.statusCode };
}
