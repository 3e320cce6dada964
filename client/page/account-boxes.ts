/** Boxes on other sites that were joined to this browser's account: which there are, and one click that stops lending in all of them. */
import { html, nothing } from "lit";
import type { BoxInfo } from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import { Donation } from "../donation/donation.ts";
import { LightElement } from "./light.ts";

class AccountBoxes extends LightElement {
  static override properties = { boxes: { state: true }, told: { state: true }, isWorking: { state: true } };
  declare boxes: BoxInfo[];
  declare told: string;
  declare isWorking: boolean;

  constructor() {
    super();
    this.boxes = [];
    this.told = "";
    this.isWorking = false;
    if (isSecureContext) void this.ask(async () => "");
  }

  protected override render() {
    const row = ({ site, isConnected }: BoxInfo) =>
      html`<tr><th scope="row">${site}</th><td>${isConnected ? "connected" : "away"}</td></tr>`;
    const table = html`<table class="kept" data-testid="account-boxes">
        <thead><tr><th scope="col">Site</th><th scope="col">Now</th></tr></thead>
        <tbody>${this.boxes.map(row)}</tbody>
      </table>
      <p class="beside"><button class="plain" type="button" data-testid="take-back" ?disabled=${this.isWorking} @click=${() => void this.takeBack()}>Stop lending on all sites</button></p>`;
    return html`<h2 id="boxes">Boxes on other sites</h2>
      <p>A site may show a box of this network that asks you to lend. While it lends, “Why is this here?” and “My account” in it join it here: then it stands below, and one click takes back your yes in all of them. A box that is not joined is stopped in its own page alone.</p>
      ${this.boxes.length > 0 ? table : nothing}
      <p role="status" data-testid="boxes-status">${this.told}</p>`;
  }

  private async takeBack(): Promise<void> {
    await this.ask(async (control) => {
      await control.takeBack(location.origin);
      return "Nothing is lent in them any more. Each asks you anew, and a yes that you say from now on counts.";
    });
  }

  private async ask(act: (control: Donation["control"]) => Promise<string>): Promise<void> {
    this.isWorking = true;
    const donation = new Donation((message) => {
      this.told = message;
    });
    try {
      this.told = await act(donation.control);
      this.boxes = await donation.control.boxes(location.origin);
    } catch (error) {
      this.told = messageOf(error);
    } finally {
      this.isWorking = false;
      donation.end();
    }
  }
}

customElements.define("idlewave-account-boxes", AccountBoxes);
