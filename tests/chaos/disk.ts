/**
 * A disk that loses what was not synced: replays a trace over a folder as it was, and gives the folder as a power cut at any event
 * would leave it. A file's bytes are safe from its own fsync on, its name from that of its folder.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { Random } from "./random.ts";
import type { TraceEvent } from "./trace.ts";

/** What a disk writes whole or not at all. */
const SECTOR = 512;

type Change = { at: number; offset: number; bytes: Buffer } | { at: number; length: number };

interface File {
  safe: Buffer;
  /** Not synced yet, in order. */
  loose: Change[];
  /** Where the next write without a place goes. */
  end: number;
}

export class Disk {
  private readonly root: string;
  /** Names as the process sees them, and as the disk has them. */
  private readonly seen = new Map<string, File>();
  private readonly safe = new Map<string, File>();

  private constructor(root: string) {
    this.root = root;
  }

  /** `root`: where the traced process had the folder; `baseline`: a copy of it from before the trace. */
  static async of(root: string, baseline: string): Promise<Disk> {
    const disk = new Disk(root);
    for (const entry of await readdir(baseline, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      const file: File = { safe: bytes, loose: [], end: bytes.byteLength };
      disk.seen.set(join(root, relative(baseline, path)), file);
      disk.safe.set(join(root, relative(baseline, path)), file);
    }
    return disk;
  }

  /** Takes the event that is number `at` of its trace. */
  apply(event: TraceEvent, at: number): void {
    if (event.kind === "send" || (!event.path.startsWith(`${this.root}/`) && event.path !== this.root)) return;
    const file = this.seen.get(event.path);
    switch (event.kind) {
      case "write": {
        if (!file) return;
        const offset = event.offset ?? file.end;
        file.loose.push({ at, offset, bytes: event.bytes });
        file.end = offset + event.bytes.byteLength;
        return;
      }
      case "truncate":
        file?.loose.push({ at, length: event.length });
        return;
      case "create":
        if (!file) this.seen.set(event.path, { safe: Buffer.alloc(0), loose: [], end: 0 });
        else if (event.empty) file.loose.push({ at, length: 0 });
        return;
      case "rename":
        if (!file) return;
        this.seen.delete(event.path);
        this.seen.set(event.to, file);
        return;
      case "unlink":
        this.seen.delete(event.path);
        return;
      case "sync":
        this.sync(event.path, event.from);
        return;
      case "folder":
        return;
      default:
        event satisfies never;
    }
  }

  /** Whether a file of this name has bytes that a power cut would lose. */
  isLoose(name: string): boolean {
    return [...this.seen].some(([path, file]) => basename(path) === name && file.loose.length > 0);
  }

  /** Writes what a power cut leaves: of what was not synced nothing, or with `torn` such sectors as it picks. */
  async cut(to: string, torn?: Random): Promise<void> {
    await mkdir(join(to, "blobs"), { recursive: true });
    for (const [path, { safe, loose }] of this.safe) {
      const target = join(to, relative(this.root, path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, torn ? loose.reduce((bytes, change) => tear(bytes, change, torn), safe) : safe);
    }
  }

  /** `before`: what began later may not be covered. */
  private sync(path: string, before: number): void {
    const file = this.seen.get(path);
    if (file) {
      const covered = file.loose.filter((change) => change.at < before);
      file.safe = covered.reduce(written, file.safe);
      file.loose = file.loose.filter((change) => change.at >= before);
      return;
    }
    for (const name of this.safe.keys()) if (dirname(name) === path && !this.seen.has(name)) this.safe.delete(name);
    for (const [name, found] of this.seen) if (dirname(name) === path) this.safe.set(name, found);
  }
}

function written(bytes: Buffer, change: Change): Buffer {
  if ("length" in change) return Buffer.concat([bytes], change.length);
  const end = change.offset + change.bytes.byteLength;
  const longer = end > bytes.byteLength ? Buffer.concat([bytes], end) : Buffer.from(bytes);
  change.bytes.copy(longer, change.offset);
  return longer;
}

/** Each sector of the change arrives or does not. */
function tear(bytes: Buffer, change: Change, random: Random): Buffer {
  if ("length" in change) return random(2) === 0 ? bytes : written(bytes, change);
  let torn = bytes;
  for (let from = 0; from < change.bytes.byteLength; from += SECTOR) {
    const part = change.bytes.subarray(from, from + SECTOR);
    if (random(2) === 0) torn = written(torn, { at: change.at, offset: change.offset + from, bytes: part });
  }
  return torn;
}
