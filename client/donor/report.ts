/** What the donor tells: its state at most once a second and at once on a new phase, facts as they happen. */
import type { JobStatus } from "../../shared/api.ts";
import { GFLOP_PER_CREDIT } from "../../shared/credit.ts";
import type { AccountNotice } from "../../shared/protocol.ts";
import { Throughput } from "./computing/throughput.ts";
import { fromBeside } from "./phases.ts";
import type { DonorFact, DonorPhase, DonorState, Dose, HeldUnits, OwnUnit } from "./state.ts";
import { Tally } from "./tally.ts";

const STATE_EVERY_MS = 1_000;
/** Newest verified units that are told. */
const VERIFIED_TOLD = 256;

/** Counts that only the session knows, asked for when a state is told. */
export interface Counts {
  running: number;
  unsent: number;
  unsentMicros: number;
  secondsPerUnit: number | null;
}

const NO_COUNTS: Counts = { running: 0, unsent: 0, unsentMicros: 0, secondsPerUnit: null };

/** What of the state is set as it comes. */
type Told = "dose" | "slowed" | "job" | "publicKey" | "pool" | "adapter" | "software" | "persisted" | "measuring";

export class Report {
  /** Called with what is told, as it is told. */
  onState: (state: DonorState) => void = () => undefined;
  onFact: (fact: DonorFact) => void = () => undefined;
  private listener: ((state: DonorState) => void) | undefined;
  private port: MessagePort | undefined;
  private counts: () => Counts = () => NO_COUNTS;
  private readonly tally = new Tally();
  /** As it was told last. */
  private held = "[]";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;
  private accountMicros = 0;
  /** What the holder of the lock told last, while this donor waits for it. */
  private holders: DonorState | undefined;
  private throughput = new Throughput();
  private state: DonorState = {
    phase: { kind: "off" },
    dose: 0.25,
    slowed: null,
    job: null,
    publicKey: "",
    credit: { escrow: 0, final: 0 },
    own: null,
    units: { submitted: 0, final: 0, refused: 0 },
    gpuSeconds: 0,
    verified: [],
    running: 0,
    unsent: 0,
    gflops: null,
    secondsPerUnit: null,
    adapter: "",
    software: false,
    persisted: false,
    measuring: false,
  };

  get phase(): DonorPhase {
    return this.state.phase;
  }

  /** What computes is the processor, or it is not known yet. */
  get mayBeSoftware(): boolean {
    return this.state.software || this.state.adapter === "";
  }

  watch(listener: (state: DonorState) => void): void {
    this.listener = listener;
    this.tell();
  }

  facts(port: MessagePort): void {
    this.port = port;
  }

  count(counts: () => Counts): void {
    this.counts = counts;
  }

  setPhase(phase: DonorPhase): void {
    const changed = phase.kind !== this.state.phase.kind || JSON.stringify(phase) !== JSON.stringify(this.state.phase);
    this.state.phase = phase;
    if (phase.kind !== "another-tab") this.holders = undefined;
    if (changed) this.tell();
  }

  set(change: Partial<Pick<DonorState, Told>>): void {
    Object.assign(this.state, change);
    this.soon();
  }

  setJob(job: JobStatus | null): void {
    this.set({ job });
  }

  takeAccount(account: AccountNotice): void {
    this.state.credit = account.credit;
    this.state.units = account.units;
    this.accountMicros = account.gpuMicros;
    for (const { job, unit, state } of account.changes) {
      if (state === "final") this.state.verified.push({ job, unit });
      this.unit({ job, unit, state, progress: 1 });
    }
    this.state.verified.splice(0, this.state.verified.length - VERIFIED_TOLD);
    this.soon();
  }

  /** One unit was computed, in `micros` of GPU time. `tile`: what it looks like, where its job is an image. */
  finished(job: JobStatus, unit: number, micros: number, tile?: Uint8Array): void {
    this.throughput.finished(job.creditPerUnit * GFLOP_PER_CREDIT, micros, performance.now());
    this.unit({ job: job.id, unit, state: "waiting", progress: 1, tile });
    this.soon();
  }

  unit(unit: OwnUnit): void {
    this.tally.take(unit);
    this.post({ type: "unit", unit });
  }

  /** The coordinator has a unit that was finished: what it told of all of them may be older. */
  recorded(job: number, unit: number): void {
    this.tally.take({ job, unit, state: "waiting", progress: 1 });
    this.soon();
  }

  /** All own units of a job, as the coordinator tells them. */
  allUnits(job: number, units: OwnUnit[]): void {
    const isFirst = this.tally.count === null;
    this.tally.takeAll(job, units);
    this.post({ type: "all-units", job, units });
    // Whoever counts from here on is told before another unit is sent.
    if (isFirst) this.tell();
    else this.soon();
  }

  /** What is claimed and not finished now; told when it is another. */
  holds(held: HeldUnits[]): void {
    const text = JSON.stringify(held);
    if (text === this.held) return;
    this.held = text;
    this.post({ type: "held", held });
  }

  /** Somebody new shows this run, and knows nothing of it. */
  anew(): void {
    this.held = "[]";
  }

  /** GPU time of the time that passed since this was told last. */
  share(gpuMillis: number, wallMillis: number): void {
    this.throughput.lent(gpuMillis, wallMillis, performance.now());
    this.post({ type: "share", gpuMillis, wallMillis, at: Date.now() });
  }

  post(fact: DonorFact): void {
    this.pass(fact);
    this.onFact(fact);
  }

  /** A fact, to the page alone. */
  pass(fact: DonorFact): void {
    this.port?.postMessage(fact);
  }

  /** Another tab computes: its figures are shown here as they are there. */
  takeHolder(state: DonorState): void {
    this.holders = state;
    this.state.phase = fromBeside(state.phase);
    this.tell();
  }

  /** A run starts anew: what is counted since start is empty. */
  begin(dose: Dose): void {
    this.throughput = new Throughput();
    Object.assign(this.state, { dose, verified: [], job: null });
  }

  forgotten(): void {
    this.accountMicros = 0;
    this.counts = () => NO_COUNTS;
    this.tally.takeAll(0, []);
    this.post({ type: "forgotten" });
    Object.assign(this.state, {
      publicKey: "",
      credit: { escrow: 0, final: 0 },
      units: { submitted: 0, final: 0, refused: 0 },
      gpuSeconds: 0,
      verified: [],
    });
    this.tell();
  }

  /** What the session counts has changed. */
  soon(): void {
    this.timer ??= setTimeout(() => this.tell(), Math.max(0, this.toldAt + STATE_EVERY_MS - performance.now()));
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.toldAt = performance.now();
    const { running, unsent, unsentMicros, secondsPerUnit } = this.counts();
    Object.assign(this.state, {
      running,
      own: this.tally.count,
      unsent,
      secondsPerUnit,
      // Between an answer and the notice that follows it a unit is in neither figure.
      gpuSeconds: Math.max(this.state.gpuSeconds, (this.accountMicros + unsentMicros) / 1e6),
      gflops: this.throughput.gflops(this.toldAt),
    });
    const told = { ...this.state, verified: [...this.state.verified] };
    this.listener?.(this.holders ? { ...this.holders, phase: told.phase } : told);
    this.onState(told);
  }
}
