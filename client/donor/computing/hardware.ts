/** The GPU of one run: the adapter as it is introduced to the coordinator, and the workshop that computes on it. */
import type { Host } from "../../../shared/messages.ts";
import { type Machine, openAdapter } from "../adapter.ts";
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

  constructor(private readonly parts: HardwareParts) {}

  /** Undefined until there is an adapter. */
  get workshop(): Workshop | undefined {
    return this.made;
  }

  /** What the coordinator is told of this host; null where nothing can be lent. */
  async introduce(allowSoftware: boolean): Promise<Host | null> {
    // Asked once: right after a crash a browser may have no adapter, and a reconnection must not end the run then.
    if (this.host) return this.host;
    const { parts } = this;
    const adapter = await openAdapter({ allowSoftware, machine: parts.machine, card: parts.wishes.card });
    if (parts.isStopped()) return null;
    if (adapter.kind !== "adapter") {
      // Without a GPU nothing can be lent, but what was finished is sent the next time one is there.
      parts.onNone({ kind: adapter.kind });
      return null;
    }
    const { inputs, barred, throttle, wishes } = parts;
    this.made ??= new Workshop(adapter, inputs, barred, throttle, wishes.memoryBytes, () => parts.onLost());
    const workshop = this.made;
    // The job on the page is what a claim will most likely bring: its kernel is compiled while the socket is still greeting.
    if (parts.expected > 0) workshop.bench(parts.expected).catch(() => parts.onChange()); // told when it is needed
    parts.report.set({ adapter: adapter.name, software: adapter.host.software });
    parts.onChange();
    // Before the first claim, which is sized by it, where the GPU is no slow one.
    this.speed ??= toldSpeed(adapter.host, parts.speeds, () => workshop.measure());
    const gflops = await this.speed;
    this.host = gflops === undefined ? adapter.host : { ...adapter.host, gflops };
    return this.host;
  }
}
