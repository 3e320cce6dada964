/** Who is in the pool that the page is for, as every member may see it; asked for while the page can be seen. */
import { html, nothing } from "lit";
import type { Member } from "../../shared/pool-api.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { asked } from "./asked.ts";
import { LightElement } from "./light.ts";
import { count } from "./numbers.ts";
import { servedPool } from "./pool.ts";

const ASK_EVERY_MS = 10_000;

export class Members extends LightElement {
  static override properties = { own: { attribute: false }, members: { state: true } };
  /** The key of this browser, "" before it is known. */
  declare own: string;
  declare members: Member[];
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.own = "";
    this.members = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => void this.ask(), ASK_EVERY_MS);
    void this.ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override render() {
    const members = this.members.filter(({ leftAt }) => leftAt === "");
    if (members.length === 0) return nothing;
    return html`<section class="below" aria-labelledby="members-title">
      <h2 id="members-title">Who is in this pool</h2>
      <table class="jobs">
        <thead><tr><th scope="col">Machine</th><th scope="col">Now</th><th scope="col" class="number">Units counted</th></tr></thead>
        <tbody>${members.map((member) => this.row(member))}</tbody>
      </table>
    </section>`;
  }

  private row({ id, name, connected, units }: Member) {
    const isOwn = id === volunteerIdOf(this.own);
    return html`<tr>
      <th scope="row">${name} <span>${id}</span>${isOwn ? html`<span>this browser</span>` : nothing}</th>
      <td>${connected ? "lends" : "away"}</td>
      <td class="number">${count(units.final)}</td>
    </tr>`;
  }

  private async ask(): Promise<void> {
    const pool = servedPool();
    if (!pool || document.hidden) return;
    // A missing answer is no news; the page says by itself when the coordinator is away.
    const answer = await asked<{ members: Member[] }>(`/api/pools/${pool.id}/members`).catch(() => null);
    if (answer) this.members = answer.members;
  }
}

customElements.define("idlewave-members", Members);
