/** The disk's own limit: how often it makes a small write durable. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const BLOCK_BYTES = 4096;

/** Appends blocks to a file in `folder` for `millis`, each followed by fdatasync; returns how many a second. */
export function fdatasyncRate(folder: string, millis: number): number {
  const path = join(folder, "fdatasync.bin");
  const file = openSync(path, "w");
  const block = Buffer.alloc(BLOCK_BYTES, 1);
  const started = performance.now();
  let count = 0;
  let elapsed = 0;
  do {
    writeSync(file, block);
    fdatasyncSync(file);
    count++;
    elapsed = performance.now() - started;
  } while (elapsed < millis);
  closeSync(file);
  rmSync(path);
  return (count * 1000) / elapsed;
}
