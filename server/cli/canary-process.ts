/** A process of the canary's part (audit-canary.ts): it has a GPU, measures one job, and is killed then. */
import { type CanaryFinding, NOTHING_FOUND } from "../../shared/canary.ts";
import type { MeasureMessage, Part, PartMessage } from "./audit-part.ts";

/** What an auditor tells of its GPU. */
export interface Abilities {
  features: string[];
  limits: Record<string, number>;
}

/** `lost`: the GPU or the process is gone, with what was found until then. `unfetched`: the job could not be fetched. */
export type Outcome =
  | { type: "done"; finding: CanaryFinding }
  | { type: "lost"; why: string; finding: CanaryFinding }
  | { type: "unfetched"; why: string };

export type StartPart = (
  onMessage: (message: PartMessage) => void,
) => Pick<Part, "ended" | "kill"> & { tell(message: MeasureMessage): void };

export class CanaryProcess {
  /** Undefined when it ended before. */
  readonly ready: Promise<Abilities | undefined>;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  readonly ended: Promise<unknown>;
  private readonly part: ReturnType<StartPart>;
  private latest = NOTHING_FOUND;
  private tellReady: (abilities: Abilities | undefined) => void = () => undefined;
  private tellOutcome: (outcome: Outcome) => void = () => undefined;

  constructor(start: StartPart) {
    this.ready = new Promise((resolve) => {
      this.tellReady = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.tellOutcome = resolve;
    });
    this.part = start((message) => this.take(message));
    this.ended = this.part.ended.then(() => {
      this.tellReady(undefined);
      this.tellOutcome({ type: "lost", why: "The process that ran it ended.", finding: this.latest });
    });
  }

  /** What it has told so far. */
  get found(): CanaryFinding {
    return this.latest;
  }

  /** Fetches the plan of this SHA-256, and what it needs, from the coordinator at `origin`, and measures it. */
  measure(origin: string, plan: string): void {
    this.part.tell({ origin, plan });
  }

  kill(): void {
    this.part.kill();
  }

  private take(message: PartMessage): void {
    switch (message.type) {
      case "ready":
        this.tellReady({ features: message.features, limits: message.limits });
        return;
      case "found":
        this.latest = message.finding;
        return;
      case "done":
      case "unfetched":
        this.tellOutcome(message);
        return;
      case "lost":
        this.tellOutcome({ ...message, finding: this.latest });
        return;
      case "checked":
      case "alive":
      case "again":
        return;
      default:
        message satisfies never;
    }
  }
}
