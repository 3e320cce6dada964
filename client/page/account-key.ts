/** The key of an account that there is, from its words or its file: `idlewave-key` with the seed, and the device's name where it is asked for. */
import { html, nothing } from "lit";
import { MAX_DEVICE_NAME } from "../../shared/account/certificate.ts";
import { unseal } from "../../shared/account/sealed.ts";
import { seedOfWords, WORDS, type WordsFault } from "../../shared/account/words.ts";
import { LightElement } from "./light.ts";

class AccountKeyForm extends LightElement {
  static override properties = {
    action: { attribute: false },
    isNamed: { attribute: false },
    isBusy: { attribute: false },
    fault: { state: true },
    isOpening: { state: true },
  };
  declare action: string;
  declare isNamed: boolean;
  declare isBusy: boolean;
  declare fault: string;
  declare isOpening: boolean;

  constructor() {
    super();
    this.action = "";
    this.isNamed = false;
    this.isBusy = false;
    this.fault = "";
    this.isOpening = false;
  }

  protected override render() {
    const name = html`<label><span>Name of this device, for your other ones</span><input name="name" maxlength=${MAX_DEVICE_NAME} autocomplete="off" /></label>`;
    return html`<form class="account" @submit=${(event: Event) => void this.submit(event)}>
      <label><span>The ${WORDS} words</span><textarea name="words" rows="4" autocomplete="off" autocapitalize="none" spellcheck="false"></textarea></label>
      <label><span>Or the file</span><input name="file" type="file" /></label>
      <label><span>The file's passphrase</span><input name="passphrase" type="password" autocomplete="off" /></label>
      ${this.isNamed ? name : nothing}
      <p class="beside"><button class="plain" data-testid="account-enter" ?disabled=${this.isBusy || this.isOpening}>${this.action}</button></p>
      <p role="status" data-testid="account-fault">${this.isOpening ? "Opening the file." : this.fault}</p>
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const entered = new FormData(form);
    const text = (field: string) => String(entered.get(field) ?? "");
    const file = entered.get("file");
    this.fault = "";
    const found =
      text("words").trim() === "" && file instanceof File && file.size > 0
        ? await this.open(file, text("passphrase"))
        : wordsIn(text("words"));
    if ("fault" in found) {
      this.fault = found.fault;
      return;
    }
    form.reset();
    this.dispatchEvent(new CustomEvent("idlewave-key", { detail: { seed: found.seed, name: text("name") } }));
  }

  private async open(file: File, passphrase: string): Promise<{ seed: Uint8Array } | { fault: string }> {
    this.isOpening = true;
    const opened = await unseal(await file.text(), passphrase).finally(() => {
      this.isOpening = false;
    });
    if ("seed" in opened) return opened;
    return { fault: opened.fault === "form" ? "This is no file of an account's key." : "The file does not open with this passphrase." };
  }
}

function wordsIn(text: string): { seed: Uint8Array } | { fault: string } {
  const read = seedOfWords(text);
  return "seed" in read ? read : { fault: faultWords(read) };
}

function faultWords(fault: WordsFault): string {
  switch (fault.fault) {
    case "count":
      return fault.got === 0 ? "Enter the words, or choose the file." : `There are ${fault.got} words, not ${WORDS}.`;
    case "word":
      return `Word ${fault.at}, “${fault.word}”, is none of the list.`;
    case "order":
      return "These words do not belong together: one of them is another, or they are in another order.";
    default:
      return fault satisfies never;
  }
}

customElements.define("idlewave-account-key", AccountKeyForm);
