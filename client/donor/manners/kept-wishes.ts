/** What the visitor chose, kept in IndexedDB from the first choice on, one for all tabs; reading makes no database where there is none. */
import { get, set } from "idb-keyval";
import { existingStoreAt, KEPT, storeAt } from "../kept.ts";
import { DONOR_CHANNEL, type TabsMessage } from "../tabs/tabs.ts";
import { NO_WISHES, readWishes, type Wishes } from "./wishes.ts";

const KEY = "wishes";

export async function keptWishes(): Promise<Wishes> {
  const wishes = await existingStoreAt(KEPT.wishes);
  return wishes ? readWishes(await get<unknown>(KEY, wishes)) : NO_WISHES;
}

/** The visitor's hand on them, in one of the tabs. */
export class ChosenWishes {
  private readonly channel = new BroadcastChannel(DONOR_CHANNEL);

  /** `onChosen`: they were chosen in another tab. */
  constructor(onChosen: (wishes: Wishes) => void) {
    this.channel.onmessage = (event: MessageEvent<TabsMessage>) => {
      if (event.data.type === "wishes") onChosen(event.data.wishes);
    };
  }

  /** Keeps them; donors, this tab's too, and the other tabs hear of them. */
  async choose(wishes: Wishes): Promise<void> {
    this.channel.postMessage({ type: "wishes", wishes } satisfies TabsMessage);
    await set(KEY, wishes, storeAt(KEPT.wishes));
  }

  close(): void {
    this.channel.close();
  }
}
