/**
 * Who is in the pool that the page is for, as every member may see it; asked for while the page can be seen. Who made the pool
 * may remove a machine: nothing on a member's page tells that it is them, so the token is typed, kept by this element alone, and
 * gone with the page.
 *
 *   locked ─(token)─▶ open ─Remove─▶ one chosen ─sure─▶ open, without it
 */
import { html, nothing } from "lit";
import type { Member } from "../../shared/pool-api.ts";
import { messageOf } from "../../shared/thrown.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import { asked, askedAs } from "./asked.ts";
import { LightElement } from "./light.ts";
import { count } from "./numbers.ts";
import { servedPool } from "./pool.ts";

const ASK_EVERY_MS = 10_000;

export class Members extends LightElement {
  static override properties = {
    ...{ own: { attribute: false }, members: { state: true } },
    ...{ token: { state: true }, chosen: { state: true }, told: { state: true } },
  };
  /** The key of this browser, "" before it is known. */
  declare own: string;
  declare members: Member[];
  /** "" while nobody may remove. */
  declare token: string;
  /** The member whose removal is asked about once more. */
  declare chosen: string;
  /** What was done, or why it was not. */
  declare told: string;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.own = "";
    this.members = [];
    Object.assign(this, { token: "", chosen: "", told: "" });
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
      ${this.token === "" ? this.lock() : nothing}
      <p class="measure" role="status">${this.told}</p>
    </section>`;
  }

  private lock() {
    return html`<details>
      <summary><span>Remove a machine</span></summary>
      <p class="measure">The token that made this pool, or an administrator's, does it. It stays here until you leave the page, and is sent to this coordinator alone.</p>
      <form class="remover" @submit=${(event: SubmitEvent) => this.open(event)}>
        <label>Token<input name="token" type="password" autocomplete="off" required data-testid="owner-token" /></label>
        <button class="plain" type="submit">Show the buttons</button>
      </form>
    </details>`;
  }

  private open(event: SubmitEvent): void {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    if (typeof token === "string") this.token = token.trim();
    this.told = "Each machine has its button now.";
  }

  /** Once more before it is done: there is no way back but another link. */
  private remover({ id, name }: Member) {
    if (this.token === "") return nothing;
    return this.chosen === id
      ? html`<button class="plain" type="button" data-testid="remove-sure" @click=${() => void this.removeMember(id, name)}>Yes, remove it</button>`
      : html`<button class="plain" type="button" data-testid="remove" aria-label=${`Remove ${name}`} @click=${() => {
          this.chosen = id;
        }}>Remove</button>`;
  }

  private async removeMember(id: string, name: string): Promise<void> {
    const pool = servedPool();
    if (!pool) return;
    this.chosen = "";
    try {
      await askedAs(this.token, `/api/pools/${pool.id}/members/${id}`, { remove: true });
      this.told = `${name} is removed: what it held goes to others.`;
      this.members = this.members.filter((member) => member.id !== id);
    } catch (error) {
      // A token that may not do it is asked for again.
      this.token = "";
      this.told = messageOf(error);
    }
  }

  private row(member: Member) {
    const { id, name, connected, units } = member;
    const isOwn = id === volunteerIdOf(this.own);
    return html`<tr>
      <th scope="row">${name} <span>${id}</span>${isOwn ? html`<span>this browser</span>` : nothing}${this.remover(member)}</th>
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
