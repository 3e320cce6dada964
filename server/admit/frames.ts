/** Messages between us and the judge's process: u32 length of JSON, u32 length of bytes (both little-endian), JSON, bytes. */

const HEADER_BYTES = 8;

/** One message: plain JSON and bytes that it refers to by position. */
export interface Message {
  json: unknown;
  bytes: Uint8Array;
}

export function encodeMessage(message: Message): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(message.json));
  const frame = new Uint8Array(HEADER_BYTES + json.byteLength + message.bytes.byteLength);
  const view = new DataView(frame.buffer);
  view.setUint32(0, json.byteLength, true);
  view.setUint32(4, message.bytes.byteLength, true);
  frame.set(json, HEADER_BYTES);
  frame.set(message.bytes, HEADER_BYTES + json.byteLength);
  return frame;
}

/** Puts messages together from pieces of a stream. A message longer than `limit` bytes is a `RangeError` before it is kept. */
export class MessageReader {
  private pieces: Uint8Array[] = [];
  private length = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Adds a piece; the messages it completes. Throws `RangeError` on an oversized one and `SyntaxError` on bad JSON. */
  push(piece: Uint8Array): Message[] {
    this.pieces.push(piece);
    this.length += piece.byteLength;
    const messages: Message[] = [];
    for (;;) {
      if (this.length < HEADER_BYTES) return messages;
      const head = this.peek(HEADER_BYTES);
      const view = new DataView(head.buffer, head.byteOffset, HEADER_BYTES);
      const jsonBytes = view.getUint32(0, true);
      const total = HEADER_BYTES + jsonBytes + view.getUint32(4, true);
      if (total > this.limit) throw new RangeError(`a message of ${total} bytes, at most ${this.limit} are allowed`);
      if (this.length < total) return messages;
      const frame = this.peek(total);
      messages.push({
        json: JSON.parse(new TextDecoder().decode(frame.subarray(HEADER_BYTES, HEADER_BYTES + jsonBytes))),
        bytes: frame.subarray(HEADER_BYTES + jsonBytes, total),
      });
      this.drop(total);
    }
  }

  /** The first `count` bytes as one array; joins pieces only when it must. */
  private peek(count: number): Uint8Array {
    const first = this.pieces[0];
    if (first && first.byteLength >= count) return first.subarray(0, count);
    const joined = new Uint8Array(this.length);
    let offset = 0;
    for (const piece of this.pieces) {
      joined.set(piece, offset);
      offset += piece.byteLength;
    }
    this.pieces = [joined];
    return joined.subarray(0, count);
  }

  private drop(count: number): void {
    const rest = this.pieces[0]?.subarray(count);
    this.pieces = [...(rest && rest.byteLength > 0 ? [rest] : []), ...this.pieces.slice(1)];
    this.length -= count;
  }
}
