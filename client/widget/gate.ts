/** What stands between a press and what it asks for: both buttons whose press must be a person's own, who saw what it says. */
import type { FrameMessage } from "../../shared/widget.ts";
import { ConsentButton, type Verdict } from "./consent.ts";
import type { Sight } from "./sight.ts";
import { Signs } from "./signs.ts";

export interface GateOptions {
  lend: HTMLElement;
  forgetSure: HTMLElement;
  sight: Sight;
  /** Origin of the site that shows us. */
  origin: string;
  /** They stand in a window of the coordinator's, where no host can cover them. */
  own: boolean;
  post(message: FrameMessage): void;
}

export class Gate {
  private readonly signs: Signs;
  private readonly lend: ConsentButton;
  private readonly forgetSure: ConsentButton;

  constructor({ lend, forgetSure, sight, origin, own, post }: GateOptions) {
    this.signs = new Signs({ sight, origin, post, isAsking: () => lend.isConnected || forgetSure.isConnected });
    this.lend = new ConsentButton(lend, sight, this.signs, own);
    this.forgetSure = new ConsentButton(forgetSure, sight, this.signs, own);
  }

  /** What a click means; takes some tenths of a second when it may be a yes, and says so by `onJudging`. */
  verdictOf(button: "lend" | "forgetSure", click: MouseEvent, onJudging: () => void): Promise<Verdict> {
    return this[button].verdictOf(click, onJudging);
  }

  /** The browser told what can be seen. */
  look(): void {
    this.signs.look();
  }

  hear(event: MessageEvent<unknown>): void {
    this.signs.hear(event);
  }
}
