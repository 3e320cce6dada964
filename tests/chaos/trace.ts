/**
 * Reads what strace wrote (`-f -yy -xx`): which bytes went into which file, what was synced, and what left for whom, in the order
 * in which the kernel was asked. A write counts from its start, a sync only once it has succeeded.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** strace's options that `readTrace` understands; the program follows. */
export const STRACE = [
  ...["strace", "-D", "-f", "-yy", "-xx", "-s", "262144"],
  ...["-e", "trace=openat,write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,rename,unlink,mkdir,rmdir"],
] as const;

export type TraceEvent =
  /** `offset` null: behind what was written before. */
  | { kind: "write"; path: string; offset: number | null; bytes: Buffer }
  | { kind: "truncate"; path: string; length: number }
  | { kind: "create"; path: string; empty: boolean }
  | { kind: "sync"; path: string; from: number }
  | { kind: "rename"; path: string; to: string }
  | { kind: "unlink"; path: string }
  | { kind: "folder"; path: string }
  /** To the client's port. */
  | { kind: "send"; port: number; bytes: Buffer };

interface Call {
  name: string;
  args: string;
  /** Events that there were when it began. */
  from: number;
}

const UNFINISHED = " <unfinished ...>";

/** Rejects a line that it should understand and does not: an event that is missed would prove anything. */
export async function readTrace(log: string): Promise<TraceEvent[]> {
  const lines: AsyncIterable<string> = createInterface({ input: createReadStream(log), crlfDelay: Number.POSITIVE_INFINITY });
  return await parseTrace(lines);
}

export async function parseTrace(lines: AsyncIterable<string> | Iterable<string>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  const pending = new Map<string, Call>();
  for await (const line of lines) {
    const [, pid = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    if (resumed) {
      const call = pending.get(pid);
      pending.delete(pid);
      if (call) ended(call, resumed[2] ?? "", events);
      continue;
    }
    const [, name, args = ""] = /^(\w+)\((.*)$/.exec(rest) ?? [];
    if (!name) continue;
    const call = { name, args, from: events.length };
    begun(call, events);
    if (args.endsWith(UNFINISHED)) pending.set(pid, call);
    else ended(call, args, events);
  }
  return events;
}

/** Writes and sends have an effect as soon as they are asked for. */
function begun({ name, args }: Call, events: TraceEvent[]): void {
  const file = /^\d+<((?:\\x[0-9a-f]{2})+)>/.exec(args);
  const port = /^\d+<TCP(?:v6)?:\[[^\]]*->[^>\]]*:(\d+)\]>/.exec(args);
  switch (name) {
    case "write":
    case "writev":
    case "sendto":
    case "sendmsg":
    case "pwrite64": {
      const bytes = () => Buffer.concat(quoted(args).map(unescaped));
      if (port) events.push({ kind: "send", port: Number(port[1]), bytes: bytes() });
      else if (file && name === "pwrite64") {
        const offset = /, (\d+)(?:\)|<| <)[^"]*$/.exec(args.slice(args.lastIndexOf('"')));
        if (!offset) throw new SyntaxError(`a write without its place: ${args.slice(-80)}`);
        events.push({ kind: "write", path: pathOf(file), offset: Number(offset[1]), bytes: bytes() });
      } else if (file && pathOf(file).startsWith("/")) events.push({ kind: "write", path: pathOf(file), offset: null, bytes: bytes() });
      return;
    }
    default:
      return;
  }
}

function ended({ name, args, from }: Call, tail: string, events: TraceEvent[]): void {
  const good = /= \d+(?:<.*>)?$/.test(tail);
  if (!good) return;
  const file = /^\d+<((?:\\x[0-9a-f]{2})+)>/.exec(args);
  const [first, second] = quoted(args).map((text) => unescaped(text).toString());
  switch (name) {
    case "fsync":
    case "fdatasync":
      if (file) events.push({ kind: "sync", path: pathOf(file), from });
      return;
    case "ftruncate":
      if (file) events.push({ kind: "truncate", path: pathOf(file), length: Number(/>, (\d+)/.exec(args)?.[1]) });
      return;
    case "openat":
      if (first && /O_CREAT|O_TRUNC/.test(args)) events.push({ kind: "create", path: first, empty: /O_TRUNC/.test(args) });
      return;
    case "rename":
      if (first && second) events.push({ kind: "rename", path: first, to: second });
      return;
    case "unlink":
    case "rmdir":
      if (first) events.push({ kind: "unlink", path: first });
      return;
    case "mkdir":
      if (first) events.push({ kind: "folder", path: first });
      return;
    default:
      return;
  }
}

function quoted(args: string): string[] {
  // What strace cut short would be taken for the whole.
  if (/"\.\.\./.test(args)) throw new SyntaxError(`the trace is cut short: ${args.slice(0, 80)}`);
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => match[1] ?? "");
}

function unescaped(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}

function pathOf(file: RegExpExecArray): string {
  return unescaped(file[1] ?? "").toString();
}
