import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "../../../server/config.ts";
import { startCoordinator } from "../../../server/main.ts";

it("a first start on a taken port swallows no token: the next start tells it", async () => {
  const data = mkdtempSync(join(tmpdir(), "idlewave-token-"));
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const config = (port: number) => readConfig({ data, port, logLevel: "silent" }, {}, data);
  try {
    await expect(startCoordinator(config((other.address() as AddressInfo).port))).rejects.toThrow(/EADDRINUSE/);
    const running = await startCoordinator(config(0));
    expect(running.adminToken).toMatch(/^iw_/);
    await running.close();
    const again = await startCoordinator(config(0));
    expect(again.adminToken).toBeUndefined();
    await again.close();
  } finally {
    other.close();
    rmSync(data, { recursive: true, force: true });
  }
});
