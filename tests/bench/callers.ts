/** Entry: sockets that call into the echo, each as soon as it is answered. */
import { io, type Socket } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { SocketEvent } from "../../shared/protocol.ts";
import { answerParent } from "./child.ts";

const FRAME_BYTES = 200;
const sockets: Socket[] = [];

const verbs = {
  async join({ url, count }: { url: string; count: number }): Promise<void> {
    const joining = Array.from({ length: count }, async () => {
      const socket = io(url, { transports: ["websocket"], parser, forceNew: true, reconnection: false });
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("connect_error", reject);
      });
      sockets.push(socket);
    });
    await Promise.all(joining);
  },

  /** `lanes` calls of each socket are under way at a time. */
  async call({ lanes, millis }: { lanes: number; millis: number }): Promise<{ roundTrips: number; seconds: number }> {
    const frame = Buffer.alloc(FRAME_BYTES, 7);
    const started = performance.now();
    let roundTrips = 0;
    const lane = (socket: Socket) =>
      new Promise<void>((resolve, reject) => {
        const next = (answer?: Uint8Array) => {
          if (answer && ++roundTrips && answer.byteLength !== FRAME_BYTES) return reject(new Error("the echo came back changed"));
          if (performance.now() - started >= millis) return resolve();
          socket.emit(SocketEvent.Frame, frame, next);
        };
        next();
      });
    await Promise.all(sockets.flatMap((socket) => Array.from({ length: lanes }, () => lane(socket))));
    return { roundTrips, seconds: (performance.now() - started) / 1000 };
  },
};
export type CallerVerbs = typeof verbs;

answerParent(verbs, () => {
  for (const socket of sockets) socket.disconnect();
});
