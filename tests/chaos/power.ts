/** Power cuts at the moments that matter most: right when an acknowledgement has left. */
import { rm } from "node:fs/promises";
import { decodeFrame } from "../../shared/wire/codec.ts";
import { type Frame, FrameError } from "../../shared/wire.ts";
import { checkFolder, type Findings, type Promised } from "./check.ts";
import { Disk } from "./disk.ts";
import type { Acknowledged } from "./journal.ts";
import { type Random, shuffled } from "./random.ts";
import type { TraceEvent } from "./trace.ts";

/** Acknowledgements after which the power is cut, of one trace. */
const CUTS = 4;

export interface Traced {
  events: readonly TraceEvent[];
  /** Where the process had its folder, and a copy of it from before. */
  root: string;
  baseline: string;
  /** Lines of the journal from before the process began. */
  earlier: number;
}

/**
 * Findings of each cut; the last cut is at the trace's end, and its torn remains are left in `remains`. Rejects when the journal has
 * an acknowledgement that the trace has not: it would prove nothing.
 */
export async function cutPower(traced: Traced, promised: Promised, random: Random, remains: string, scratch: string): Promise<Findings[]> {
  const { events, earlier } = traced;
  const left = departures(events);
  const own = promised.lines.slice(earlier).map((line) => ({ line, at: departureOf(line, left) }));
  const moments = [...new Set(own.flatMap(({ at }) => at ?? []))];
  const cuts = new Set(shuffled(moments, random).slice(0, CUTS));
  const disk = await Disk.of(traced.root, traced.baseline);
  const findings: Findings[] = [];
  for (const [at, event] of events.entries()) {
    disk.apply(event, at);
    if (!cuts.has(at)) continue;
    const lines = [
      ...promised.lines.slice(0, earlier),
      ...own.filter((other) => other.at !== undefined && other.at <= at).map(({ line }) => line),
    ];
    for (const torn of [undefined, random]) {
      await disk.cut(scratch, torn);
      findings.push(await checkFolder(scratch, { ...promised, lines }));
      await rm(scratch, { recursive: true });
    }
  }
  await disk.cut(scratch);
  findings.push(await checkFolder(scratch, promised));
  await rm(scratch, { recursive: true });
  await disk.cut(remains, random);
  return findings;
}

/** What identifies an answer on the wire: the n-th of its kind on a connection, or the port of a request of its own. */
export function departures(events: readonly TraceEvent[]): Map<string, number> {
  const left = new Map<string, number>();
  const lines = new Map<number, { sid: string; answers: number; dones: number }>();
  for (const [at, event] of events.entries()) {
    if (event.kind !== "send") continue;
    const text = event.bytes.toString("latin1");
    const sid = /\xa3sid\xb4(.{20})/s.exec(text)?.[1];
    if (sid) lines.set(event.port, { sid, answers: 0, dones: 0 });
    if (text.startsWith("HTTP/1.1 204")) left.set(`port ${event.port}`, at);
    const line = lines.get(event.port);
    if (!line) continue;
    for (const frame of framesIn(event.bytes)) {
      if (frame.type === "answer") left.set(`${line.sid} answer ${line.answers++}`, at);
      else if (frame.type === "done") left.set(`${line.sid} done ${line.dones++}`, at);
    }
  }
  return left;
}

/** Socket.IO's msgpack parser writes a short frame as 0xc4, its length, and its bytes. */
function* framesIn(bytes: Buffer): Generator<Frame> {
  for (let at = bytes.indexOf(BIN8); at >= 0; at = bytes.indexOf(BIN8, at + 1)) {
    try {
      yield decodeFrame(bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0)));
    } catch (error) {
      // The byte was another's.
      if (!(error instanceof FrameError)) throw error;
    }
  }
}

const BIN8 = 0xc4;

/** Undefined for what has no mark on the wire: it is looked for at the end alone. */
function departureOf(line: Acknowledged, left: ReadonlyMap<string, number>): number | undefined {
  if (line.kind === "job" || line.kind === "final") return undefined;
  const at = left.get(line.mark);
  if (at === undefined) throw new Error(`the trace has no answer ${line.mark}`);
  return at;
}
