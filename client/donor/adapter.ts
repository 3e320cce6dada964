/** The visitor's GPU: asked for only after consent, described in coarse words, opened with what a job needs and no more. */
import { LANGUAGE_FEATURES } from "../../shared/language-features.ts";
import { coarseLimits } from "../../shared/limits.ts";
import type { Host } from "../../shared/messages.ts";
import type { Card } from "./manners/wishes.ts";
import { platformOf } from "./platform.ts";

/** Features that jobs may require; others are not told. */
const JOB_FEATURES = ["shader-f16", "subgroups"];
const MAX_WORD_CHARACTERS = 32;

/** The browser gives no adapter now, as for a while after a crash. */
export class NoAdapter extends Error {
  override readonly name = "NoAdapter";
}

export interface Needs {
  features: readonly string[];
  limits: Readonly<Record<string, number>>;
}

export interface OpenAdapter {
  kind: "adapter";
  host: Host;
  /** Words for people: "nvidia ampere". */
  name: string;
  /** Rejects with `NoAdapter` when there is none any more, and with the browser's own error when it lacks what is needed. */
  openDevice(needs: Needs): Promise<GPUDevice>;
}

export type Adapter = OpenAdapter | { kind: "no-webgpu" } | { kind: "no-adapter" } | { kind: "software-adapter" };

/** A host that is no browser. */
export interface Machine extends Pick<Host, "browser" | "os"> {
  gpu: GPU;
}

export interface AdapterOptions {
  /** A software adapter counts only where the coordinator allows it. */
  allowSoftware: boolean;
  machine?: Machine | undefined;
  /** Default "automatic". */
  card?: Card | undefined;
}

/** Asks for an adapter. */
export async function openAdapter(options: AdapterOptions): Promise<Adapter> {
  const gpu = options.machine?.gpu ?? (typeof navigator === "undefined" ? undefined : navigator.gpu);
  if (!gpu) return { kind: "no-webgpu" };
  const adapter = await request(gpu, options.card);
  if (!adapter) return { kind: "no-adapter" };
  const software = isSoftware(adapter);
  if (software && !options.allowSoftware) return { kind: "software-adapter" };
  // Browsers that know no such list have none of them.
  const language = [...(gpu.wgslLanguageFeatures ?? [])].filter((feature) => LANGUAGE_FEATURES.includes(feature));
  const features = [...[...adapter.features].filter((feature) => JOB_FEATURES.includes(feature)), ...language];
  return {
    kind: "adapter",
    name: [adapter.info.vendor, adapter.info.architecture].filter(Boolean).join(" ") || (software ? "software" : "graphics card"),
    host: {
      vendor: coarseWord(adapter.info.vendor),
      architecture: coarseWord(adapter.info.architecture),
      ...platformOf(options.machine),
      software,
      features,
      limits: coarseLimits(adapter.limits),
    },
    openDevice: async (needs) => {
      // An adapter gives one device; after it, or after a loss, a new one has to be asked for.
      const fresh = await request(gpu, options.card);
      if (!fresh) throw new NoAdapter("The graphics card does not answer.");
      // Language features are the browser's, a device is not asked for them.
      const requiredFeatures = needs.features.filter((name) => !LANGUAGE_FEATURES.includes(name)) as GPUFeatureName[];
      if (fresh.features.has("timestamp-query")) requiredFeatures.push("timestamp-query");
      return fresh.requestDevice({ requiredFeatures, requiredLimits: { ...needs.limits } });
    },
  };
}

/** What a browser can be asked for of the card that was chosen; it may have only one. */
const PREFERENCES: Record<Card, GPURequestAdapterOptions> = {
  automatic: {},
  saving: { powerPreference: "low-power" },
  strong: { powerPreference: "high-performance" },
};

async function request(gpu: GPU, card: Card = "automatic"): Promise<GPUAdapter | null> {
  return (await gpu.requestAdapter(PREFERENCES[card]).catch(() => null)) ?? null;
}

/** The flag moved from the adapter to its info; some browsers have only the older one. */
function isSoftware(adapter: GPUAdapter): boolean {
  const old = (adapter as GPUAdapter & { isFallbackAdapter?: boolean }).isFallbackAdapter;
  return adapter.info.isFallbackAdapter ?? old ?? false;
}

/** A name as the specification of WebGPU has it, `nvidia` or `gen-12lp`; "" for what might tell more, as a driver's own text. */
function coarseWord(text: string): string {
  const word = text.toLowerCase();
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(word) ? word.slice(0, MAX_WORD_CHARACTERS) : "";
}
