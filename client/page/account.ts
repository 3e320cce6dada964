/**
 * The page of an account on several devices. Its key is made here, or entered, and is in use only while it signs: neither the seed
 * nor its words are kept.
 *
 *   reading ─▶ alone ─(make one)─▶ made: 24 words, once ─(they are written down)─▶ joined: the devices
 *                └────────────────(words or file of one there is)────────────────▶ joined ─(take one off, with words or file)─▶ joined
 */
import { proxy } from "comlink";
import { html, nothing } from "lit";
import { certify, MAX_DEVICE_NAME, takeOff } from "../../shared/account/certificate.ts";
import { accountKey, newSeed } from "../../shared/account/key.ts";
import { wordsOf } from "../../shared/account/words.ts";
import { fromHex } from "../../shared/bytes.ts";
import type { DeviceInfo } from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Donation } from "../donation/donation.ts";
import { type DeviceWish, deviceName } from "./account-devices.ts";
import "./account-boxes.ts";
import "./account-key.ts";
import "./account-save.ts";
import { LightElement } from "./light.ts";

const INSECURE = "Browsers give what signs to pages under https:// and to localhost alone, and this is neither.";

/** Devices that are shown are looked at again after this. */
const LOOK_AGAIN_MS = 4_000;

type Step =
  | { kind: "reading" }
  | { kind: "unreachable" }
  | { kind: "alone" }
  | { kind: "made"; seed: Uint8Array; isSaved: boolean }
  /** `leaving`: the key of the device that is to be taken off. `isEnding`: all of it is to be forgotten. */
  | { kind: "joined"; devices: DeviceInfo[]; leaving: string; isEnding: boolean };

class Account extends LightElement {
  static override properties = { step: { state: true }, fault: { state: true }, isWorking: { state: true } };
  declare step: Step;
  declare fault: string;
  declare isWorking: boolean;
  private looking: ReturnType<typeof setTimeout> | undefined;
  /** A look that began before something was asked tells what is true no more. */
  private asked = 0;

  constructor() {
    super();
    this.step = { kind: "reading" };
    this.fault = "";
    this.isWorking = false;
    void this.read();
  }

  protected override render() {
    return html`${this.content()}<p role="status" data-testid="account-status">${this.isWorking ? "Asking the coordinator." : this.fault}</p>`;
  }

  private content() {
    const { step } = this;
    switch (step.kind) {
      case "reading":
        return html`<h1>Your account</h1>`;
      case "unreachable":
        return html`<h1>Your account</h1><p class="lead">Which devices it has cannot be said now.</p><p class="beside"><button class="plain" type="button" @click=${() => void this.read()}>Try again</button></p>`;
      case "alone":
        return this.alone();
      case "made":
        return this.made(step);
      case "joined":
        return this.joined(step);
      default:
        return step satisfies never;
    }
  }

  private alone() {
    return html`<h1>Keep your account.</h1>
      <p class="lead">Your credit belongs to a key that this browser alone has. An account's key joins several devices, and finds your credit again when this browser loses its own.</p>
      <p>You keep it yourself, as 24 words or as a file that a passphrase opens. It is not kept here and not on the coordinator: whoever has it has the account, and nobody can make it anew.</p>
      <p class="beside">
        <button class="lend" type="button" data-testid="account-make" @click=${() => this.make()}>Make an account</button>
      </p>
      <h2>You have one on another device</h2>
      <idlewave-account-key
        .action=${"Join this browser to it"} .isNamed=${true} .isBusy=${this.isWorking}
        @idlewave-key=${(event: CustomEvent<{ seed: Uint8Array; name: string }>) => void this.join(event.detail.seed, event.detail.name)}
      ></idlewave-account-key>`;
  }

  private made({ seed, isSaved }: Extract<Step, { kind: "made" }>) {
    return html`<h1>These 24 words are your account.</h1>
      <p class="lead">Write them down in this order, on paper. They are shown this once.</p>
      <ol class="words" data-testid="account-words">${wordsOf(seed).map((word) => html`<li>${word}</li>`)}</ol>
      <h2>Or keep a file</h2>
      <idlewave-account-save .seed=${seed}></idlewave-account-save>
      <form class="account" @submit=${(event: Event) => this.submitMade(event, seed)}>
        <label><span>Name of this device, for your other ones</span><input name="name" maxlength=${MAX_DEVICE_NAME} autocomplete="off" /></label>
        <label class="check">
          <input type="checkbox" data-testid="account-saved" .checked=${isSaved}
            @change=${(event: Event) => this.go({ kind: "made", seed, isSaved: (event.target as HTMLInputElement).checked })} />
          <span>I have the words on paper, or the file and its passphrase.</span>
        </label>
        <p class="beside">
          <button class="lend" data-testid="account-done" ?disabled=${!isSaved || this.isWorking}>Join this browser to it</button>
          <button class="plain" type="button" @click=${() => this.go({ kind: "alone" })}>Make none</button>
        </p>
      </form>`;
  }

  private joined({ devices, leaving, isEnding }: Extract<Step, { kind: "joined" }>) {
    const other = devices.find(({ device }) => device === leaving);
    return html`<h1>One account, ${devices.length === 1 ? "one device" : `${devices.length} devices`}.</h1>
      <p class="lead">What each of them computes counts for the account. To add another one, open this page there and enter the words or the file.</p>
      <idlewave-account-devices
        .devices=${devices} .isBusy=${this.isWorking}
        @idlewave-wish=${(event: CustomEvent<DeviceWish>) => void this.wish(event.detail)}
        @idlewave-leave=${(event: CustomEvent<DeviceInfo>) => this.leave(event.detail)}
      ></idlewave-account-devices>
      <p>What you choose here reaches a device in seconds, or when it connects again. It makes a device lend less than was chosen on it, never more, and starts none where nobody pressed Lend.</p>
      ${
        other
          ? html`<h2>Take ${deviceName(other)} off the account</h2>
              <p>It is refused from then on, for good. What it has earned stays the account's. Enter the account's key to do so.</p>
              <idlewave-account-key
                .action=${"Take it off"} .isNamed=${false} .isBusy=${this.isWorking}
                @idlewave-key=${(event: CustomEvent<{ seed: Uint8Array }>) => void this.takeOff(event.detail.seed, other)}
              ></idlewave-account-key>`
          : nothing
      }
      <h2>Forget the whole account</h2>
      ${
        isEnding
          ? html`<p>All its devices are forgotten, with all that they earned, for good. Each that lends on begins with an account of its own. To forget this browser alone, open <a href="/privacy#forget">What is kept</a>. Enter the account's key to go on.</p>
              <idlewave-account-key
                .action=${"Forget the whole account"} .isNamed=${false} .isBusy=${this.isWorking}
                @idlewave-key=${(event: CustomEvent<{ seed: Uint8Array }>) => void this.forget(event.detail.seed)}
              ></idlewave-account-key>`
          : html`<p class="beside"><button class="plain" type="button" data-testid="account-forget" @click=${() => this.endAccount()}>Forget the whole account</button></p>`
      }`;
  }

  private endAccount(): void {
    if (this.step.kind === "joined") this.go({ ...this.step, leaving: "", isEnding: true });
  }

  private async forget(seed: Uint8Array): Promise<void> {
    const { sign } = accountKey(seed);
    await this.ask((control) => control.forgetAccount(proxy((message: Uint8Array) => sign(message))));
    if (this.fault === "") this.fault = "The account is forgotten, with all its devices.";
  }

  private go(step: Step): void {
    this.step = step;
    this.fault = "";
  }

  private make(): void {
    if (isSecureContext) this.go({ kind: "made", seed: newSeed(), isSaved: false });
    else this.fault = INSECURE;
  }

  private leave({ device }: DeviceInfo): void {
    if (this.step.kind === "joined") this.go({ ...this.step, leaving: device, isEnding: false });
  }

  private submitMade(event: Event, seed: Uint8Array): void {
    event.preventDefault();
    const name = new FormData(event.target as HTMLFormElement).get("name");
    void this.join(seed, typeof name === "string" ? name : "");
  }

  private async join(seed: Uint8Array, name: string): Promise<void> {
    await this.ask(async (control) => {
      const device = await control.deviceKey();
      await control.linkDevice(location.origin, certify(accountKey(seed), device, name.trim(), Date.now()));
    });
  }

  private async takeOff(seed: Uint8Array, { device }: DeviceInfo): Promise<void> {
    await this.ask((control) => control.removeDevice(location.origin, takeOff(accountKey(seed), fromHex(device), Date.now())));
  }

  private async wish({ device, wish }: DeviceWish): Promise<void> {
    await this.ask((control) => control.wish(location.origin, fromHex(device.device), wish));
  }

  private async read(): Promise<void> {
    if (!isSecureContext) {
      this.go({ kind: "alone" });
      this.fault = INSECURE;
      return;
    }
    await this.ask(async () => undefined);
    if (this.step.kind === "reading") this.step = { kind: "unreachable" };
  }

  /** Does it, and shows which devices there are then. */
  private async ask(act: (control: Donation["control"]) => Promise<void>): Promise<void> {
    this.fault = "";
    this.isWorking = true;
    this.asked++;
    const { Donation } = await import("../donation/donation.ts");
    const donation = new Donation((message) => {
      this.fault = message;
      this.isWorking = false;
    });
    try {
      await act(donation.control);
      const devices = await donation.control.devices(location.origin);
      this.go(devices.length > 0 ? { kind: "joined", devices, leaving: "", isEnding: false } : { kind: "alone" });
    } catch (error) {
      this.fault = messageOf(error);
    } finally {
      this.isWorking = false;
      donation.end();
      this.lookAgain();
    }
  }

  /** What a device does follows what is wished of it a moment later, and another person's hand may be on it too. */
  private lookAgain(): void {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => void this.look(), LOOK_AGAIN_MS);
  }

  /** Says nothing where it fails: what is shown was true a moment ago, and the next look tells. */
  private async look(): Promise<void> {
    if (!document.hidden && !this.isWorking && this.step.kind === "joined") {
      const { asked } = this;
      const { Donation } = await import("../donation/donation.ts");
      const donation = new Donation(() => undefined);
      const devices = await donation.control.devices(location.origin).catch(() => []);
      donation.end();
      if (devices.length > 0 && asked === this.asked && this.step.kind === "joined") this.step = { ...this.step, devices };
    }
    if (this.isConnected) this.lookAgain();
  }
}

customElements.define("idlewave-account", Account);
