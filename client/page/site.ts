/** The page of one site, `/site?site=<number or address>`: what its visitors gave, and the picture that it may show. */
import { html, nothing } from "lit";
import type { NetworkInfo } from "../../shared/api.ts";
import { BADGE, badgePath, badgeSnippet } from "../../shared/badge.ts";
import { type SupporterFacts, unitsTold, verifiedTold } from "../../shared/supporter.ts";
import { messageOf } from "../../shared/thrown.ts";
import { asked } from "./asked.ts";
import { LightElement } from "./light.ts";
import { count, credit, dateOf, timeOf } from "./numbers.ts";

type Step = { kind: "reading" } | { kind: "none"; why: string } | ({ kind: "shown"; network: string } & SupporterFacts);

class Site extends LightElement {
  static override properties = { step: { state: true } };
  declare step: Step;

  constructor() {
    super();
    this.step = { kind: "reading" };
    void this.read();
  }

  protected override render() {
    const { step } = this;
    switch (step.kind) {
      case "reading":
        return html`<h1>Reading the figures.</h1>`;
      case "none":
        return html`<h1>No site here.</h1><p class="lead" role="alert">${step.why}</p>`;
      case "shown":
        return shown(step);
      default:
        return step satisfies never;
    }
  }

  private async read(): Promise<void> {
    try {
      const named = new URLSearchParams(location.search).get("site") ?? "";
      if (named === "") throw new Error("Its address says which site by its number or address, like /site?site=https://blog.example.");
      const [facts, network] = await Promise.all([
        asked<SupporterFacts>(`/api/supporter?site=${encodeURIComponent(named)}`),
        asked<NetworkInfo>("/api/network"),
      ]);
      document.title = `${facts.site.name} · Idlewave`;
      this.step = { kind: "shown", network: network.name, ...facts };
    } catch (error) {
      this.step = { kind: "none", why: messageOf(error) };
    }
  }
}

function shown({ site, asOf, network }: Extract<Step, { kind: "shown" }>) {
  const { id, name, origin, credit: given, since } = site;
  const words = `${verifiedTold(site, count)}, given to ${network}`;
  return html`<h1>${name}</h1>
    <p class="lead">What visitors of <a href=${origin} rel="nofollow noopener">${new URL(origin).host}</a> gave to ${network}, since ${dateOf(since)}.</p>
    <dl class="figures given">
      <div><dt>units verified</dt><dd>${unitsTold(site, count)}</dd></div>
      ${given === null ? nothing : html`<div><dt>credit</dt><dd>${credit(given)}</dd></div>`}
    </dl>
    <p>${since > asOf ? html`It was registered after the figures of ${timeOf(asOf)} were taken: its first ones are those of the next full hour.` : html`As of ${timeOf(asOf)}.`} Figures are taken every full hour and rounded down, to two digits that count, below a hundred to tens; credit is that of so many units, told from ten on. A unit is counted when it is verified and earns credit. Whose visitor computed it is what the visitor's browser says, and nothing proves it: <a href="/supported-by">what these figures mean</a>.</p>
    <h2>Show it on the site</h2>
    <p><img src=${badgePath(id)} width=${BADGE.width} height=${BADGE.height} alt=${words} /></p>
    <p>A picture without a script. Paste this where it is to be:</p>
    <pre class="commands" tabindex="0" aria-label="What to paste"><code>${badgeSnippet(location.origin, id, network)}</code></pre>`;
}

customElements.define("idlewave-site", Site);
