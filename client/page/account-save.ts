/** An account's key as a file, sealed here with a passphrase that is typed twice. */
import { html } from "lit";
import { MIN_PASSPHRASE, seal } from "../../shared/account/sealed.ts";
import { LightElement } from "./light.ts";

const FILE_NAME = "idlewave-account.jwe";

class AccountSave extends LightElement {
  static override properties = { seed: { attribute: false }, words: { state: true }, isSealing: { state: true } };
  declare seed: Uint8Array;
  declare words: string;
  declare isSealing: boolean;

  constructor() {
    super();
    this.seed = new Uint8Array(0);
    this.words = "";
    this.isSealing = false;
  }

  protected override render() {
    return html`<form class="account" @submit=${(event: Event) => void this.submit(event)}>
      <label><span>A passphrase of at least ${MIN_PASSPHRASE} characters</span><input name="one" type="password" autocomplete="new-password" /></label>
      <label><span>The same again</span><input name="again" type="password" autocomplete="new-password" /></label>
      <p class="beside"><button class="plain" data-testid="account-file" ?disabled=${this.isSealing}>Save the file</button></p>
      <p role="status">${this.isSealing ? "Sealing the file." : this.words}</p>
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const entered = new FormData(form);
    const [one, again] = [String(entered.get("one") ?? ""), String(entered.get("again") ?? "")];
    if ([...one].length < MIN_PASSPHRASE)
      this.words = `The passphrase is shorter than ${MIN_PASSPHRASE} characters. Take five or six random words.`;
    else if (one !== again) this.words = "The two passphrases are not the same.";
    else {
      this.isSealing = true;
      const file = await seal(this.seed, one).finally(() => {
        this.isSealing = false;
      });
      form.reset();
      download(file);
      this.words = `${FILE_NAME} is among your downloads. Its passphrase is nowhere but with you.`;
    }
  }
}

function download(file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${file}\n`], { type: "application/jose" }));
  link.download = FILE_NAME;
  link.click();
  URL.revokeObjectURL(link.href);
}

customElements.define("idlewave-account-save", AccountSave);
