/**
 * The page that a link to join leads to: who asks, what it means, and one button. Nothing runs and no key is made before it is
 * pressed.
 *
 *   reading ─▶ asked ─(click)─▶ working ─▶ the pool's page, which lends
 *      │ ▲                        └─────▶ failed ─(click)─▶ working
 *      └─┴─▶ none: the link is no good, or there is none
 */
import { html, nothing } from "lit";
import type { NetworkInfo } from "../../shared/api.ts";
import { MAX_MACHINE_NAME, readJoinLink } from "../../shared/pool.ts";
import type { InvitedPool } from "../../shared/pool-api.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Donation } from "../donation/donation.ts";
import type { KeptPool } from "../donor/pools/kept-pools.ts";
import { machineName } from "../donor/pools/machine-name.ts";
import type { Dose } from "../donor/state.ts";
import { asked } from "./asked.ts";
import { LightElement } from "./light.ts";
import { capitalised, doseOfMine } from "./numbers.ts";
import { resumeWith } from "./resume.ts";
import { whoOwns } from "./sections.ts";

/** What is lent at first: Less and More are beside it from then on. */
const FIRST_DOSE: Dose = 0.25;
const INSECURE =
  "Browsers give WebGPU to pages under https:// and to localhost alone, and this is neither: ask whoever gave you the link for one under https://.";
const NO_LINK = "Open the whole link that you were given, with what stands behind its #.";

type Step = { kind: "reading" } | { kind: "none"; why: string } | Question;

interface Question {
  kind: "asked" | "working" | "failed";
  /** Of the link; null: this browser has joined before. */
  secret: string | null;
  pool: InvitedPool | KeptPool;
  /** The coordinator takes results of processors too. */
  allowSoftware: boolean;
  fault: string;
}

class Join extends LightElement {
  static override properties = { step: { state: true } };
  declare step: Step;

  /** What the others call it. */
  private machine = machineName();

  constructor() {
    super();
    this.step = { kind: "reading" };
    addEventListener("hashchange", () => void this.read());
    void this.read();
  }

  protected override render() {
    const { step } = this;
    switch (step.kind) {
      case "reading":
        return html`<h1>Reading the link.</h1>`;
      case "none":
        return html`<h1>This link joins no pool.</h1><p class="lead" role="alert">${step.why}</p><p><a href="/">See what volunteers compute here for everybody</a></p>`;
      case "asked":
      case "working":
      case "failed":
        return this.question(step);
      default:
        return step satisfies never;
    }
  }

  private question({ kind, secret, pool, allowSoftware, fault }: Question) {
    const who =
      "owner" in pool
        ? `${capitalised(whoOwns(pool.owner, null))} invites this browser to a pool of machines.`
        : "This browser has joined this pool.";
    const words = `${secret === null ? "Lend" : "Join and lend"} ${doseOfMine(FIRST_DOSE, allowSoftware ? "GPU or CPU" : "GPU")}`;
    return html`<h1>${pool.name} asks for your ${allowSoftware ? "GPU or CPU" : "graphics card"}.</h1>
      <p class="lead">${who} Nothing has run yet, and nothing runs before you press the button.</p>
      <ul class="terms">
        <li>It computes the pool's jobs and no others. Its owner chooses them, and only members and the owner see them; you can read every kernel.</li>
        <li>The owner and the members see that you are one of them: the name below, the first digits of your key, when you are connected, and how many units you computed.</li>
        <li>It runs only in the tab that opens now. Stop, Less and More are always in sight.</li>
        <li>It earns no credit. You can leave with one click, and the owner can remove you.</li>
      </ul>
      ${secret === null ? nothing : html`<label class="machine">Name of this machine<input type="text" name="machine" maxlength=${MAX_MACHINE_NAME} autocomplete="off" .value=${this.machine} @input=${(event: InputEvent) => this.takeName(event)} /></label>`}
      <p class="beside">
        <button class="lend" type="button" data-testid="join" ?disabled=${kind === "working"} @click=${() => void this.join()}>${words}</button>
        <button class="plain" type="button" @click=${() => location.assign("/")}>Not now</button>
        ${secret === null ? html`<button class="plain" type="button" data-testid="leave" ?disabled=${kind === "working"} @click=${() => void this.leave()}>Leave the pool</button>` : nothing}
      </p>
      <p role="status">${kind === "working" ? "Asking the coordinator." : fault}</p>`;
  }

  private takeName({ target }: InputEvent): void {
    if (target instanceof HTMLInputElement) this.machine = target.value;
  }

  private async read(): Promise<void> {
    this.step = await found().catch((error: unknown): Step => ({ kind: "none", why: messageOf(error) }));
  }

  private async join(): Promise<void> {
    await this.act(async (control, { secret, pool }) => {
      const { id } = secret === null ? pool : await control.joinPool(location.origin, secret, this.machine.trim());
      const address = `/?pool=${id}`;
      resumeWith(FIRST_DOSE, address);
      location.assign(address);
    });
  }

  private async leave(): Promise<void> {
    await this.act(async (control, { pool }) => {
      await control.leavePool(location.origin, pool.id);
      location.assign("/");
    });
  }

  private async act(what: (control: Donation["control"], step: Question) => Promise<void>): Promise<void> {
    const { step } = this;
    if (step.kind !== "asked" && step.kind !== "failed") return;
    this.step = { ...step, kind: "working", fault: "" };
    const { Donation } = await import("../donation/donation.ts");
    const donation = new Donation((message) => this.fail(message));
    try {
      await what(donation.control, step);
    } catch (error) {
      this.fail(messageOf(error));
    } finally {
      donation.end();
    }
  }

  private fail(fault: string): void {
    if (this.step.kind === "working") this.step = { ...this.step, kind: "failed", fault };
  }
}

/** Who asks, by the link or by what is kept. Rejects with why nobody does. */
async function found(): Promise<Step> {
  if (!isSecureContext) throw new Error(INSECURE);
  const id = Number(new URLSearchParams(location.search).get("pool"));
  if (id > 0) {
    const { keptPool } = await import("../donor/pools/kept-pools.ts");
    const pool = await keptPool(id);
    if (pool) return { kind: "asked", secret: null, pool, allowSoftware: await takesProcessors(), fault: "" };
  }
  const link = readJoinLink(location.href);
  if ("why" in link) throw new Error(NO_LINK);
  const [pool, allowSoftware] = await Promise.all([asked<InvitedPool>("/api/pools/invited", { secret: link.secret }), takesProcessors()]);
  return { kind: "asked", secret: link.secret, pool, allowSoftware, fault: "" };
}

async function takesProcessors(): Promise<boolean> {
  return (await asked<NetworkInfo>("/api/network")).allowSoftware;
}

customElements.define("idlewave-join", Join);
