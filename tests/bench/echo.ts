/** Entry: the floor under any protocol of ours. Socket.IO as the gateway sets it up, which sends each frame back as it came. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import * as parser from "socket.io-msgpack-parser";
import { SocketEvent } from "../../shared/protocol.ts";
import { answerParent } from "./child.ts";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false, httpCompression: false, parser });
io.on("connection", (socket) => {
  socket.on(SocketEvent.Frame, (bytes: Buffer, ack: (answer: Buffer) => void) => ack(bytes));
});
await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));

const verbs = { address: () => ({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }) };
export type EchoVerbs = typeof verbs;

answerParent(verbs, () => io.close());
