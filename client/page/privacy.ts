/** The page that says what is kept: it runs nothing until "Forget me" is pressed and confirmed. */
import { html, nothing } from "lit";
import { messageOf } from "../../shared/thrown.ts";
import { LightElement } from "./light.ts";

type Step = "idle" | "sure" | "working" | "done" | "failed";

/** Two clicks: what is lost is lost for good. */
class Forget extends LightElement {
  static override properties = { step: { state: true }, fault: { state: true } };
  declare step: Step;
  declare fault: string;

  constructor() {
    super();
    this.step = "idle";
    this.fault = "";
  }

  protected override render() {
    return html`<p class="beside">${this.buttons()}</p><p role="status">${this.words()}</p>`;
  }

  private buttons() {
    switch (this.step) {
      case "idle":
      case "failed":
        return html`<button class="plain" type="button" data-testid="forget" @click=${() => this.go("sure")}>Forget me</button>`;
      case "sure":
        return html`<button class="plain" type="button" data-testid="forget-sure" @click=${() => void this.forget()}>Yes, forget me</button>
          <button class="plain" type="button" @click=${() => this.go("idle")}>No</button>`;
      default:
        return nothing;
    }
  }

  private words(): string {
    switch (this.step) {
      case "idle":
        return "";
      case "sure":
        return "What this browser has earned will be gone, for good.";
      case "working":
        return "Asking the coordinator.";
      case "done":
        return "You are forgotten. This page keeps nothing of you in this browser. Where you lent in a box on another site, you are forgotten in that box.";
      case "failed":
        return `You are not forgotten yet: ${this.fault}`;
      default:
        return this.step satisfies never;
    }
  }

  private go(step: Step): void {
    this.step = step;
  }

  private async forget(): Promise<void> {
    this.step = "working";
    try {
      const { Donation } = await import("../donation/donation.ts");
      await new Promise<void>((resolve, reject) => {
        const donation = new Donation((message) => reject(new Error(message)));
        donation.control.forget().then(resolve, reject);
      });
      // What a box on a site of our own domain was answered, and what this tab would go on with.
      localStorage.clear();
      sessionStorage.clear();
      this.step = "done";
    } catch (fault) {
      this.fault = messageOf(fault);
      this.step = "failed";
    }
  }
}

customElements.define("idlewave-forget", Forget);
