/** Entry: the peer. BullMQ adds jobs of 64 bytes and completes them with a return value of 64 bytes. */
import { Queue, Worker } from "bullmq";
import { answerParent } from "./child.ts";
import { OUTPUT_BYTES } from "./results.ts";

const { port } = JSON.parse(process.argv[2] ?? "") as { port: number };
const NAME = "bench";
const BULK = 1000;
const connection = { host: "127.0.0.1", port };
const queue = new Queue(NAME, { connection, defaultJobOptions: { removeOnComplete: true } });
const payload = "x".repeat(OUTPUT_BYTES);

const verbs = {
  async add({ count }: { count: number }): Promise<{ seconds: number }> {
    const started = performance.now();
    for (let from = 0; from < count; from += BULK) {
      await queue.addBulk(
        Array.from({ length: Math.min(BULK, count - from) }, (_, i) => ({ name: "unit", data: { unit: from + i, payload } })),
      );
    }
    return { seconds: (performance.now() - started) / 1000 };
  },

  /** Completes what was added, `concurrency` jobs at a time. */
  async complete({ count, concurrency }: { count: number; concurrency: number }): Promise<{ seconds: number }> {
    const worker = new Worker(NAME, async () => payload, { connection, concurrency, autorun: false });
    await worker.waitUntilReady();
    const started = performance.now();
    const all = new Promise<void>((resolve, reject) => {
      let completed = 0;
      worker.on("completed", () => {
        if (++completed === count) resolve();
      });
      worker.on("failed", (_job, error) => reject(error));
      worker.on("error", reject);
    });
    const run = worker.run();
    await Promise.race([all, run]);
    const seconds = (performance.now() - started) / 1000;
    await worker.close();
    return { seconds };
  },
};
export type BullVerbs = typeof verbs;

answerParent(verbs, () => queue.close());
