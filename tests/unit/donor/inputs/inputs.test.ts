import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256Hex } from "../../../../client/donor/digest.ts";
import { InputError, Inputs } from "../../../../client/donor/inputs/inputs.ts";

describe("inputs by HTTP", () => {
  const bytes = new Uint8Array(1000).fill(7);
  let server: Server;
  let origin: string;
  /** How much of an answer is sent, and what is never followed by the rest. */
  let sent: "whole" | "half" | "nothing" | "slowly";
  /** Sends the next part of an answer that comes slowly. */
  let sendPart = () => {};

  beforeEach(async () => {
    server = createServer((_request, response) => {
      if (sent === "nothing") return;
      response.writeHead(200, { "content-length": bytes.byteLength });
      if (sent === "whole") response.end(bytes);
      else if (sent === "slowly") {
        let at = 0;
        sendPart = () => {
          response.write(bytes.subarray(at, at + 250));
          at += 250;
        };
        sendPart();
      } else response.write(bytes.subarray(0, 500));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    vi.useRealTimers();
    server.closeAllConnections();
    server.close();
  });

  it("are what their hash says, no longer than they may be", async () => {
    sent = "whole";
    const hash = await sha256Hex(bytes);
    expect(await new Inputs(origin).blob(hash, 1000)).toEqual(bytes);
    await expect(new Inputs(origin).blob(hash, 999)).rejects.toThrow("is longer than 999 bytes");
    await expect(new Inputs(origin).blob("00".repeat(32), 1000)).rejects.toThrow("arrived damaged");
  });

  it("may take longer than half a minute in all, as long as something comes", async () => {
    sent = "slowly";
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let came = 0;
    const blob = new Inputs(origin, (part) => {
      came += part;
    }).blob(await sha256Hex(bytes), 1000);
    for (const until of [250, 500, 750]) {
      await vi.waitFor(() => expect(came).toBe(until), { timeout: 10_000 });
      vi.advanceTimersByTime(15_000);
      sendPart();
    }
    expect(await blob).toEqual(bytes);
  });

  it.each([
    ["nothing", "did not answer"],
    ["half", "broke off"],
  ] as const)("of which %s comes are given up after half a minute, and may be asked for again", async (what, why) => {
    sent = what;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const [blob, json] = [new Inputs(origin).blob("00".repeat(32), 1000), new Inputs(origin).jobs()];
    const ends = Promise.allSettled([blob, json]);
    await wait(300);
    vi.advanceTimersByTime(29_000);
    expect(await Promise.race([ends, wait(300, "waits")])).toBe("waits");
    vi.advanceTimersByTime(2_000);
    for (const end of await ends) {
      const { reason } = end as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(InputError);
      expect(reason).toMatchObject({ transient: true, message: expect.stringContaining(why) });
    }
  });
});
