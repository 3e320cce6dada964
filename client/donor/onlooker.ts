/**
 * What a page knows of a donor in another tab before anything is lent here: whether there is one, and its state. It makes no
 * worker, opens no socket and asks for no GPU.
 */
import { DONOR_LOCK } from "./lock.ts";
import type { DonorState } from "./state.ts";
import { DONOR_CHANNEL, type TabsMessage } from "./tabs.ts";

export class Onlooker {
  private readonly channel = new BroadcastChannel(DONOR_CHANNEL);
  private readonly onHolder: (state: DonorState | null) => void;
  private readonly closing = new AbortController();
  private isWatching = false;

  /** `onHolder`: another tab's donor tells its state, or is gone. */
  constructor(onHolder: (state: DonorState | null) => void) {
    this.onHolder = onHolder;
    this.channel.onmessage = (event: MessageEvent<TabsMessage>) => {
      if (event.data.type !== "holder") return;
      onHolder(event.data.state);
      void this.watchForEnd();
    };
    this.say({ type: "look" });
  }

  /** Stops the donors of all tabs. */
  stopAll(): void {
    this.say({ type: "stop" });
  }

  close(): void {
    this.closing.abort();
    this.channel.close();
  }

  /** The lock is free when its holder has ended, however that came. */
  private async watchForEnd(): Promise<void> {
    if (this.isWatching) return;
    this.isWatching = true;
    // Shared, so that pages that look on do not wait for each other.
    const options = { mode: "shared", signal: this.closing.signal } as const;
    const isFree = await navigator.locks.request(DONOR_LOCK, options, () => true).catch(() => false);
    this.isWatching = false;
    if (isFree && !this.closing.signal.aborted) this.onHolder(null);
  }

  private say(message: TabsMessage): void {
    this.channel.postMessage(message);
  }
}
