/** Runs one of the auditor's loops beside a coordinator of a few lines, until the test or its scene ends it. */
import type { Server } from "node:http";
import { onTestFinished, vi } from "vitest";

/** Returns the way to stop the loop, which resolves when it has ended. */
export function runBeside(server: Server, loop: { run(): Promise<void>; stop(): void }): () => Promise<void> {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const running = loop.run();
  const stop = async () => {
    loop.stop();
    await running;
  };
  onTestFinished(async () => {
    await stop();
    server.closeAllConnections();
    server.close();
    vi.restoreAllMocks();
  });
  return stop;
}
