/**
 * The page on which an administrator registers sites and switches them off, each by one click. The token is typed, kept by this
 * element alone, and gone with the page.
 *
 *   locked ─(token)─▶ open, with the sites ─(a click, or an address)─▶ open, with the sites as they are then
 */
import { html, nothing } from "lit";
import { MAX_SITE_NAME } from "../../shared/site.ts";
import { messageOf } from "../../shared/thrown.ts";
import { widgetSnippet } from "../../shared/widget.ts";
import { askedAs } from "./asked.ts";
import { LightElement } from "./light.ts";
import { count } from "./numbers.ts";

const PATH = "/api/sites";

interface Registered {
  id: number;
  origin: string;
  name: string;
  /** "" while its visitors may be asked. */
  offAt: string;
  units: number;
}

class Sites extends LightElement {
  static override properties = { sites: { state: true }, working: { state: true }, told: { state: true }, added: { state: true } };
  /** Null: the token is not known yet. */
  declare sites: Registered[] | null;
  declare working: boolean;
  /** What was done, or why it was not. */
  declare told: string;
  /** Whose lines to paste are shown. */
  declare added: string;
  private token = "";

  constructor() {
    super();
    Object.assign(this, { sites: null, working: false, told: "", added: "" });
  }

  protected override render() {
    const { sites } = this;
    return html`<h1>Sites that may show the box</h1>
      ${sites ? this.list(sites) : this.lock()}
      <p role="status">${this.told}</p>`;
  }

  private lock() {
    return html`<p class="lead">The administrator's token opens this page. It stays here until you leave the page, and is sent to this coordinator alone.</p>
      <form class="ask" @submit=${(event: SubmitEvent) => this.open(fieldsOf(event))}>
        <label>Token<input name="token" type="password" autocomplete="off" required data-testid="token" /></label>
        <button class="plain" type="submit" ?disabled=${this.working}>Open</button>
      </form>`;
  }

  private list(sites: Registered[]) {
    return html`<p class="lead">Switching one off ends what its visitors lend within ten seconds, and nobody is asked there any more.</p>
      ${
        sites.length === 0
          ? html`<p>There is none yet.</p>`
          : html`<table class="kept">
        <thead><tr><th scope="col">Site</th><th scope="col">Units verified</th><th scope="col">Visitors</th></tr></thead>
        <tbody>${sites.map((site) => this.row(site))}</tbody>
      </table>`
      }
      <form class="ask" @submit=${(event: SubmitEvent) => this.add(fieldsOf(event))}>
        <label>Address<input name="origin" required placeholder="https://blog.example" data-testid="origin" /></label>
        <label>Name<input name="name" maxlength=${MAX_SITE_NAME} data-testid="name" /></label>
        <button class="plain" type="submit" ?disabled=${this.working}>Register</button>
      </form>
      ${this.added === "" ? nothing : html`<p>Put this into its pages:</p><pre class="commands" tabindex="0" aria-label="What to paste"><code>${widgetSnippet(location.origin, this.added)}</code></pre>`}`;
  }

  private row({ id, origin, name, offAt, units }: Registered) {
    const button = offAt
      ? html`<button class="plain" type="button" ?disabled=${this.working} @click=${() => this.add({ origin, name })}>Switch on</button>`
      : html`<button class="plain" type="button" ?disabled=${this.working} data-testid=${`off-${id}`} @click=${() => this.switchOff(id, name)}>Switch off</button>`;
    return html`<tr>
      <th class="name" scope="row">${name}<span>${origin}</span></th>
      <td class="number">${count(units)} <span class="column">units verified</span></td>
      <td>${offAt ? "are not asked" : "are asked"} ${button}</td>
    </tr>`;
  }

  private open({ token = "" }: Record<string, string>): void {
    this.token = token.trim();
    void this.act(async () => "");
  }

  private switchOff(id: number, name: string): void {
    void this.act(async () => {
      await askedAs(this.token, `${PATH}/${id}`, { remove: true });
      return `${name} is off.`;
    });
  }

  private add({ origin = "", name = "" }: Record<string, string>): void {
    void this.act(async () => {
      const sent = { origin, ...(name === "" ? {} : { name }) };
      const made = await askedAs<Registered>(this.token, PATH, { sent });
      this.added = made.origin;
      return `${made.name} is registered.`;
    });
  }

  /** Does it, and reads the sites anew. */
  private async act(what: () => Promise<string>): Promise<void> {
    if (this.working) return;
    Object.assign(this, { working: true, told: "" });
    try {
      this.told = await what();
      this.sites = (await askedAs<{ sites: Registered[] }>(this.token, PATH)).sites;
    } catch (error) {
      this.told = messageOf(error);
    } finally {
      this.working = false;
    }
  }
}

/** What was typed, by the fields' names. */
function fieldsOf(event: SubmitEvent): Record<string, string> {
  event.preventDefault();
  const typed = new FormData(event.target as HTMLFormElement);
  return Object.fromEntries([...typed].map(([name, value]) => [name, String(value)]));
}

customElements.define("idlewave-sites", Sites);
