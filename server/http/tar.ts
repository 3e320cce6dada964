/** A tar archive as a stream (POSIX.1-2001 ustar; sizes beyond 8 GiB in GNU's base-256 form). */
import type { BackupPart } from "../../shared/backup.ts";

const BLOCK = 512;
const MAX_OCTAL_SIZE = 8 * 1024 ** 3;

/** Names are at most 100 ASCII characters. Rejects when a part's content is longer or shorter than it says. */
export async function* tar(parts: AsyncIterable<BackupPart>, seconds: number): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes, content } of parts) {
    yield header(name, bytes, seconds);
    let sent = 0;
    for await (const chunk of content) {
      sent += chunk.byteLength;
      yield chunk;
    }
    if (sent !== bytes) throw new Error(`${name} has ${sent} bytes, not ${bytes}`);
    const rest = bytes % BLOCK;
    if (rest > 0) yield new Uint8Array(BLOCK - rest);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, bytes: number, seconds: number): Uint8Array {
  if (name.length > 100) throw new RangeError(`${name} is too long a name`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, "ascii");
  block.write("0000600\x000000000\x000000000\0", 100, "ascii");
  if (bytes < MAX_OCTAL_SIZE) block.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124, "ascii");
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  block.write(`${seconds.toString(8).padStart(11, "0")}\0`, 136, "ascii");
  block.write("        0", 148, "ascii");
  block.write("ustar\u000000", 257, "ascii");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return block;
}
