/** A job package as multipart/form-data: a part a file, its field name the path inside the package. Files are streamed. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import type { PackageFile } from "./folder.ts";

interface Multipart {
  contentType: string;
  body: AsyncGenerator<Uint8Array>;
}

/** `onBytes` hears how many bytes of files were handed on since the last call. */
export function multipart(files: readonly PackageFile[], onBytes: (bytes: number) => void): Multipart {
  const boundary = `idlewave-${randomUUID()}`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: parts(files, boundary, onBytes) };
}

async function* parts(files: readonly PackageFile[], boundary: string, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  for (const { path, place } of files) {
    // Paths hold letters, digits, dots, dashes, underscores and slashes only: nothing to escape.
    const disposition = `Content-Disposition: form-data; name="${path}"; filename="${path}"`;
    yield text.encode(`--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`);
    for await (const chunk of createReadStream(place, { highWaterMark: 256 * 1024 })) {
      const bytes = chunk as Uint8Array;
      yield bytes;
      onBytes(bytes.byteLength);
    }
    yield text.encode("\r\n");
  }
  yield text.encode(`--${boundary}--\r\n`);
}
