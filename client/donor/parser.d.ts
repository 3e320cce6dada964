/** The package brings no types of its own. */
declare module "socket.io-msgpack-parser" {
  export class Encoder {
    encode(packet: unknown): unknown[];
  }
  export class Decoder {
    add(chunk: unknown): void;
    destroy(): void;
  }
}
