/** The data folder's file system: how much is free, whether it can be written, and whether there is room for more. */
import { randomBytes } from "node:crypto";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IdlewaveError } from "../../shared/errors.ts";

const LOOK_EVERY_MS = 5_000;
const MIB = 1024 ** 2;

export interface DiskOptions {
  folder: string;
  /** Below it there is no room, bytes. */
  minFreeBytes: number;
  /** Told when room or writability changed. */
  onChange: (disk: { free: number; full: boolean; writable: boolean }) => void;
}

/** Bytes set aside for something that is being received. */
export interface Room {
  /** That many more are needed than were set aside at first. Throws `disk-full`. */
  add(bytes: number): void;
  /** That many were written. Throws `disk-full` when others have filled the disk meanwhile. */
  wrote(bytes: number): void;
  /** What is left of it is free again. */
  end(): void;
}

export class Disk {
  private readonly options: DiskOptions;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | null = null;
  /** As last looked at, less what was written into rooms since. */
  private freeBytes = 0;
  private reserved = 0;
  private full = false;
  private canWrite = true;

  private constructor(options: DiskOptions) {
    this.options = options;
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  /** Resolves once it has looked. */
  static async open(options: DiskOptions): Promise<Disk> {
    const disk = new Disk(options);
    await disk.look();
    return disk;
  }

  /** Free bytes for a process without privileges, as last looked at. */
  get free(): number {
    return this.freeBytes;
  }

  get isFull(): boolean {
    return this.full;
  }

  get isWritable(): boolean {
    return this.canWrite;
  }

  /** Throws `disk-full` when there is no room for more. */
  makeSure(): void {
    if (this.full || this.freeBytes < this.options.minFreeBytes) throw new IdlewaveError("disk-full");
  }

  /** Sets `bytes` aside, so that all that is received at a time fits; `end` must follow. Throws `disk-full`. */
  reserve(bytes: number): Room {
    let left = 0;
    const add = (more: number) => {
      this.makeSure();
      if (this.freeBytes - this.reserved - more < this.options.minFreeBytes) throw new IdlewaveError("disk-full");
      left += more;
      this.reserved += more;
    };
    const release = (some: number) => {
      left -= some;
      this.reserved -= some;
    };
    add(bytes);
    return {
      add,
      wrote: (written) => {
        release(Math.min(left, written));
        this.freeBytes -= written;
        this.makeSure();
      },
      end: () => release(left),
    };
  }

  /** Looks now; the last look's findings hold until it resolves. Never rejects. */
  look(): Promise<void> {
    this.looking ??= this.measure().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async measure(): Promise<void> {
    const { folder, minFreeBytes, onChange } = this.options;
    const before = { full: this.full, writable: this.canWrite };
    try {
      const { bavail, bsize } = await statfs(folder);
      this.freeBytes = bavail * bsize;
      this.full = this.freeBytes < minFreeBytes;
      await probe(folder);
      this.canWrite = true;
    } catch {
      this.canWrite = false;
    }
    if (before.full === this.full && before.writable === this.canWrite) return;
    onChange({ free: Math.floor(this.freeBytes / MIB) * MIB, full: this.full, writable: this.canWrite });
  }
}

/** Writes a byte and takes it back. */
async function probe(folder: string): Promise<void> {
  const path = join(folder, `.probe-${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(path, "1", { flag: "wx" });
  } finally {
    await rm(path, { force: true });
  }
}
