/** Entry: the coordinator as the product starts it, on a data folder, with a way to ask what it used. */
import { DEFAULT_CONFIG } from "../../server/config.ts";
import { startCoordinator } from "../../server/main.ts";
import { answerParent } from "./child.ts";

const { data } = JSON.parse(process.argv[2] ?? "") as { data: string };

// One proxy is believed, so that each volunteer can come from a network of its own; a browser here may have no other GPU.
const running = await startCoordinator({ ...DEFAULT_CONFIG, data, port: 0, trustProxy: 1, allowSoftware: true, logLevel: "error" });

const verbs = {
  address: () => ({ url: running.url, adminToken: running.adminToken ?? "" }),
  usage(): Usage {
    const { user, system } = process.cpuUsage();
    return {
      atMicros: Number(process.hrtime.bigint() / 1000n),
      cpuMicros: user + system,
      rssBytes: process.memoryUsage.rss(),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  },
  /** What is left in memory when nothing is waiting to be collected. Needs `--expose-gc`. */
  async collected(): Promise<Usage> {
    if (!globalThis.gc) throw new Error("the server was started without --expose-gc");
    globalThis.gc();
    await new Promise((later) => setTimeout(later, 200));
    globalThis.gc();
    return verbs.usage();
  },
};
export type ServerVerbs = typeof verbs;

export interface Usage {
  /** Monotonic, the clock of V8's profiles. */
  atMicros: number;
  /** Of all threads, since the start. */
  cpuMicros: number;
  rssBytes: number;
  /** The highest since the start. */
  peakRssBytes: number;
}

answerParent(verbs, () => running.close());
