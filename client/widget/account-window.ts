/**
 * The window of the coordinator's own in which a person joins this box to their account. Its storage is not this site's part, so
 * their own key is there. It asks for the box's word and nothing of it passes through the page that shows the box.
 */
import { KEEPER_PATH, type KeeperMessage } from "../../shared/widget.ts";
import type { Lending } from "./lending.ts";

const FEATURES = "popup,width=420,height=480";

export class AccountWindow {
  private opened: Window | null = null;
  private readonly site: string;
  private readonly lending: () => Lending | null;

  constructor(site: string, lending: () => Lending | null) {
    this.site = site;
    this.lending = lending;
  }

  open(): void {
    const url = new URL(KEEPER_PATH, location.origin);
    url.searchParams.set("site", this.site);
    this.opened = window.open(url, "_blank", FEATURES);
  }

  /** What that window asks; whatever another one says is not heard. */
  hear({ source, origin, data }: MessageEvent<unknown>): void {
    if (!this.opened || source !== this.opened || origin !== location.origin) return;
    const { idlewave, key } = (data ?? {}) as Partial<KeeperMessage>;
    if (idlewave === "keeper" && key instanceof Uint8Array && key.byteLength === 32) void this.answer(this.opened, key);
  }

  private async answer(to: Window, key: Uint8Array): Promise<void> {
    const word = await this.lending()?.vouchFor(key);
    to.postMessage({ idlewave: "box", word: word ?? null }, location.origin);
  }
}
