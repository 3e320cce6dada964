import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { posted, send } from "../../../server/cli/api.ts";
import { EXIT } from "../../../server/cli/exit.ts";

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ["asks for something", {}],
  ["posts JSON", posted({ any: 1 })],
])("a request that %s gives up a coordinator that never answers", async (_what, request) => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const connection = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: undefined };
    const answer = send(connection, "/api/network", request).catch((error: unknown) => error);
    await wait(300);
    vi.advanceTimersByTime(119_000);
    expect(await Promise.race([answer, wait(300, "waits")])).toBe("waits");
    vi.advanceTimersByTime(2_000);
    expect(await answer).toMatchObject({ exit: EXIT.unreachable });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
