/** What `donate` says while it lends: a new state at once, another figure soon, and what it has said already once a minute. */
import { timeOfDay } from "../../client/donor/manners/wishes.ts";
import type { DonorPhase, DonorState } from "../../client/donor/state.ts";
import { counted } from "../../shared/counted.ts";
import { IDLE_WORDS } from "../../shared/idle-words.ts";
import { waitsFor } from "../../shared/waits-for.ts";
import { note, printJson } from "./print.ts";

/** A line with other figures at most this often. */
const FIGURES_EVERY_MS = 10_000;
/** While nothing changes: whoever reads a file of them sees that it lives. */
const SAME_EVERY_MS = 60_000;

export class Teller {
  private readonly json: boolean;
  private last: DonorState | undefined;
  private figures = "";
  private line = "";
  private told = "";
  private toldAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(json: boolean) {
    this.json = json;
  }

  tell(state: DonorState): void {
    if (state.phase.kind === "off") return;
    this.last = state;
    const isSoon = performance.now() - this.toldAt < FIGURES_EVERY_MS;
    if (stateOf(state.phase) === this.told && (isSoon || this.lineOf(state) === this.line)) return;
    this.say(state);
  }

  /** Tells the last figures, where they are not those of the last line, and nothing more. */
  close(state: DonorState): void {
    if (figuresOf(state) !== this.figures) this.say(state);
    clearTimeout(this.timer);
  }

  private say(state: DonorState): void {
    this.told = stateOf(state.phase);
    this.toldAt = performance.now();
    this.figures = figuresOf(state);
    this.line = this.lineOf(state);
    if (this.json) printJson(jsonOf(state));
    else note(this.line);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.say(this.last ?? state), SAME_EVERY_MS).unref();
  }

  private lineOf(state: DonorState): string {
    return this.json ? JSON.stringify(jsonOf(state)) : textOf(state);
  }
}

/** What tells one state of a donor from another. */
function stateOf(phase: DonorPhase): string {
  switch (phase.kind) {
    case "waiting":
      return `waiting ${phase.reason}`;
    case "job-done":
      return `job-done ${phase.job}`;
    default:
      return phase.kind;
  }
}

function figuresOf({ units, credit }: DonorState): string {
  return [units.final, credit.final, credit.escrow].join();
}

function jsonOf({ phase, publicKey, credit, units, gpuSeconds, job }: DonorState): object {
  const message = phase.kind === "failed" ? { message: phase.message } : {};
  return { phase: phase.kind, ...message, job: job?.id ?? null, publicKey, credit, units, gpuSeconds };
}

function textOf(state: DonorState): string {
  const { credit, units, own, job } = state;
  // Of this job alone: the account's figures do not tell what waits from what was cancelled.
  const waiting = own?.waiting ?? 0;
  const others =
    waiting > 0
      ? `, ${waiting} of ${job?.title ?? "this job"} ${waiting === 1 ? "waits" : "wait"} for ${waitsFor(job, "another volunteer")}`
      : "";
  // A pool earns none.
  const escrow = credit.escrow >= 0.00005 ? `, ${credit.escrow.toFixed(4)} more wait` : "";
  const credits = job?.pool ? "" : `; ${credit.final.toFixed(4)} credits${escrow}`;
  return `${words(state)}. ${counted(units.final, "unit")} verified${others}${credits}.`;
}

function words({ phase, job, adapter }: DonorState): string {
  switch (phase.kind) {
    case "off":
    case "starting":
      return "Connecting";
    case "running":
      return `Computing ${job?.title ?? "a job"} on ${adapter}`;
    case "on-hold":
      if (phase.reason === "remote") return "Paused from another device of the account";
      return phase.until === null
        ? "What there is takes more of the GPU's memory than --gpu-memory allows"
        : `Nothing runs until ${timeOfDay(phase.until)}`;
    case "offline":
      return "No connection to the coordinator; what is finished is kept";
    case "waiting":
      return IDLE_WORDS[phase.reason];
    case "job-done":
      return `${job?.title ?? "The job"} is done`;
    case "refused":
      return `Unit ${phase.unit} was refused: two others agree on something else`;
    case "device-lost":
      return "The GPU was lost; it is opened again";
    case "endless":
      return endlessWords(phase);
    case "no-webgpu":
    case "no-adapter":
    case "software-adapter":
    case "another-version":
    case "another-tab":
    case "forgotten":
    case "stopped":
      return "Stopping";
    case "failed":
      return `It cannot be computed here: ${phase.message.replace(/\.$/, "")}`;
    default:
      return phase satisfies never;
  }
}

export function endlessWords({ title, compiling }: Extract<DonorPhase, { kind: "endless" }>): string {
  const what = compiling ? "Compiling the kernel" : "The kernel";
  return `${what} of "${title}" did not end on this GPU, the coordinator was told`;
}
