/** One frame of an authenticated volunteer in, one frame out. Tokens, sizes and digests are checked here: the core sees facts. */
import { hash } from "node:crypto";
import type { Bucket } from "../../shared/bucket.ts";
import { concatBytes } from "../../shared/bytes.ts";
import { type ErrorCode, type ErrorDetails, errorMessage, errorRetryMs, IdlewaveError } from "../../shared/errors.ts";
import {
  type AccountId,
  countUnits,
  type HostId,
  hasUnit,
  type JobId,
  type PoolId,
  type PublicKeyHex,
  type UnitIndex,
  type UnitRun,
  unitsOf,
} from "../../shared/ids.ts";
import { framingFault } from "../../shared/result.ts";
import { decodeFrame } from "../../shared/wire/codec.ts";
import { type Frame, FrameError, MAX_FRAME_BYTES, type ReplicaResult, type SubmitFrame, WIRE_VERSION } from "../../shared/wire.ts";
import type { Disk } from "../access/disk.ts";
import { mismatch, WRONG_DIGEST, WRONG_FRAMING, wrongLength } from "../access/mismatch.ts";
import type { PlannedJob, Plans } from "../access/plans.ts";
import type { TokenKeys } from "../access/token.ts";
import type { Coordinator } from "../coordinator.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { Reply } from "../core/effects.ts";
import type { Assignment, SubmittedResult } from "../core/events.ts";
import { newDraw } from "../draw.ts";
import type { ClaimPace, IdleAnswers } from "./pace.ts";
import type { Session } from "./session.ts";
import type { Signing } from "./signing.ts";
import type { Visit } from "./visits.ts";

/** Rows of one assignment at most; with the longest token and runs the frame stays under its limit. */
const MAX_ROW_BYTES = MAX_FRAME_BYTES - 128 * 1024;

/** What answering needs of the rest. */
export interface Desk {
  coordinator: Pick<Coordinator, "dispatch" | "wantedDigest" | "crowded">;
  signing: Pick<Signing, "sign">;
  blobs: BlobStore;
  plans: Plans;
  tokens: TokenKeys;
  idles: IdleAnswers;
  claims: ClaimPace;
  disk: Pick<Disk, "makeSure" | "reserve">;
  clock: () => number;
  /** Told of failures that are ours. */
  onFailure: (error: unknown) => void;
}

/** The authenticated other end. */
export interface Peer {
  host: HostId;
  account: AccountId;
  publicKey: PublicKeyHex;
  session: Session;
  cluster: string;
  /** What kind of GPU its host says it has; undefined: not known. */
  bucket?: Bucket | undefined;
  /** The pool that it serves; undefined: public jobs. */
  pool?: PoolId | undefined;
  /** In which site's name it lends; undefined: in none's. */
  visit?: Visit | undefined;
  /** Its yes was taken back: it claims nothing. */
  isTakenBack: boolean;
  /** Where it comes from as limits see it; null: nothing is known by it. */
  line: string | null;
}

export interface Answered {
  frame: Frame;
  /** The volunteer's bytes were at fault, as no honest client's are. */
  malformed: boolean;
}

/** Never rejects: what goes wrong is an error frame. */
export async function answer(desk: Desk, peer: Peer, input: Uint8Array): Promise<Answered> {
  try {
    const frame = decodeFrame(input);
    const bytes = bytesCarried(frame);
    if (frame.type === "claim") desk.disk.makeSure();
    if (bytes === 0) return await judged(desk, peer, frame);
    const room = desk.disk.reserve(bytes);
    try {
      return await judged(desk, peer, frame);
    } finally {
      room.end();
    }
  } catch (error) {
    return refusal(error, input, desk.onFailure);
  }
}

async function judged(desk: Desk, peer: Peer, frame: Frame): Promise<Answered> {
  return frame.type === "submit" ? await submit(desk, peer, frame) : { frame: await answered(desk, peer, frame), malformed: false };
}

/** Bytes of results. Digests alone are taken on a full disk, and their bytes asked for later. */
function bytesCarried(frame: Frame): number {
  if (frame.type === "submit") return frame.results.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  return frame.type === "bytes" ? Math.max(1, frame.bytes.byteLength) : 0;
}

function answered(desk: Desk, peer: Peer, frame: Exclude<Frame, SubmitFrame>): Promise<Frame> {
  switch (frame.type) {
    case "claim":
      return claim(desk, peer, frame.units, frame.gpuMillis, frame.job);
    case "bytes":
      return receiveBytes(desk, peer, frame.token, frame.unit, frame.bytes);
    case "renew":
      return renew(desk, peer, frame.token);
    case "release":
      return release(desk, peer, frame.token, frame.units);
    case "sign":
      return desk.signing.sign(peer, frame, desk.clock()).then(frameOf);
    case "assignment":
    case "answer":
    case "idle":
    case "done":
    case "error":
      throw new IdlewaveError("bad-frame", { why: `only the coordinator sends ${frame.type} frames` });
    default:
      return frame satisfies never;
  }
}

async function claim(desk: Desk, peer: Peer, units: number, gpuMillis: number, job: number): Promise<Frame> {
  const retryMs = desk.claims.take(peer.account, peer.line, desk.clock());
  if (retryMs > 0) return tooFast("claims of one volunteer or address", retryMs);
  if (peer.isTakenBack) throw new IdlewaveError("taken-back");
  peer.session.mayClaim();
  const idle = desk.idles.of(peer, job, desk.clock());
  if (idle) return frameOf(idle);
  const random = newDraw();
  const reply = await desk.coordinator.dispatch({
    type: "claim",
    random,
    host: peer.host,
    units,
    gpuMillis,
    job: job === 0 ? null : (job as JobId),
  });
  if (reply.type === "idle") desk.idles.keep(peer, job, reply, desk.clock());
  if (reply.type !== "assigned") return frameOf(reply);
  const { plan } = await desk.plans.of(reply.assignment.job);
  if (!plan.rows) return granted(desk, reply.assignment, reply.lifeMs, new Uint8Array(0));
  const assignment = await fitRows(desk, reply.assignment, plan.rows.rowBytes);
  const rows = await readRows(desk.blobs, plan.rows, assignment.runs);
  return granted(desk, assignment, reply.lifeMs, rows);
}

/** Gives back the units whose rows do not fit into one frame. */
async function fitRows(desk: Desk, assignment: Assignment, rowBytes: number): Promise<Assignment> {
  const room = Math.max(1, Math.floor(MAX_ROW_BYTES / rowBytes));
  if (countUnits(assignment.runs) <= room) return assignment;
  const excess = [...unitsOf(assignment.runs)].slice(room);
  await desk.coordinator.dispatch({ type: "trim", assignment, units: excess });
  return { ...assignment, runs: firstUnits(assignment.runs, room) };
}

function firstUnits(runs: readonly UnitRun[], room: number): UnitRun[] {
  const kept: UnitRun[] = [];
  let left = room;
  for (const run of runs) {
    if (left === 0) break;
    const length = Math.min(run.length, left);
    kept.push({ start: run.start, length });
    left -= length;
  }
  return kept;
}

async function readRows(
  blobs: BlobStore,
  table: NonNullable<PlannedJob["plan"]["rows"]>,
  runs: readonly UnitRun[],
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (const run of runs) {
    const from = run.start * table.rowBytes;
    for await (const chunk of blobs.stream(table.blob, from, from + run.length * table.rowBytes)) parts.push(chunk as Buffer);
  }
  const rows = concatBytes(parts);
  if (rows.byteLength !== countUnits(runs) * table.rowBytes) throw new Error(`the row table ${table.blob} is too short`);
  return rows;
}

async function renew(desk: Desk, peer: Peer, token: Uint8Array): Promise<Frame> {
  const assignment = own(desk.tokens.verify(token), peer.account);
  const retryMs = desk.claims.renew(assignment.id, peer.account, peer.line, desk.clock());
  if (retryMs > 0) return tooFast("renewals of one assignment, volunteer or address", retryMs);
  const reply = await desk.coordinator.dispatch({ type: "renew", host: peer.host, assignment });
  return reply.type === "assigned" ? granted(desk, reply.assignment, reply.lifeMs, new Uint8Array(0)) : frameOf(reply);
}

async function release(desk: Desk, peer: Peer, token: Uint8Array, units: UnitIndex[]): Promise<Frame> {
  const assignment = own(desk.tokens.verify(token), peer.account);
  const retryMs = desk.claims.take(peer.account, peer.line, desk.clock());
  if (retryMs > 0) return tooFast("claims of one volunteer or address", retryMs);
  return frameOf(await desk.coordinator.dispatch({ type: "release", host: peer.host, assignment, units }));
}

/**
 * A result whose bytes are not what it says, whose unit is not of the assignment, or that comes twice in the frame is refused by
 * itself, and is garbage; the others of its frame are judged.
 */
async function submit(desk: Desk, peer: Peer, frame: SubmitFrame): Promise<Answered> {
  const { account, cluster, bucket } = peer;
  const assignment = own(desk.tokens.verify(frame.token), account);
  if (frame.results.length === 0) throw new IdlewaveError("bad-frame", { why: "it brings no result" });
  const job = await desk.plans.of(assignment.job);
  const units = new Set<UnitIndex>();
  const sound = frame.results.map((result) => {
    // What nobody asked for costs no hashing.
    if (units.has(result.unit) || !hasUnit(assignment.runs, result.unit)) return null;
    units.add(result.unit);
    return soundOf(job, result);
  });
  const results = sound.filter((result) => result !== null);
  const malformed = results.length < sound.length;
  // Before the hash goes on: what is turned away is no part of it.
  const { crowded } = desk.coordinator;
  if (crowded) return { frame: frameOf(crowded), malformed };
  // Nothing may come between the two: the hash goes on in the order in which the core hears of it.
  const mark = peer.session.extend(assignment.job, frame.results);
  const site = peer.visit?.site;
  const reply = await desk.coordinator.dispatch({ type: "submit", account, cluster, site, bucket, assignment, results, mark });
  if (reply.type !== "verdicts") return { frame: frameOf(reply), malformed };
  const verdicts = reply.verdicts.values();
  return { frame: { type: "answer", verdicts: sound.map((good) => (good && verdicts.next().value) || "refused") }, malformed };
}

/**
 * The result as a fact, or null when its bytes are not what it says. They are hashed whatever is stored: an answer that depended
 * on what others have sent would tell it.
 */
function soundOf(plan: PlannedJob, result: ReplicaResult): SubmittedResult | null {
  const { unit, status, gpuMicros, bytes } = result;
  const digest = hexOf(result.digest);
  if (bytes.byteLength === 0) return { unit, status, gpuMicros, digest, bytes: null };
  if (status !== "ok" || misframed(plan, bytes) !== undefined) return null;
  return hash("sha256", bytes, "hex") === digest ? { unit, status, gpuMicros, digest, bytes } : null;
}

async function receiveBytes(desk: Desk, peer: Peer, token: Uint8Array, unit: UnitIndex, bytes: Uint8Array): Promise<Frame> {
  const { account } = peer;
  const assignment = own(desk.tokens.verify(token), account);
  if (!hasUnit(assignment.runs, unit)) throw new IdlewaveError("not-wanted", { unit });
  const { job } = assignment;
  const wanted = desk.coordinator.wantedDigest(job, unit, account);
  const digest = hash("sha256", bytes, "hex");
  // When none are wanted the core knows whether these came before.
  const why = misframed(await desk.plans.of(job), bytes) ?? ((wanted ?? digest) === digest ? undefined : WRONG_DIGEST);
  if (why !== undefined) throw mismatch(unit, why);
  return frameOf(await desk.coordinator.dispatch({ type: "bytes", account, job, unit, digest, bytes }));
}

/** Why the bytes are no result of the job; undefined when they are one. */
function misframed(job: PlannedJob, bytes: Uint8Array): string | undefined {
  if (bytes.byteLength !== job.resultBytes) return wrongLength(bytes.byteLength, job.resultBytes);
  return framingFault(job.plan, bytes) === undefined ? undefined : WRONG_FRAMING;
}

function hexOf(bytes: Uint8Array): string {
  return (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).toString("hex");
}

function own(assignment: Assignment, account: AccountId): Assignment {
  if (assignment.account !== account) throw new IdlewaveError("foreign-token");
  return assignment;
}

function granted(desk: Desk, assignment: Assignment, lifeMs: number, rows: Uint8Array): Frame {
  return { type: "assignment", job: assignment.job, lifeMs, token: desk.tokens.sign(assignment), runs: assignment.runs, rows };
}

function frameOf(reply: Reply): Frame {
  switch (reply.type) {
    case "idle":
      return { type: "idle", reason: reply.reason, retryMs: reply.retryMs };
    case "verdicts":
      return { type: "answer", verdicts: reply.verdicts };
    case "done":
      return { type: "done" };
    case "error":
      return errorFrame(reply.code, reply.details);
    case "assigned":
    case "canary":
    case "check":
      throw new Error(`${reply.type} answers no frame of this kind`);
    default:
      return reply satisfies never;
  }
}

export function errorFrame(code: ErrorCode, details: ErrorDetails, retryMs = errorRetryMs(code, details)): Frame {
  return { type: "error", code, retryMs, message: errorMessage(code, details) };
}

function tooFast(limit: string, retryMs: number): Frame {
  return errorFrame("too-fast", { limit, retrySeconds: Math.ceil(retryMs / 1000) }, retryMs);
}

function refusal(error: unknown, input: Uint8Array, onFailure: (error: unknown) => void): Answered {
  if (error instanceof FrameError) {
    const details = {
      why: error.message,
      got: input[0] ?? 0,
      want: WIRE_VERSION,
      what: "The frame",
      bytes: input.byteLength,
      limit: MAX_FRAME_BYTES,
    };
    return { frame: errorFrame(error.code, details), malformed: true };
  }
  if (error instanceof IdlewaveError) return { frame: errorFrame(error.code, error.details), malformed: GARBAGE.has(error.code) };
  onFailure(error);
  return { frame: errorFrame("internal", {}), malformed: false };
}

/** What no honest client sends. */
const GARBAGE: ReadonlySet<ErrorCode> = new Set(["bad-frame", "bad-message", "bad-statement", "bytes-mismatch"]);
