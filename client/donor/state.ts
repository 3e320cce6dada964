/** What the donor's worker tells the page, and what the page may ask of it. */

import type { BoxWord } from "../../shared/account/box.ts";
import type { Certificate, Revocation } from "../../shared/account/certificate.ts";
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { JobStatus } from "../../shared/api.ts";
import type { BoxInfo, DeviceInfo } from "../../shared/protocol.ts";
import type { IdleReason } from "../../shared/wire.ts";
import type { Anyway, Hold, SlowReason } from "./manners/policy.ts";
import type { Surroundings } from "./manners/surroundings.ts";
import type { Wishes } from "./manners/wishes.ts";
import type { KeptPool } from "./pools/kept-pools.ts";
import type { AccountSign } from "./socket.ts";
import type { OwnCount } from "./tally.ts";

/** Share of the GPU lent: "a tenth", "a quarter", "half", "most". */
export type Dose = 0.1 | 0.25 | 0.5 | 0.9;
export const DOSES: readonly Dose[] = [0.1, 0.25, 0.5, 0.9];

/** What is true of this donor now; the page's h1 follows from it. What others ask of each is in phases.ts. */
export type DonorPhase =
  | { kind: "off" }
  | { kind: "starting"; bytes: number }
  | { kind: "running" }
  /** Nothing runs until the reason is gone; then it goes on by itself. */
  | ({ kind: "on-hold" } & Hold)
  | { kind: "offline"; running: boolean }
  | { kind: "waiting"; reason: IdleReason; retryMs: number }
  | { kind: "no-webgpu" }
  /** WebGPU is there, and gives no graphics card. */
  | { kind: "no-adapter" }
  | { kind: "software-adapter" }
  | { kind: "another-version" }
  | { kind: "device-lost"; times: number; final: boolean }
  /** A job's kernel does not end, or its compilation does not, and nothing is submitted behind it until the browser (or `donate`) was ended. */
  | { kind: "endless"; job: number; title: string; compiling: boolean }
  | { kind: "refused"; job: number; unit: number }
  /** `final`: it was the one job that was chosen, so the run is over; else the next job is waited for. */
  | { kind: "job-done"; job: number; final: boolean }
  /** Another tab has the lock. `running`: it computes; else it is on hold, or waits for work itself. */
  | { kind: "another-tab"; running: boolean; hold: Hold | null }
  /** Another tab forgot the account; nothing runs until the next start. */
  | { kind: "forgotten" }
  /** Stop was pressed in another tab; nothing runs until the next start. */
  | { kind: "stopped" }
  | { kind: "failed"; message: string };

/** State of one of the visitor's own units. */
export interface OwnUnit {
  job: number;
  unit: number;
  state: "running" | "waiting" | "final" | "refused";
  /** Slices done over slices, 0 … 1, for `running`. */
  progress: number;
  /** Of a unit of an image that was just computed: its square's pixels, as the picture has them. */
  tile?: Uint8Array | undefined;
}

/** Sent at most once a second. */
export interface DonorState {
  phase: DonorPhase;
  dose: Dose;
  /** Why less than the dose is lent, null when it is not. */
  slowed: SlowReason | null;
  /** The job being computed, or null. */
  job: JobStatus | null;
  publicKey: string;
  /** The pool that is served, with its newest pass; absent: the public. */
  pool?: KeptPool | undefined;
  credit: { escrow: number; final: number };
  /** Own units of the job being computed, before the first of the one on the page; null until the coordinator told them. */
  own: OwnCount | null;
  /** Of this account, all jobs. */
  units: { submitted: number; final: number; refused: number };
  gpuSeconds: number;
  /** Units that became final since start, newest last. */
  verified: { job: number; unit: number }[];
  /** Units of which the GPU has begun something, while it ends those that are not given back; units whose acknowledgement is missing. */
  running: number;
  unsent: number;
  /** GFLOP/s that are lent: declared operations over the time that passed, or null. */
  gflops: number | null;
  /** Measured seconds of GPU time a unit, or null. */
  secondsPerUnit: number | null;
  adapter: string;
  /** The adapter is the processor in disguise. */
  software: boolean;
  persisted: boolean;
  /** The benchmark runs, of no job, once for a device: it says how fast that is. */
  measuring: boolean;
}

export interface HeldUnits {
  job: number;
  units: number[];
}

/** Facts for the drawing worker, posted as they happen through a MessagePort: no await, no answer. */
export type DonorFact =
  | { type: "unit"; unit: OwnUnit }
  | { type: "all-units"; job: number; units: OwnUnit[] }
  /** Units that this donor has claimed and not finished, of each job that it has any of; what ran and is not among them runs no longer. */
  | { type: "held"; held: HeldUnits[] }
  /** The account is gone, and its units are nobody's. */
  | { type: "forgotten" }
  /** GPU time of slices that finished since the last fact, over the wall time since then. `at`: milliseconds since 1970. */
  | { type: "share"; gpuMillis: number; wallMillis: number; at: number };

export interface DonorStart {
  /** `location.origin`; also where the socket goes. */
  origin: string;
  dose: Dose;
  /** 0: any. */
  job: number;
  /** An administrator's token: this host is the coordinator's auditor. */
  audit?: string | undefined;
  /** The pool that is served; absent: the public. */
  pool?: KeptPool | undefined;
  /** Origin of the site that shows the box, for its totals; absent: none. */
  site?: string | undefined;
  /** When the visitor said yes to it, milliseconds since 1970. */
  agreedAt?: number | undefined;
  /** The job on the page: the account's own units of it are told as soon as the account is known. */
  shown?: number;
  /** What else was chosen; nothing in particular when absent. */
  wishes?: Wishes;
  /** As they are at the start; nothing is told when absent. */
  surroundings?: Surroundings;
}

/** Of a stop: all units go to others, or those of which a checkpoint is kept stay this account's for as long as their lease lasts. */
export type Ending = "give-back" | "leave-begun";

/** Exposed through Comlink by `donor/worker.ts`: control and state only. */
export interface DonorControl {
  /** Name of a lock that is held as long as the worker lives (alive.ts). */
  life(): Promise<string>;
  /** Only after consent. */
  start(options: DonorStart): Promise<void>;
  /** Nothing is submitted to the GPU after it resolves; open units are given back. The donors of all tabs stop. */
  stop(): Promise<void>;
  /** As `stop`, of this tab's run alone. */
  pause(): Promise<void>;
  /** Resolves when what the last run had finished is sent, or kept because it cannot be sent now. */
  settled(): Promise<void>;
  /** Ends this tab's run alone and begins another one. */
  restart(options: DonorStart): Promise<void>;
  setDose(dose: Dose): Promise<void>;
  /** The person moved, typed or scrolled; the wave ducks and slices pause briefly. */
  noticeInput(): Promise<void>;
  setSurroundings(surroundings: Surroundings): Promise<void>;
  /** It may run though there is a reason to hold, until the run ends. */
  say(anyway: Anyway): Promise<void>;
  watch(onState: (state: DonorState) => void): Promise<void>;
  /** Where DonorFacts go. */
  facts(port: MessagePort): Promise<void>;
  retry(): Promise<void>;
  /** Makes this browser's account a member of the pool that a link's secret invites to, under a name for this machine; lends nothing. Rejects when it is refused. */
  joinPool(origin: string, secret: string, name: string): Promise<KeptPool>;
  /** Stops the donors of all tabs; the account is no member any more, and what was kept of the pool is gone. */
  leavePool(origin: string, id: number): Promise<void>;
  /** This browser's public key, made when there is none; lends nothing. */
  deviceKey(): Promise<Uint8Array>;
  /** Makes this browser a device of the account whose key signed the certificate; lends nothing. Rejects when it is refused. */
  linkDevice(origin: string, certificate: Certificate): Promise<void>;
  /** Devices of the account, this browser among them; none while nothing joins it to others. */
  devices(origin: string): Promise<DeviceInfo[]>;
  /** Takes another device off the account, for good. */
  removeDevice(origin: string, revocation: Revocation): Promise<void>;
  /** Wishes something of a device of the account, this one or another, by its public key: less than its own person chose, never more. Rejects when another one wished meanwhile. */
  wish(origin: string, device: Uint8Array, wish: RemoteWish): Promise<void>;
  /** In a box: its word for the device of this public key, that its person may end the yes there. Undefined where the box has no key yet. */
  vouchFor(keeper: Uint8Array, site: string): Promise<BoxWord | undefined>;
  /** This browser's person has the end of that box's yes. Rejects when it is refused. */
  keepBox(origin: string, word: BoxWord): Promise<void>;
  /** Boxes on other sites that are this account's. */
  boxes(origin: string): Promise<BoxInfo[]>;
  /** Takes back each yes that was said in them until now. */
  takeBack(origin: string): Promise<void>;
  /** Stops the donors of all tabs, and removes this browser's key and what is kept under it: on the coordinator, the outbox and the kept unit indices. Devices of the same account stay. */
  forget(): Promise<void>;
  /** As `forget`, with all devices of the account, whose key signs. Rejects when it is not that account's, and nothing is forgotten then. */
  forgetAccount(sign: AccountSign): Promise<void>;
}
