/** What a host tells of its GPU and its WGSL, and what a device is asked for. */

import { expect, it } from "vitest";
import { create, globals } from "webgpu";
import { openAdapter } from "../../../client/donor/adapter.ts";

/** Dawn crashes when it is collected before its devices. */
const opened: GPU[] = [];

it("WGSL's language features are told with WebGPU's, and a device is asked for WebGPU's alone", async () => {
  Object.assign(globalThis, globals);
  const gpu = create(["backend=null"]);
  opened.push(gpu);
  const adapter = await openAdapter({ allowSoftware: true, machine: { gpu, browser: "node", os: "test" } });
  if (adapter.kind !== "adapter") throw new Error(adapter.kind);
  expect(adapter.host.features).toContain("packed_4x8_integer_dot_product");
  const device = await adapter.openDevice({ features: ["shader-f16", "packed_4x8_integer_dot_product"], limits: {} });
  expect(device.features.has("shader-f16")).toBe(true);
});
