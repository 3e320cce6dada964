/**
 * The window in which a box on another site is joined to this browser's account. A box opens it; what is said between the two goes
 * to this coordinator's own pages alone, and the site that shows the box hears nothing of it.
 *
 *   asked ─(a click of the person's own)─▶ working ─▶ joined | failed;  opened by no box: alone
 */
import { html } from "lit";
import type { BoxWord } from "../../shared/account/box.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { BoxMessage, KeeperMessage } from "../../shared/widget.ts";
import { LightElement } from "./light.ts";

/** A click counts once the question was to be seen for so long, ms: the second half of a double click does not. */
const SEEN_MS = 800;
/** The box answers at once, or is gone. */
const ANSWER_MS = 10_000;

type Step = { kind: "asked" } | { kind: "alone" } | { kind: "working" } | { kind: "joined" } | { kind: "failed"; why: string };

class Box extends LightElement {
  static override properties = { step: { state: true } };
  declare step: Step;
  private readonly site = new URLSearchParams(location.search).get("site") ?? "";
  private readonly since = performance.now();

  constructor() {
    super();
    this.step = window.opener && this.site ? { kind: "asked" } : { kind: "alone" };
  }

  protected override render() {
    const { step, site } = this;
    switch (step.kind) {
      case "alone":
        return html`<h1>No box has opened this.</h1><p>A box on another site joins itself to your account from “Why is this here?”, while it lends. What is joined stands on the page <a href="/account">Your account</a>.</p>`;
      case "joined":
        return html`<h1>It is joined to your account.</h1>
          <p data-testid="box-joined">You can stop lending on all sites at once, on the page <a href="/account" target="_blank">Your account</a> of this network.</p>
          <p class="beside"><button class="plain" type="button" @click=${() => window.close()}>Close</button></p>`;
      default:
        return html`<h1>Join the box on ${site} to your account?</h1>
          <p class="lead">Then one click on the page Your account stops lending there, and on all other sites that you joined.</p>
          <p>The coordinator knows from then on that the box and this browser are the same person's. ${site} does not, and nobody else. Its credit stays its own.</p>
          <p class="beside">
            <button class="lend" type="button" data-testid="box-join" ?disabled=${step.kind === "working"} @click=${(event: Event) => void this.join(event)}>Join it</button>
            <button class="plain" type="button" @click=${() => window.close()}>No</button>
          </p>
          <p role="status">${step.kind === "failed" ? step.why : ""}</p>`;
    }
  }

  private async join(event: Event): Promise<void> {
    if (!event.isTrusted || performance.now() - this.since < SEEN_MS) return;
    this.step = { kind: "working" };
    const { Donation } = await import("../donation/donation.ts");
    const donation = new Donation((why) => {
      this.step = { kind: "failed", why };
    });
    try {
      const word = await askBox(await donation.control.deviceKey());
      if (word.site !== this.site) throw new Error("The box is on another site.");
      await donation.control.keepBox(location.origin, word);
      this.step = { kind: "joined" };
    } catch (error) {
      this.step = { kind: "failed", why: messageOf(error) };
    } finally {
      donation.end();
    }
  }
}

/** Of the box that opened this window, which is a page of this coordinator's: nobody else hears, or is heard. */
function askBox(key: Uint8Array): Promise<BoxWord> {
  const opener = window.opener as Window | null;
  return new Promise((resolve, reject) => {
    const gone = setTimeout(() => reject(new Error("The box does not answer. Open it again there.")), ANSWER_MS);
    addEventListener("message", ({ source, origin, data }: MessageEvent<unknown>) => {
      const { idlewave, word } = (data ?? {}) as Partial<BoxMessage>;
      if (source !== opener || origin !== location.origin || idlewave !== "box") return;
      clearTimeout(gone);
      if (word) resolve(word);
      else reject(new Error("The box has lent nothing yet: join it while it lends."));
    });
    opener?.postMessage({ idlewave: "keeper", key } satisfies KeeperMessage, location.origin);
  });
}

customElements.define("idlewave-box", Box);
