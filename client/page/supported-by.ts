/** The list of `/supported-by`: sites whose visitors lend here. */
import { html } from "lit";
import { sitePath } from "../../shared/badge.ts";
import { type Supporter, type SupporterList, unitsTold } from "../../shared/supporter.ts";
import { messageOf } from "../../shared/thrown.ts";
import { asked } from "./asked.ts";
import { LightElement } from "./light.ts";
import { count, credit, dateOf, timeOf } from "./numbers.ts";

class Supporters extends LightElement {
  static override properties = { list: { state: true }, fault: { state: true } };
  declare list: SupporterList | null;
  declare fault: string;

  constructor() {
    super();
    this.list = null;
    this.fault = "";
    void asked<SupporterList>("/api/supporters").then(
      (list) => {
        this.list = list;
      },
      (error: unknown) => {
        this.fault = messageOf(error);
      },
    );
  }

  protected override render() {
    const { list, fault } = this;
    if (fault) return html`<p role="alert">The sites could not be read. ${fault}</p>`;
    if (!list) return html`<p role="status">Reading the sites.</p>`;
    if (list.sites.length === 0) return html`<p>No site is registered here yet.</p>`;
    return html`<table class="kept">
        <thead><tr><th scope="col">Site</th><th scope="col" class="number">Units verified</th><th scope="col" class="number">Credit</th><th scope="col">Counted since</th></tr></thead>
        <tbody>${list.sites.map(row)}</tbody>
      </table>
      <p>As of ${timeOf(list.asOf)}.</p>`;
  }
}

function row(site: Supporter) {
  const { id, name, origin, credit: given, since } = site;
  return html`<tr>
    <th scope="row" class="name"><a href=${sitePath(id)}>${name}</a><span>${new URL(origin).host}</span></th>
    <td class="number"><span class="column">Units verified: </span>${unitsTold(site, count)}</td>
    <td class="number"><span class="column">Credit: </span>${given === null ? "not told yet" : credit(given)}</td>
    <td><span class="column">Counted since </span>${dateOf(since)}</td>
  </tr>`;
}

customElements.define("idlewave-supporters", Supporters);
