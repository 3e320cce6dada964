/** What the pages beside the visitor's have in common: the mark, this coordinator's own address, and who runs it. */
import { html, nothing, render } from "lit";
import type { NetworkInfo } from "../../shared/api.ts";
import { widgetSnippet } from "../../shared/widget.ts";
import { asked } from "./asked.ts";
import { mark } from "./logo.ts";
import { whoRuns } from "./sections.ts";

/** What a page of this kind may leave open, by the name in `data-fill`. */
const FILLS: Record<string, string> = {
  origin: location.origin,
  snippet: widgetSnippet(location.origin, "https://YOUR-SITE"),
};

for (const place of document.querySelectorAll<HTMLElement>("[data-fill]")) place.textContent = FILLS[place.dataset.fill ?? ""] ?? "";
const logo = document.querySelector<HTMLElement>("idlewave-mark");
if (logo) render(mark, logo);
const who = document.querySelector<HTMLElement>("#who");
if (who) void tellWho(who);

async function tellWho(place: HTMLElement): Promise<void> {
  const network = await asked<NetworkInfo>("/api/network").catch(() => null);
  if (!network) return;
  const source = network.source.startsWith("https://") ? html` <a href=${network.source}>Source</a>` : nothing;
  render(html`${whoRuns(network)}${source}`, place);
}
