/**
 * The GPU of one run: the adapter as it is introduced to the coordinator, and the workshop that computes on it. A graphics card
 * is asked for, and the likely job's kernel compiled on it, while the connection is being made; a processor when the coordinator
 * has said that it takes any.
 */
import type { Host } from "../../../shared/messages.ts";
import { type Adapter, type Machine, type OpenAdapter, openAdapter } from "../adapter.ts";
import type { Barred } from "../claims/barred.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Wishes } from "../manners/wishes.ts";
import type { Report } from "../report.ts";
import type { DonorPhase } from "../state.ts";
import { type SpeedShelf, toldSpeed } from "./host-speed.ts";
import type { Throttle } from "./throttle.ts";
import { Workshop } from "./workshop.ts";

export interface HardwareParts {
  inputs: Inputs;
  barred: Barred;
  throttle: Throttle;
  report: Report;
  speeds: SpeedShelf;
  wishes: Wishes;
  /** Where there is no browser to say what it is. */
  machine: Machine | undefined;
  /** The job that is likely to be computed first, 0 for none. */
  expected: number;
  isStopped(): boolean;
  /** There is a workshop, or it hangs. */
  onChange(): void;
  onLost(): void;
  /** Nothing can be lent here. */
  onNone(phase: DonorPhase): void;
}

export class Hardware {
  private made: Workshop | undefined;
  private host: Host | undefined;
  private speed: Promise<number | undefined> | undefined;
  private readonly parts: HardwareParts;
  private readonly adapter: Promise<Adapter>;

  constructor(parts: HardwareParts) {
    this.parts = parts;
    this.adapter = openAdapter({ allowSoftware: true, machine: parts.machine, card: parts.wishes.card });
    this.adapter.then(
      (adapter) => {
        if (adapter.kind === "adapter" && !adapter.host.software && !parts.isStopped()) this.open(adapter);
      },
      () => undefined, // told when it is introduced
    );
  }

  /** Undefined until there is an adapter. */
  get workshop(): Workshop | undefined {
    return this.made;
  }

  /** What the coordinator is told of this host; null where nothing can be lent. */
  async introduce(allowSoftware: boolean): Promise<Host | null> {
    // Asked once: right after a crash a browser may have no adapter, and a reconnection must not end the run then.
    if (this.host) return this.host;
    const { parts } = this;
    const adapter = await this.adapter;
    if (parts.isStopped()) return null;
    const isRefused = adapter.kind === "adapter" && adapter.host.software && !allowSoftware;
    if (adapter.kind !== "adapter" || isRefused) {
      // Without a GPU nothing can be lent, but what was finished is sent the next time one is there.
      parts.onNone({ kind: adapter.kind === "adapter" ? "software-adapter" : adapter.kind });
      return null;
    }
    const workshop = this.open(adapter);
    // Before the first claim, which is sized by it, where the GPU is no slow one.
    this.speed ??= toldSpeed(adapter.host, parts.speeds, () => this.measure(workshop));
    const gflops = await this.speed;
    this.host = gflops === undefined ? adapter.host : { ...adapter.host, gflops };
    return this.host;
  }

  /** The GPU works then, and for no job: it is told what for. */
  private async measure(workshop: Workshop): Promise<number> {
    const { report } = this.parts;
    report.set({ measuring: true });
    try {
      return await workshop.measure();
    } finally {
      report.set({ measuring: false });
    }
  }

  private open(adapter: OpenAdapter): Workshop {
    if (this.made) return this.made;
    const { parts } = this;
    const { inputs, barred, throttle, wishes } = parts;
    this.made = new Workshop(adapter, inputs, barred, throttle, wishes.memoryBytes, () => parts.onLost());
    // The job on the page is what a claim will most likely bring.
    if (parts.expected > 0) this.made.bench(parts.expected).catch(() => parts.onChange()); // told when it is needed
    parts.report.set({ adapter: adapter.name, software: adapter.host.software });
    parts.onChange();
    return this.made;
  }
}
