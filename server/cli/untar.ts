/** Reads a tar stream entry by entry; an entry's content is to be read, or is skipped, before the next. */
import type { BackupPart } from "../../shared/backup.ts";

const BLOCK = 512;

/** Throws `Error` on what is no plain file, a header whose sum is wrong, and a stream that breaks off. */
export async function* untar(source: AsyncIterable<Uint8Array>): AsyncGenerator<BackupPart> {
  const reader = new Reader(source);
  for (;;) {
    const header = Buffer.from(await reader.take(BLOCK));
    if (header.every((byte) => byte === 0)) return;
    const { name, bytes } = headerOf(header);
    let left = bytes;
    const content = (async function* () {
      while (left > 0) {
        const chunk = await reader.some(left);
        left -= chunk.byteLength;
        yield chunk;
      }
    })();
    yield { name, bytes, content };
    while (left > 0) left -= (await reader.some(left)).byteLength;
    if (bytes % BLOCK > 0) await reader.take(BLOCK - (bytes % BLOCK));
  }
}

function headerOf(header: Buffer): { name: string; bytes: number } {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  if (sum !== Number.parseInt(textAt(header, 148, 8), 8)) throw new Error("it is no tar archive, or broken");
  const kind = textAt(header, 156, 1);
  if (kind !== "" && kind !== "0") throw new Error(`it holds something of the kind ${kind}, which is no file`);
  const bytes = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(textAt(header, 124, 12), 8);
  if (!Number.isSafeInteger(bytes)) throw new Error("a size in it is none");
  return { name: textAt(header, 0, 100), bytes };
}

function textAt(header: Buffer, from: number, length: number): string {
  const text = header.toString("latin1", from, from + length);
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)).trim();
}

/** Cuts a stream's chunks where they are wanted. */
class Reader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Between one and `most` bytes. */
  async some(most: number): Promise<Uint8Array> {
    while (this.rest.byteLength === 0) {
      const { done, value } = await this.chunks.next();
      if (done) throw new Error("it broke off");
      this.rest = value;
    }
    const taken = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(taken.byteLength);
    return taken;
  }

  async take(bytes: number): Promise<Uint8Array> {
    const whole = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const part = await this.some(bytes - at);
      whole.set(part, at);
      at += part.byteLength;
    }
    return whole;
  }
}
