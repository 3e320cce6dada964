/** What is told of a GPU and what is asked of it, on a GPU whose answers are written down here. */
import { describe, expect, it } from "vitest";
import { type Machine, openAdapter } from "../../../client/donor/adapter.ts";
import { JOB_LIMITS } from "../../../shared/limits.ts";
import { openNullDevice } from "../null-device.ts";

interface Card {
  info?: Partial<GPUAdapterInfo>;
  limits?: Record<string, number>;
  features?: string[];
  language?: string[];
}

interface Asked {
  machine: Machine;
  asked: GPUDeviceDescriptor[];
  preferred: (GPUPowerPreference | undefined)[];
}

/** A machine with that card; what was asked for is kept. */
async function machineWith({ info, limits, features, language }: Card): Promise<Asked> {
  const device = await openNullDevice();
  const asked: GPUDeviceDescriptor[] = [];
  const preferred: Asked["preferred"] = [];
  const words = { vendor: "nvidia", architecture: "ampere", device: "0x2204", description: "GeForce RTX 3090" };
  const adapter = {
    info: { ...words, subgroupMinSize: 32, subgroupMaxSize: 32, isFallbackAdapter: false, ...info },
    features: new Set(features ?? ["shader-f16", "timestamp-query", "texture-compression-bc"]),
    limits: { ...Object.fromEntries(JOB_LIMITS.map((name) => [name, device.limits[name as keyof GPUSupportedLimits]])), ...limits },
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      return device;
    },
  };
  const requestAdapter = async (options: GPURequestAdapterOptions) => {
    preferred.push(options.powerPreference);
    return adapter;
  };
  const gpu = { requestAdapter, wgslLanguageFeatures: language && new Set(language) } as unknown as GPU;
  return { machine: { gpu, browser: "node", os: "win32" }, asked, preferred };
}

async function open(card: Card) {
  const { machine, asked } = await machineWith(card);
  const adapter = await openAdapter({ allowSoftware: false, machine });
  if (adapter.kind !== "adapter") throw new Error(adapter.kind);
  return { adapter, asked };
}

describe("of a GPU", () => {
  it("only maker, family, browser, system and what jobs may require are told", async () => {
    const { adapter } = await open({ limits: { maxBufferSize: 3 * 2 ** 30, maxComputeWorkgroupStorageSize: 49_152 } });
    expect(adapter.host).toEqual({
      vendor: "nvidia",
      architecture: "ampere",
      browser: "node",
      os: "windows",
      software: false,
      features: ["shader-f16"],
      limits: { maxBufferSize: 2 ** 30, maxComputeWorkgroupStorageSize: 32_768 },
    });
  });

  it("the same is told as of another model of its family", async () => {
    const one = await open({ limits: { maxBufferSize: 2 ** 31 - 4, maxStorageBuffersPerShaderStage: 10 } });
    const other = await open({
      info: { device: "0x2208", description: "GeForce RTX 3080 Ti, driver 551.23" },
      limits: { maxBufferSize: 1.5 * 2 ** 30, maxStorageBuffersPerShaderStage: 12, maxBindGroups: 8 },
      features: ["shader-f16", "timestamp-query", "float32-filterable"],
    });
    expect(other.adapter.host).toEqual(one.adapter.host);
  });

  it("a maker's name that is free text is left out", async () => {
    const { adapter } = await open({ info: { vendor: "ACME Corp. (driver 12.3)", architecture: "Gen-12LP" } });
    expect([adapter.host.vendor, adapter.host.architecture]).toEqual(["", "gen-12lp"]);
  });

  it("what a job requires is asked for, and time stamps; nothing else", async () => {
    const { adapter, asked } = await open({ limits: { maxBufferSize: 2 ** 32 } });
    await adapter.openDevice({ features: ["shader-f16"], limits: { maxBufferSize: 300_000_000 } });
    await adapter.openDevice({ features: [], limits: {} });
    expect(asked).toEqual([
      { requiredFeatures: ["shader-f16", "timestamp-query"], requiredLimits: { maxBufferSize: 300_000_000 } },
      { requiredFeatures: ["timestamp-query"], requiredLimits: {} },
    ]);
  });

  it("the card that the visitor chose is asked for, for its device too", async () => {
    const { machine, preferred } = await machineWith({});
    for (const card of ["automatic", "saving", "strong"] as const) {
      const adapter = await openAdapter({ allowSoftware: false, machine, card });
      if (adapter.kind === "adapter") await adapter.openDevice({ features: [], limits: {} });
    }
    expect(preferred).toEqual([undefined, undefined, "low-power", "low-power", "high-performance", "high-performance"]);
  });

  it("of WGSL's language features those that jobs may need are told, and no device is asked for them", async () => {
    const { adapter, asked } = await open({
      language: ["packed_4x8_integer_dot_product", "texture_formats_tier1"],
      features: ["shader-f16"],
    });
    expect(adapter.host.features).toEqual(["shader-f16", "packed_4x8_integer_dot_product"]);
    await adapter.openDevice({ features: ["shader-f16", "packed_4x8_integer_dot_product"], limits: {} });
    expect(asked).toEqual([{ requiredFeatures: ["shader-f16"], requiredLimits: {} }]);
  });
});
