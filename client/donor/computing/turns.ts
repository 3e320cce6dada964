/**
 * One run of the donor: sessions one after the other, as the manners allow.
 *
 *   on hold ─(may lend)─▶ a session ─(held for long, another card or budget)─▶ it gives everything back ─▶ on hold …
 *                            └─(ends by itself)─▶ the end;  any ─stop─▶ the end
 *
 * A short hold keeps the session with its units: the throttle's gate is shut at once, and nothing is claimed. A pause from another
 * device of the account is listened to the end of, on a connection that asks for no work, once there is no session to hear it.
 */
import { messageOf } from "../../../shared/thrown.ts";
import type { Manners } from "../manners/manners.ts";
import type { Wishes } from "../manners/wishes.ts";
import type { Report } from "../report.ts";
import type { Session } from "../session.ts";
import { Signal } from "../signal.ts";
import type { DonorPhase, Ending } from "../state.ts";
import { Throttle } from "./throttle.ts";

/** Units that are held this long without a slice go back to others, and the GPU's memory to whoever needs it. */
const LONG_HOLD_MS = 30_000;
/** Every change wakes whoever waits; this is only so that a forgotten wake-up is no end. */
const LONGEST_WAIT_MS = 60_000;

export interface TurnsParts {
  manners: Manners;
  report: Report;
  /** Opens a session that is paced by the throttle, as the wishes of this moment are. */
  open(throttle: Throttle, wishes: Wishes): Session;
  /** Hears what is wished from other devices, and tells the manners. */
  listen(): { close(): void };
}

export class Turns {
  /** Resolves when everything was put away, whoever ended the run. */
  readonly ended: Promise<void>;
  private readonly parts: TurnsParts;
  private readonly changed = new Signal();
  private turn: { session: Session; throttle: Throttle } | undefined;
  private stopped = false;
  private hang: DonorPhase | undefined;

  constructor(parts: TurnsParts) {
    this.parts = parts;
    const unlisten = parts.manners.listen(() => {
      this.turn?.session.heed(parts.manners.verdict);
      this.changed.fire();
    });
    this.ended = this.work()
      .catch((error: unknown) => parts.report.setPhase({ kind: "failed", message: messageOf(error) }))
      .finally(unlisten);
  }

  /** A kernel did not end: there is no session after it. */
  get endless(): DonorPhase | undefined {
    return this.hang;
  }

  /** While one is open. */
  get session(): Session | undefined {
    return this.turn?.session;
  }

  noticeInput(): void {
    this.turn?.throttle.noticeInput();
  }

  /** Nothing is submitted to the GPU when it resolves. `closed` of the result: the rest is given back and put away. */
  async stop(ending?: Ending): Promise<{ closed: Promise<void> }> {
    this.stopped = true;
    this.changed.fire();
    return (await this.turn?.session.stop(ending)) ?? { closed: this.ended };
  }

  private async work(): Promise<void> {
    const { manners } = this.parts;
    while (!this.stopped) {
      if (manners.verdict.kind === "hold") await this.hold();
      else if (!(await this.lend())) return;
    }
  }

  private async hold(): Promise<void> {
    const { manners, report, listen } = this.parts;
    const isPausedRemotely = () => manners.isPausedRemotely;
    const heard = isPausedRemotely();
    const ear = heard ? listen() : undefined;
    for (let { verdict } = manners; verdict.kind === "hold" && !this.stopped && isPausedRemotely() === heard; { verdict } = manners) {
      report.setPhase({ ...verdict, kind: "on-hold" });
      await this.changed.wait(LONGEST_WAIT_MS);
    }
    ear?.close();
  }

  /** One session. Answers whether another may follow. */
  private async lend(): Promise<boolean> {
    const { manners, open } = this.parts;
    const { verdict, wishes } = manners;
    const throttle = new Throttle(verdict.kind === "lend" ? verdict.share : 0);
    const session = open(throttle, wishes);
    this.turn = { session, throttle };
    session.heed(verdict);
    let isOver = false;
    void session.ended.then(() => {
      isOver = true;
      this.changed.fire();
    });
    for (let heldMs = 0; !isOver && !this.stopped && isSameDevice(wishes, manners.wishes); heldMs = manners.heldMs) {
      if (heldMs >= LONG_HOLD_MS) break;
      await this.changed.wait(manners.verdict.kind === "hold" ? LONG_HOLD_MS - heldMs : LONGEST_WAIT_MS);
    }
    const isTurnOnly = !isOver && !this.stopped;
    if (isTurnOnly) await (await session.stop()).closed;
    await session.ended;
    this.turn = undefined;
    this.hang = session.endless;
    return isTurnOnly && !this.hang;
  }
}

function isSameDevice(a: Wishes, b: Wishes): boolean {
  return a.card === b.card && a.memoryBytes === b.memoryBytes;
}
