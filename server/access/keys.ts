/**
 * The keys that assignment tokens are signed with. The newest signs; an older one is good for what it signed until it retires,
 * because a late result with a valid token still counts. In the store a key is the secret `token-key/<id>/<made at, ms>`; the
 * plain `token-key` is the first one of release 0.1.0.
 */
import { randomBytes } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import { KEY_BYTES, TOKEN_KEY, tokenKeyOf } from "../core/secret-names.ts";
import type { Store } from "../core/store.ts";

const DAY_MS = 24 * 3600 * 1000;
/** A key signs no longer. */
const SIGNS_FOR_MS = 30 * DAY_MS;
/** Far beyond any deadline: an outbox may lie in a laptop that sleeps for a fortnight. */
const RETIRES_AFTER_MS = 14 * DAY_MS;
/** One byte of a token; 0 is none. */
const MAX_KEY_ID = 255;

type KeyStore = Pick<Store, "secret" | "secrets" | "dropSecret">;

interface Key {
  id: number;
  /** ms since 1970; later keys have later times, whatever the clock does. */
  madeAt: number;
  /** Of the secret. */
  name: string;
  secret: Uint8Array;
}

export class KeyRing {
  private readonly store: KeyStore;
  /** Oldest first. */
  private keys: Key[] = [];
  private turning: Promise<void> = Promise.resolve();

  private constructor(store: KeyStore) {
    this.store = store;
  }

  /** The store's keys, the first one made when there is none. */
  static async open(store: KeyStore, now: number): Promise<KeyRing> {
    const ring = new KeyRing(store);
    for (const name of await store.secrets(TOKEN_KEY)) ring.keys.push(await ring.load(name));
    ring.keys.sort((a, b) => a.madeAt - b.madeAt);
    if (ring.keys.length === 0) await ring.add(1, now);
    await ring.renew(now);
    return ring;
  }

  get newest(): { id: number; secret: Uint8Array } {
    const newest = this.keys.at(-1);
    if (!newest) throw new Error("a ring has a key from the start");
    return newest;
  }

  /** How many keys are good now. */
  get count(): number {
    return this.keys.length;
  }

  /** Undefined when the key has retired, was revoked or never was. */
  secretOf(id: number): Uint8Array | undefined {
    return this.keys.find((key) => key.id === id)?.secret;
  }

  /** Makes a new key when the newest has signed long enough, and drops those that have retired. */
  renew(now: number): Promise<void> {
    return this.turn(async () => {
      const newest = this.keys.at(-1) as Key;
      if (now - newest.madeAt >= SIGNS_FOR_MS) await this.next(now);
      // A key signs until the next one is made.
      await this.drop((_key, successor) => successor !== undefined && now - successor.madeAt >= RETIRES_AFTER_MS);
    });
  }

  /**
   * Makes a new key at once. `revoke`: the older ones are dropped too, and with them every token that is out: for a key that
   * has leaked. Throws `too-fast` when all numbers are taken by keys that have not retired.
   */
  rotate(now: number, revoke: boolean): Promise<void> {
    return this.turn(async () => {
      await this.next(now);
      if (revoke) await this.drop((_key, successor) => successor !== undefined);
    });
  }

  /** One change at a time. */
  private turn(change: () => Promise<void>): Promise<void> {
    const turned = this.turning.then(change);
    this.turning = turned.catch(() => undefined); // whoever asked for it hears
    return turned;
  }

  private async next(now: number): Promise<void> {
    const newest = this.keys.at(-1) as Key;
    const id = (newest.id % MAX_KEY_ID) + 1;
    if (this.secretOf(id)) throw new IdlewaveError("too-fast", { limit: `${MAX_KEY_ID} keys at a time`, retrySeconds: DAY_MS / 1000 });
    await this.add(id, Math.max(Math.trunc(now), newest.madeAt + 1));
  }

  private async add(id: number, madeAt: number): Promise<void> {
    this.keys.push(await this.load(`${TOKEN_KEY}/${id}/${Math.trunc(madeAt)}`));
  }

  private async drop(isDue: (key: Key, successor: Key | undefined) => boolean): Promise<void> {
    const due = this.keys.filter((key, i) => isDue(key, this.keys[i + 1]));
    this.keys = this.keys.filter((key) => !due.includes(key));
    for (const { name } of due) await this.store.dropSecret(name);
  }

  private async load(name: string): Promise<Key> {
    const secret = await this.store.secret(name, () => new Uint8Array(randomBytes(KEY_BYTES)));
    if (secret.byteLength !== KEY_BYTES) throw new Error(`the secret ${name} has ${secret.byteLength} bytes, not ${KEY_BYTES}`);
    const facts = tokenKeyOf(name);
    if (!facts) throw new Error(`the secret ${name} is no token key`);
    return { ...facts, name, secret };
  }
}
