/** A device on Dawn's null backend, which checks every call and runs nothing. */
import { create, globals } from "webgpu";

/** Dawn crashes when the object that its devices came from is collected before them. */
const opened: GPU[] = [];

export async function openNullDevice(requiredFeatures: GPUFeatureName[] = []): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  const gpu = create(["backend=null"]);
  opened.push(gpu);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("Dawn has no null backend here");
  return adapter.requestDevice({ requiredFeatures });
}
