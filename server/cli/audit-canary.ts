/** The part of the auditor that measures one job, and is ended then: it has no token, and no way to the coordinator but to its blobs. */
import { randomInt } from "node:crypto";
import type { OpenAdapter } from "../../client/donor/adapter.ts";
import { EngineError } from "../../client/engine/engine-error.ts";
import { messageOf } from "../../shared/thrown.ts";
import { beat, type MeasureMessage, tellParent } from "./audit-part.ts";
import { openGpu } from "./gpu.ts";

/** Never resolves: whoever started the process ends it. Rejects with `CliError` when there is no GPU. */
export async function canaryPart(gpu: string | undefined): Promise<void> {
  beat(() => process.exit());
  const adapter = await openGpu(gpu);
  process.once("message", (message: MeasureMessage) => void measureFor(adapter, message));
  const { features, limits } = adapter.host;
  tellParent({ type: "ready", features, limits });
  await new Promise(() => undefined);
}

async function measureFor(adapter: OpenAdapter, { origin, plan }: MeasureMessage): Promise<void> {
  const [{ measure }, { Inputs }] = await Promise.all([
    import("../../client/canary/measure.ts"),
    import("../../client/donor/inputs/inputs.ts"),
  ]);
  const tell = (finding: Parameters<Parameters<typeof measure>[0]["tell"]>[0]) => tellParent({ type: "found", finding });
  try {
    const finding = await measure({ adapter, inputs: new Inputs(origin), plan, below: randomInt, tell });
    tellParent({ type: "done", finding });
  } catch (error) {
    tellParent({ type: error instanceof EngineError ? "lost" : "unfetched", why: messageOf(error) });
  }
}
