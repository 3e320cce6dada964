/** Loaded after the click and never before it: the donor's worker, what this browser tells it, and the page's hand on it. */
import { proxy, type Remote, transfer, wrap } from "comlink";
import { keptWishes } from "../donor/manners/kept-wishes.ts";
import type { Surroundings } from "../donor/manners/surroundings.ts";
import type { DonorControl, DonorStart, DonorState } from "../donor/state.ts";
import { lifeEnds } from "../donor/tabs/alive.ts";
import { Senses } from "./senses.ts";

export class Donation {
  readonly control: Remote<DonorControl>;
  private readonly worker: Worker;
  private senses: Senses | undefined;
  /** Changes with each start and each rest: what was begun before one of them is not gone on with. */
  private turn = 0;

  private readonly onBroken: (message: string) => void;
  private readonly seesPerson: boolean;
  private isEnded = false;

  /**
   * Makes the donor's worker; nothing runs before `begin`. `onBroken`: the worker itself failed, or is gone. `seesPerson`: this
   * page hears what its visitor does, as a frame in somebody else's page does not: silence there is nobody's absence.
   */
  constructor(onBroken: (message: string) => void, seesPerson = true) {
    this.onBroken = onBroken;
    this.seesPerson = seesPerson;
    this.worker = new Worker(new URL("../donor/worker.ts", import.meta.url), { type: "module", name: "idlewave donor" });
    this.worker.addEventListener("error", (event) => onBroken(event.message || "The worker did not load"));
    this.control = wrap<DonorControl>(this.worker);
  }

  /** Where the donor tells its state and posts its facts. */
  async attach(onState: (state: DonorState) => void, facts: MessagePort | null): Promise<void> {
    await this.control.watch(proxy(onState));
    if (facts) await this.control.facts(transfer(facts, [facts]));
    void this.watchLife(await this.control.life());
  }

  /** Lends, as the visitor chose and as the device is. */
  async begin(start: DonorStart): Promise<void> {
    const whole = await this.whole(start);
    if (whole) await this.control.start(whole);
  }

  /** Ends this tab's run alone and begins another one. */
  async restart(start: DonorStart): Promise<void> {
    const whole = await this.whole(start);
    if (whole) await this.control.restart(whole);
  }

  /** Nothing runs any more: nothing needs to be known of the device. */
  rest(): void {
    this.turn++;
    this.senses?.close();
    this.senses = undefined;
  }

  /** Ends the worker at once. */
  end(): void {
    this.rest();
    this.isEnded = true;
    this.worker.terminate();
  }

  private async watchLife(name: string): Promise<void> {
    await lifeEnds(name);
    if (!this.isEnded) this.onBroken("The browser ended what computes here. What was finished is kept");
  }

  /** Undefined when it was stopped, or begun anew, meanwhile. */
  private async whole(start: DonorStart): Promise<DonorStart | undefined> {
    const turn = ++this.turn;
    const wishes = await keptWishes();
    const senses = this.senses ?? (await Senses.open((surroundings) => void this.control.setSurroundings(this.known(surroundings))));
    if (turn !== this.turn) {
      if (senses !== this.senses) senses.close();
      return undefined;
    }
    this.senses = senses;
    return { ...start, wishes, surroundings: this.known(senses.surroundings) };
  }

  private known(surroundings: Surroundings): Surroundings {
    return this.seesPerson ? surroundings : { ...surroundings, focused: false };
  }
}
