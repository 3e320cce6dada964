/** What the visitor chose, kept in IndexedDB from the first choice on, one for all tabs; reading makes no database where there is none. */
import { get, set } from "idb-keyval";
import { existingStoreAt, KEPT, storeAt } from "../kept.ts";
import { DOSES, type Dose } from "../state.ts";
import { DONOR_CHANNEL, type TabsMessage } from "../tabs/tabs.ts";
import { NO_WISHES, readWishes, type Wishes } from "./wishes.ts";

const KEY = "wishes";
const DOSE_KEY = "dose";

export async function keptWishes(): Promise<Wishes> {
  const wishes = await existingStoreAt(KEPT.wishes);
  return wishes ? readWishes(await get<unknown>(KEY, wishes)) : NO_WISHES;
}

/** The share that was chosen last by Less or More; undefined where none was, or none that this release knows. */
export async function keptDose(): Promise<Dose | undefined> {
  const wishes = await existingStoreAt(KEPT.wishes);
  const kept = wishes && (await get<unknown>(DOSE_KEY, wishes));
  return DOSES.find((dose) => dose === kept);
}

export async function keepDose(dose: Dose): Promise<void> {
  await set(DOSE_KEY, dose, storeAt(KEPT.wishes));
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
