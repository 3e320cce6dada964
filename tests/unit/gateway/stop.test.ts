import { once } from "node:events";
import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { startNetwork } from "./network.ts";

/** Less than `ws` waits for the answer to its own goodbye, 30 s. */
const BEFORE_WS_GIVES_UP_MS = 20_000;

it(
  "ends although a volunteer is gone without a word",
  async () => {
    const network = await startNetwork();
    const { hostname, port } = new URL(network.url);
    const silent = connect(Number(port), hostname);
    onTestFinished(() => void silent.destroy());
    const request = [
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
      `Host: ${hostname}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ];
    silent.write(`${request.join("\r\n")}\r\n\r\n`);
    const [answer] = await once(silent, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 101 /);
    silent.pause();
    await network.close();
    expect(network.failures).toEqual([]);
  },
  BEFORE_WS_GIVES_UP_MS,
);
