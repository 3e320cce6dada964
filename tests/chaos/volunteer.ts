/**
 * A volunteer that outlives the coordinator's deaths: its outbox keeps what was not acknowledged, and each acknowledgement goes
 * to the journal before the next thing is sent. It computes on the CPU; a liar's results differ from the truth.
 *
 *   away ──connect──▶ working: outbox first, else claim ──line drops──▶ away
 */
import { generateKeyPairSync } from "node:crypto";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fromHex, toHex } from "../../shared/bytes.ts";
import { isPassing } from "../../shared/errors.ts";
import { unitsOf } from "../../shared/ids.ts";
import type { AccountNotice } from "../../shared/protocol.ts";
import { SocketEvent } from "../../shared/protocol.ts";
import { rawPublicKey } from "../../shared/raw-public-key.ts";
import { INLINE_RESULT_BYTES, MAX_SOCKET_RESULT_BYTES, type ReplicaResult } from "../../shared/wire.ts";
import { Volunteer as Line } from "../unit/gateway/volunteer.ts";
import { type Kind, resultOf, sha256 } from "./jobs.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";

/** Units claimed at most at a time: small, so that there are many acknowledgements. */
const MAX_CLAIM = 8;
/** Of so many turns with something to sign one is used for it: most connections end with something unsigned. */
const SIGNS_ONE_IN = 4;
const MAX_PAUSE_MS = 100;
const UPLOAD_TIMEOUT_MS = 20_000;

interface Parcel {
  job: number;
  kind: Kind;
  token: Uint8Array;
  /** Not acknowledged yet. */
  results: ReplicaResult[];
  /** Their bytes were asked for. */
  wanted: number[];
}

export interface VolunteerOptions {
  /** Its place in the campaign; gives the address, and so a cluster of its own. */
  index: number;
  liar: boolean;
  random: Random;
  journal: Journal;
  /** Rejects while nobody can be asked. */
  kindOf: (job: number) => Promise<Kind>;
  /** Told of answers that no coordinator should give. */
  onFault: (what: string) => void;
}

export class ChaosVolunteer {
  readonly index: number;
  readonly liar: boolean;
  readonly publicKey: string;
  private readonly options: VolunteerOptions;
  private readonly keys = generateKeyPairSync("ed25519");
  private readonly outbox: Parcel[] = [];
  /** The hashes with which statements of earlier connections may end. */
  private left: Uint8Array[] = [];
  /** Every unit that was ever sent, `job/unit`. */
  readonly sent = new Set<string>();

  constructor(options: VolunteerOptions) {
    this.options = options;
    this.index = options.index;
    this.liar = options.liar;
    this.publicKey = toHex(rawPublicKey(this.keys.publicKey));
  }

  /** Works on one connection until it drops or `stop` says so. */
  async work(url: string, stop: AbortSignal): Promise<void> {
    const line = new Line(url, this.keys, { "x-forwarded-for": `81.${this.index >> 8}.${this.index & 255}.7` });
    const leave = () => line.leave();
    stop.addEventListener("abort", leave);
    line.socket.on(SocketEvent.Account, (notice: AccountNotice) => this.heard(notice));
    let turn: Turn | undefined;
    try {
      await joined(line, stop);
      turn = { line, sid: line.socket.id ?? "", answers: 0, dones: 0, unsigned: false, url };
      while (!stop.aborted && line.socket.connected) await this.turn(turn);
    } catch (error) {
      // The coordinator may be dead, dying or not there yet; what it promised is in the journal.
      if (error instanceof PromiseFault) this.options.onFault(error.message);
    } finally {
      stop.removeEventListener("abort", leave);
      line.leave();
      if (turn?.unsigned && !this.left.includes(line.hash)) this.left.push(line.hash);
    }
  }

  private heard(notice: AccountNotice): void {
    const finals = notice.changes.filter((change) => change.state === "final");
    this.options.journal.note(...finals.map(({ job, unit }) => ({ kind: "final" as const, job, unit })));
  }

  private async turn(turn: Turn): Promise<void> {
    const [parcel] = this.outbox;
    const [left] = this.left;
    if (left) await this.sign(turn, left);
    else if (turn.unsigned && this.options.random(SIGNS_ONE_IN) === 0) await this.sign(turn, turn.line.hash);
    else if (!parcel) await this.claim(turn);
    else if (parcel.results.length > 0) await this.submit(turn, parcel);
    else if (parcel.wanted.length > 0) await this.bring(turn, parcel);
    else this.outbox.shift();
  }

  private async claim({ line }: Turn): Promise<void> {
    const units = 1 + this.options.random(MAX_CLAIM);
    const answer = await line.send({ type: "claim", units, gpuMillis: 60_000, job: 0 });
    if (answer.type === "idle" || answer.type === "error") return await pause(answer.retryMs);
    if (answer.type !== "assignment") throw new PromiseFault(`a claim was answered by ${answer.type}`);
    const { job, token } = answer;
    const kind = await this.options.kindOf(job);
    this.outbox.push({ job, kind, token, results: [...unitsOf(answer.runs)].map((unit) => this.compute(kind, unit)), wanted: [] });
  }

  private compute(kind: Kind, unit: number): ReplicaResult {
    const bytes = resultOf(kind, unit, this.liar, this.index);
    return {
      unit: unit as ReplicaResult["unit"],
      status: "ok",
      gpuMicros: 1000,
      digest: fromHex(sha256(bytes)),
      bytes: bytes.byteLength <= INLINE_RESULT_BYTES ? bytes : new Uint8Array(0),
    };
  }

  /** Signs what ends with `hash`; what the coordinator does not know may have been signed, or never have come. */
  private async sign(turn: Turn, hash: Uint8Array): Promise<void> {
    if (!this.left.includes(hash)) this.left.push(hash);
    const answer = await turn.line.sign(hash);
    if (answer.type === "done") {
      this.options.journal.note({
        ...{ kind: "signed", volunteer: this.index, hash: Buffer.from(hash).toString("hex") },
        mark: `${turn.sid} done ${turn.dones++}`,
      });
    } else if (answer.type !== "error") throw new PromiseFault(`a signature was answered by ${answer.type}`);
    else if (answer.code !== "unknown-statement") return await this.refused(answer.code, answer.message, answer.retryMs);
    else if (hash === turn.line.hash) throw new PromiseFault("a connection's own statement is unknown");
    this.left = this.left.filter((other) => other !== hash);
    if (hash === turn.line.hash) turn.unsigned = false;
  }

  private async submit(turn: Turn, parcel: Parcel): Promise<void> {
    const { results, job, token } = parcel;
    for (const { unit } of results) this.sent.add(`${job}/${unit}`);
    const sent = { type: "submit", token, results } as const;
    // Whichever of the two the coordinator heard last, if the connection drops now.
    const ends = turn.unsigned ? [turn.line.after(sent), turn.line.hash] : [turn.line.after(sent)];
    this.left.push(...ends);
    const answer = await turn.line.send(sent);
    this.left = this.left.filter((end) => !ends.includes(end));
    turn.unsigned ||= answer.type === "answer";
    if (answer.type === "error") return await this.refused(answer.code, answer.message, answer.retryMs);
    if (answer.type !== "answer" || answer.verdicts.length !== results.length)
      throw new PromiseFault(`a submit was answered by ${answer.type}`);
    const mark = `${turn.sid} answer ${turn.answers++}`;
    const counted = results.filter((_, i) => answer.verdicts[i] !== "late" && answer.verdicts[i] !== "refused");
    this.options.journal.note(
      ...counted.map(({ unit, digest }) => ({
        kind: "replica" as const,
        ...{ volunteer: this.index, job, unit, digest: Buffer.from(digest).toString("hex"), mark },
      })),
    );
    parcel.wanted = results.filter((_, i) => answer.verdicts[i] === "wanted").map(({ unit }) => unit);
    parcel.results = [];
  }

  private async bring(turn: Turn, parcel: Parcel): Promise<void> {
    const { job, kind, token } = parcel;
    const unit = parcel.wanted[0] as number;
    const bytes = resultOf(kind, unit, this.liar, this.index);
    const took =
      bytes.byteLength > MAX_SOCKET_RESULT_BYTES ? await this.put(turn, token, unit, bytes) : await this.frame(turn, token, unit, bytes);
    if (took === "later") return;
    if (took !== "unwanted")
      this.options.journal.note({ kind: "bytes", volunteer: this.index, job, unit, digest: sha256(bytes), mark: took.kept });
    parcel.wanted.shift();
  }

  private async frame(turn: Turn, token: Uint8Array, unit: number, bytes: Uint8Array): Promise<Taken> {
    const answer = await turn.line.send({ type: "bytes", token, unit: unit as ReplicaResult["unit"], bytes });
    if (answer.type === "done") return { kept: `${turn.sid} done ${turn.dones++}` };
    if (answer.type !== "error") throw new PromiseFault(`bytes were answered by ${answer.type}`);
    if (answer.code === "not-wanted") return "unwanted";
    await this.refused(answer.code, answer.message, answer.retryMs);
    return "later";
  }

  private async put({ url }: Turn, token: Uint8Array, unit: number, bytes: Uint8Array<ArrayBuffer>): Promise<Taken> {
    const { status, port, body } = await upload(`${url}/api/results?unit=${unit}`, token, bytes);
    if (status === 204) return { kept: `port ${port}` };
    const { code, message } = JSON.parse(body) as { code: string; message: string };
    if (code === "not-wanted") return "unwanted";
    await this.refused(code, message, MAX_PAUSE_MS);
    return "later";
  }

  /** Waits where that helps; an answer that would lose work for ever is a fault. */
  private async refused(code: string, message: string, retryMs: number): Promise<void> {
    if (!isPassing(code)) throw new PromiseFault(`${code}: ${message}`);
    await pause(retryMs);
  }
}

/** Rejects also when the line drops, or `stop` says so, in the middle of the handshake. */
export async function joined(line: Line, stop: AbortSignal): Promise<void> {
  const dropped = new Promise<never>((_, reject) => {
    line.socket.once("disconnect", () => reject(new Error("the line dropped")));
    stop.addEventListener("abort", () => reject(new Error("stopped")));
  });
  await Promise.race([line.join(), dropped]);
}

interface Turn {
  line: Line;
  sid: string;
  /** Answers to submits, and to bytes, that came on this connection. */
  answers: number;
  dones: number;
  /** Something was answered that is not signed. */
  unsigned: boolean;
  url: string;
}

type Taken = { kept: string } | "unwanted" | "later";

/** On a connection of its own. */
function upload(url: string, token: Uint8Array, bytes: Uint8Array): Promise<{ status: number; port: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ "idlewave-token": Buffer.from(token).toString("base64url"), "content-type": "application/octet-stream" },
      ...{ "content-length": bytes.byteLength, connection: "close" },
    };
    const sending = request(url, { method: "PUT", headers, agent: false, timeout: UPLOAD_TIMEOUT_MS }, (response) => {
      const port = response.socket.localPort ?? 0;
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, port, body }), reject);
    });
    sending.once("timeout", () => sending.destroy(new Error("the upload got no answer")));
    sending.once("error", reject);
    sending.end(bytes);
  });
}

/** The coordinator said what it may not say to an honest client. */
class PromiseFault extends Error {
  override readonly name = "PromiseFault";
}

async function pause(retryMs: number): Promise<void> {
  await sleep(Math.min(Math.max(retryMs, 5), MAX_PAUSE_MS));
}
