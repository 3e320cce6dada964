/**
 * The devices of an account: what each does now, and what can be wished of it from here. `idlewave-wish` with the device and the
 * next wish of it, `idlewave-leave` with the device that is to be taken off.
 */
import { html, nothing } from "lit";
import { type RemoteWish, WISH_SHARES } from "../../shared/account/remote-wish.ts";
import type { DeviceInfo } from "../../shared/protocol.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { LightElement } from "./light.ts";

const SHARE_WORDS = { 10: "a tenth", 25: "a quarter", 50: "half", 90: "most" } as const;

export interface DeviceWish {
  device: DeviceInfo;
  wish: RemoteWish;
}

class AccountDevices extends LightElement {
  static override properties = { devices: { attribute: false }, isBusy: { attribute: false } };
  declare devices: DeviceInfo[];
  declare isBusy: boolean;

  constructor() {
    super();
    this.devices = [];
    this.isBusy = false;
  }

  protected override render() {
    return html`<table class="kept devices" data-testid="account-devices">
      <thead><tr><th scope="col">Device</th><th scope="col">Now</th><th scope="col">At most</th><th scope="col"><span class="unseen">What you can do</span></th></tr></thead>
      <tbody>${this.devices.map((device) => this.row(device))}</tbody>
    </table>`;
  }

  private row(device: DeviceInfo) {
    const name = deviceName(device);
    if (device.isRevoked) return html`<tr><th scope="row">${name}</th><td>${nowWords(device)}</td><td></td><td></td></tr>`;
    const { wish } = device;
    const shares = WISH_SHARES.map(
      (share) => html`<option value=${share} ?selected=${share === wish.share}>${SHARE_WORDS[share]}</option>`,
    );
    const leave = html`<button class="plain" type="button" ?disabled=${this.isBusy} @click=${() => this.tell("idlewave-leave", device)}>Take off</button>`;
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${nowWords(device)}</td>
      <td><select aria-label="At most on ${name}" ?disabled=${this.isBusy} @change=${(event: Event) => this.limit(device, event)}>${shares}</select></td>
      <td>
        <button class="plain" type="button" aria-label="${wish.paused ? "Resume" : "Pause"} ${name}" ?disabled=${this.isBusy}
          @click=${() => this.wish(device, { paused: !wish.paused })}>${wish.paused ? "Resume" : "Pause"}</button>
        ${device.isThis ? nothing : leave}
      </td>
    </tr>`;
  }

  private limit(device: DeviceInfo, event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    const share = WISH_SHARES.find((each) => String(each) === value);
    if (share) this.wish(device, { share });
  }

  private wish(device: DeviceInfo, change: Partial<RemoteWish>): void {
    const wish = { ...device.wish, ...change, turn: device.wish.turn + 1 };
    this.tell("idlewave-wish", { device, wish } satisfies DeviceWish);
  }

  private tell(event: string, detail: DeviceInfo | DeviceWish): void {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

export function deviceName({ name, device }: DeviceInfo): string {
  return name || volunteerIdOf(device);
}

function nowWords({ isRevoked, isThis, isConnected, lends, wish }: DeviceInfo): string {
  if (isRevoked) return "taken off";
  const doing = doingWords(lends, wish);
  // This page is itself a connection of this browser's.
  if (isThis) return `this browser, ${doing}`;
  if (isConnected) return doing;
  return wish.paused ? "away, paused when it is back" : "away";
}

function doingWords(lends: number | null, { paused }: RemoteWish): string {
  if (lends) return `lending ${SHARE_WORDS[WISH_SHARES.find((share) => share >= lends) ?? 90]}`;
  return paused ? "paused" : "lending nothing";
}

customElements.define("idlewave-account-devices", AccountDevices);
