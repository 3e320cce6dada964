/** The pool that a session serves, if any, and its pass: what its jobs are read with, renewed long before it expires. */
import { PASS_HEADER } from "../../../shared/pool.ts";
import type { PoolPass } from "../../../shared/protocol.ts";
import type { VolunteerSocket } from "../socket.ts";
import type { KeptPool } from "./kept-pools.ts";

/** Share of a pass's life after which a new one is asked for. */
const RENEW_AFTER = 0.5;
/** When the coordinator did not answer, it is asked again after so long, ms. */
const RETRY_MS = 60_000;

export class Serving {
  private pool: KeptPool | undefined;
  private readonly onPass: (pool: KeptPool) => void;
  private renewAt = Number.POSITIVE_INFINITY;

  /** `onPass`: told of each new pass. */
  constructor(pool: KeptPool | undefined, onPass: (pool: KeptPool) => void) {
    this.pool = pool;
    this.onPass = onPass;
  }

  /** Of the pool, for hello; undefined: public jobs. */
  get id(): number | undefined {
    return this.pool?.id;
  }

  /** For requests of what is the pool's. */
  readonly headers = (): Record<string, string> => (this.pool ? { [PASS_HEADER]: this.pool.pass } : {});

  take({ id, name, pass, lifeMs }: PoolPass): void {
    this.pool = { id, name, pass };
    this.renewAt = performance.now() + lifeMs * RENEW_AFTER;
    this.onPass(this.pool);
  }

  /** Called a few times a second while the socket is up. */
  tick(socket: Pick<VolunteerSocket, "pass">): void {
    if (performance.now() < this.renewAt) return;
    this.renewAt = performance.now() + RETRY_MS;
    socket.pass().then(
      (pool) => this.take(pool),
      () => undefined, // asked again in a while, and with the next hello
    );
  }
}
