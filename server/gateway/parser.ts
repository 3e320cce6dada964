/**
 * The msgpack parser behind a guard. The library's decoder believes the lengths that a message claims (an array of 2^32
 * elements, an ArrayBuffer of 4 GiB, half a million nested arrays), so each message is walked first, allocating nothing.
 */
import { createRequire } from "node:module";
import { SocketEvent } from "../../shared/protocol.ts";

interface PacketDecoder {
  add(chunk: unknown): void;
  destroy(): void;
  on(event: string, listener: (packet: unknown) => void): void;
  off(event: string, listener?: (packet: unknown) => void): void;
  emit(event: string, packet: unknown): void;
  checkPacket(packet: unknown): void;
}
interface MsgpackParser {
  protocol: number;
  Encoder: new () => { encode(packet: unknown): Uint8Array[] };
  Decoder: new () => PacketDecoder;
}

// The package has no types and is CommonJS.
export const msgpackParser = createRequire(import.meta.url)("socket.io-msgpack-parser") as MsgpackParser;

const CONNECT_PACKET = 0;
const DISCONNECT_PACKET = 1;
const EVENT_PACKET = 2;
const CLIENT_EVENTS: ReadonlySet<string> = new Set([
  ...[SocketEvent.Hello, SocketEvent.Frame, SocketEvent.Units, SocketEvent.Forget],
  ...[SocketEvent.Join, SocketEvent.Leave, SocketEvent.Pass],
  ...[
    SocketEvent.Link,
    SocketEvent.Revoke,
    SocketEvent.Devices,
    SocketEvent.Wish,
    SocketEvent.Lends,
    SocketEvent.KeepBox,
    SocketEvent.Boxes,
    SocketEvent.TakeBack,
  ],
]);
const MAX_DEPTH = 8; // a hello nests four deep
const MAX_NODES = 4096; // values in one message; binary frames are one each

/** What the server decodes with; throws before anything is built, which makes Socket.IO close that connection. One a line. */
class GuardedDecoder extends msgpackParser.Decoder {
  private course: "new" | "connected" | "gone" = "new";

  override add(chunk: unknown): void {
    if (!(chunk instanceof Uint8Array)) throw new Error("messages are binary");
    checkMsgpack(chunk);
    super.add(chunk);
  }

  /** Socket.IO's own parser refuses reserved names; this one would emit `disconnect` or `error` as if they were ours. */
  override checkPacket(packet: { type?: unknown; nsp?: unknown; data?: unknown }): void {
    super.checkPacket(packet);
    if (packet.nsp !== "/") throw new Error("no such namespace");
    this.follow(packet.type);
    if (packet.type !== EVENT_PACKET) return;
    const name = (packet.data as unknown[])[0];
    if (typeof name !== "string" || !CLIENT_EVENTS.has(name)) throw new Error("no such event");
  }

  /** Socket.IO would let one line connect again and again; whoever means that opens another, which is counted. */
  private follow(type: unknown): void {
    if (this.course !== (type === CONNECT_PACKET ? "new" : "connected")) throw new Error("a line connects once, before anything else");
    this.course = type === DISCONNECT_PACKET ? "gone" : "connected";
  }
}

export const guardedParser = { protocol: msgpackParser.protocol, Encoder: msgpackParser.Encoder, Decoder: GuardedDecoder };

/** Throws unless `bytes` is one complete msgpack value of bounded depth and count whose map keys are strings. */
export function checkMsgpack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // What is still expected at each depth; a map's keys count as values of their own.
  const pending: number[] = [1];
  const isMap: boolean[] = [false];
  let at = 0;
  let nodes = 0;
  while (pending.length > 0) {
    const level = pending.length - 1;
    const left = pending[level] as number;
    if (left === 0) {
      pending.pop();
      isMap.pop();
      continue;
    }
    pending[level] = left - 1;
    if (at >= bytes.byteLength) throw new Error("the message ends too early");
    if (++nodes > MAX_NODES) throw new Error("the message has too many values");
    const prefix = bytes[at] as number;
    const isKey = isMap[level] === true && left % 2 === 0;
    if (isKey && !isString(prefix)) throw new Error("a map's key is no string");
    const shape = shapeAt(view, at, prefix);
    if (isKey && isPrototype(bytes, at, shape.bytes)) throw new Error("a map's key is __proto__");
    at += shape.bytes;
    if (at > bytes.byteLength) throw new Error("the message ends too early");
    if (shape.children > 0) {
      if (shape.children > bytes.byteLength - at) throw new Error("the message claims more than it holds");
      if (pending.length >= MAX_DEPTH) throw new Error("the message nests too deep");
      pending.push(shape.children);
      isMap.push(shape.map);
    }
  }
  if (at !== bytes.byteLength) throw new Error("the message goes on after its end");
}

interface Shape {
  /** Bytes of the value without its children. */
  bytes: number;
  children: number;
  map: boolean;
}

function isString(prefix: number): boolean {
  return (prefix >= 0xa0 && prefix <= 0xbf) || (prefix >= 0xd9 && prefix <= 0xdb);
}

const PROTOTYPE = Buffer.from("__proto__");

/** The library's decoder would set the object's prototype, whose fields then pass for its own. */
function isPrototype(bytes: Uint8Array, at: number, length: number): boolean {
  const end = at + length;
  return (
    length > PROTOTYPE.byteLength && length <= PROTOTYPE.byteLength + 5 && PROTOTYPE.equals(bytes.subarray(end - PROTOTYPE.byteLength, end))
  );
}

function leaf(bytes: number): Shape {
  return { bytes, children: 0, map: false };
}

function shapeAt(view: DataView, at: number, prefix: number): Shape {
  if (prefix <= 0x7f || prefix >= 0xe0) return leaf(1);
  if (prefix <= 0x8f) return { bytes: 1, children: 2 * (prefix & 0x0f), map: true };
  if (prefix <= 0x9f) return { bytes: 1, children: prefix & 0x0f, map: false };
  if (prefix <= 0xbf) return leaf(1 + (prefix & 0x1f));
  switch (prefix) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return leaf(1);
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return leaf(2 + length(view, at, 1));
    case 0xc5: // bin 16
    case 0xda: // str 16
      return leaf(3 + length(view, at, 2));
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return leaf(5 + length(view, at, 4));
    case 0xcc: // u8
    case 0xd0: // i8
      return leaf(2);
    case 0xcd: // u16
    case 0xd1: // i16
      return leaf(3);
    case 0xca: // f32
    case 0xce: // u32
    case 0xd2: // i32
      return leaf(5);
    case 0xcb: // f64
    case 0xcf: // u64
    case 0xd3: // i64
      return leaf(9);
    case 0xd4: // fixext 1: how notepack writes undefined
      return leaf(3);
    case 0xc7: // ext 8: how notepack writes an ArrayBuffer
      return leaf(3 + length(view, at, 1));
    case 0xc8: // ext 16
      return leaf(4 + length(view, at, 2));
    case 0xc9: // ext 32
      return leaf(6 + length(view, at, 4));
    case 0xdc: // array 16
      return { bytes: 3, children: length(view, at, 2), map: false };
    case 0xdd: // array 32
      return { bytes: 5, children: length(view, at, 4), map: false };
    case 0xde: // map 16
      return { bytes: 3, children: 2 * length(view, at, 2), map: true };
    case 0xdf: // map 32
      return { bytes: 5, children: 2 * length(view, at, 4), map: true };
    default:
      throw new Error(`the message holds a value of type 0x${prefix.toString(16)}`);
  }
}

function length(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (at + 1 + width > view.byteLength) throw new Error("the message ends too early");
  return width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}
