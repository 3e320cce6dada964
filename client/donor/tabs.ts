/**
 * What donors of one browser tell each other. The one that holds the lock says whether it computes, whenever that changes and
 * when a new one asks; one that is about to forget the account says so, and each other ends its run and its wait for the lock.
 */

const CHANNEL = "idlewave-donor";

type Message = { type: "ask" } | { type: "holder"; running: boolean } | { type: "forget" };

export interface TabsListener {
  /** Another tab's donor has the lock. */
  onHolder(running: boolean): void;
  /** Another tab forgets the account: its key must not be used any more. */
  onForget(): void;
}

export class Tabs {
  private readonly channel = new BroadcastChannel(CHANNEL);
  /** What this donor told as the holder of the lock, undefined while it has none. */
  private told: boolean | undefined;

  constructor(listener: TabsListener) {
    this.channel.onmessage = (event: MessageEvent<Message>) => {
      const message = event.data;
      switch (message.type) {
        case "ask":
          if (this.told !== undefined) this.say({ type: "holder", running: this.told });
          return;
        case "holder":
          listener.onHolder(message.running);
          return;
        case "forget":
          listener.onForget();
          return;
        default:
          message satisfies never; // a page of another version: it is not understood, and nothing follows from it
      }
    };
  }

  /** Who has the lock, and does it compute? */
  ask(): void {
    this.say({ type: "ask" });
  }

  /** This donor has the lock and computes or not; undefined: it has the lock no longer. */
  hold(running: boolean | undefined): void {
    if (running === this.told) return;
    this.told = running;
    if (running !== undefined) this.say({ type: "holder", running });
  }

  forget(): void {
    this.say({ type: "forget" });
  }

  private say(message: Message): void {
    this.channel.postMessage(message);
  }
}
