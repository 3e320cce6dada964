/**
 * The donor's signatures over what it submits (shared/statement.ts). Of one connection:
 *
 *   begin ──submit sent──▶ ends with `hash` or, if it was heard, with `sent` ──answer──▶ ends with `hash` ──signed──▶ nothing open
 *
 * What a connection leaves unsigned is signed on the next one. As nobody knows whether its last submit was heard, both hashes
 * are: the coordinator has one of them. They are kept before the submit is sent, so that a closed tab loses none.
 */
import { linkBytes, SIGN_EVERY_MS, SIGN_RESULTS, statementMessage } from "../../../shared/statement.ts";
import type { Frame, ReplicaResult } from "../../../shared/wire.ts";
import { sha256 } from "../digest.ts";
import type { Identity } from "../identity.ts";
import { NotConnected } from "../socket.ts";
import { throwIfPassing } from "./retry.ts";

/** Unsigned statements of earlier connections that are remembered; the oldest goes first. */
const MAX_LEFT = 32;

/** The hashes, 32 bytes each, with one of which an unsigned statement ends. */
export type Left = Uint8Array[];

/** Where what is unsigned outlives the process. */
export interface StatementShelf {
  load(): Promise<Left[]>;
  /** Instead of what was there. */
  save(left: Left[]): Promise<void>;
}

export interface SignatureLine {
  /** Rejects when the connection is down. */
  request(frame: Frame): Promise<Frame>;
  /** Ends the connection, if it is still up, for another: the two sides may not agree on what was submitted. */
  restart(): void;
}

interface Chain {
  /** After what was answered. */
  hash: Uint8Array;
  /** After the submit that is on its way, or whose answer never came. */
  sent: Uint8Array | null;
  /** Answered results that are not signed. */
  results: number;
}

export class Signatures {
  private readonly identity: Pick<Identity, "sign">;
  private readonly shelf: StatementShelf;
  private readonly line: SignatureLine;
  private readonly onDue: () => void;
  private left: Left[] = [];
  private chain: Chain | undefined;
  private isDue = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `onDue`: `sign` is to be called, when no submit is on its way. */
  constructor(identity: Pick<Identity, "sign">, shelf: StatementShelf, line: SignatureLine, onDue: () => void) {
    this.identity = identity;
    this.shelf = shelf;
    this.line = line;
    this.onDue = onDue;
  }

  /** Takes up what an earlier page left. */
  async load(): Promise<void> {
    this.left = [...(await this.shelf.load()), ...this.left].slice(-MAX_LEFT);
  }

  /** A connection is up. `start`: SHA-256 of what its handshake signed. */
  begin(start: Uint8Array): void {
    this.left = this.unsigned();
    this.chain = { hash: start, sent: null, results: 0 };
    this.rest();
  }

  /** Submits results of one job; one submit at a time. Rejects when the connection is down. */
  async submit(job: number, token: Uint8Array, results: ReplicaResult[]): Promise<Frame> {
    const { chain } = this;
    if (!chain || chain.sent) throw new NotConnected("There is no connection that knows what was submitted.");
    chain.sent = await sha256(linkBytes(chain.hash, job, results));
    await this.keep();
    let answer: Frame;
    try {
      answer = await this.line.request({ type: "submit", token, results });
    } catch (error) {
      if (this.chain === chain) this.line.restart();
      throw error;
    }
    if (answer.type === "answer") {
      chain.hash = chain.sent;
      chain.results += results.length;
      this.timer ??= setTimeout(() => this.fire(), SIGN_EVERY_MS);
    }
    chain.sent = null;
    return answer;
  }

  /** Signs what earlier connections left, and of this one what is due. Rejects when that must wait. */
  async sign(): Promise<void> {
    while (this.chain && this.left.length > 0) {
      const [oldest = []] = this.left;
      for (const hash of oldest) await this.send(hash);
      this.left = this.left.filter((each) => each !== oldest);
      await this.keep();
    }
    if (this.isDue || (this.chain?.results ?? 0) >= SIGN_RESULTS) await this.signAll();
  }

  /** Signs all that was answered on this connection. */
  async signAll(): Promise<void> {
    const { chain } = this;
    if (!chain || chain.results === 0) return;
    const known = await this.send(chain.hash);
    chain.results = 0;
    this.rest();
    await this.keep();
    if (!known && this.chain === chain) this.line.restart();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  /** False when the coordinator has no such statement that is unsigned. */
  private async send(hash: Uint8Array): Promise<boolean> {
    const signature = await this.identity.sign(statementMessage(hash));
    const answer = await this.line.request({ type: "sign", hash, signature });
    if (answer.type === "error") throwIfPassing(answer);
    return answer.type === "done";
  }

  private fire(): void {
    this.isDue = true;
    this.onDue();
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isDue = false;
  }

  private unsigned(): Left[] {
    const { chain, left } = this;
    const own: Left = [];
    if (chain?.sent) own.push(chain.sent);
    if (chain && chain.results > 0) own.push(chain.hash);
    return (own.length > 0 ? [...left, own] : left).slice(-MAX_LEFT);
  }

  private async keep(): Promise<void> {
    try {
      await this.shelf.save(this.unsigned());
    } catch {
      // No room, or storage that is gone: it is signed as long as this run lasts.
    }
  }
}
