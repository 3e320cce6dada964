/** The picture that a site may show of what its visitors gave: where it is, its size, and what a site pastes for it. */
import { escaped } from "./markup.ts";

/** CSS pixels. */
export const BADGE = { width: 240, height: 48 } as const;

/** A site's own page on its coordinator, and its picture. */
export const sitePath = (site: number) => `/site?site=${site}`;
export const badgePath = (site: number) => `/badge.svg?site=${site}`;

/** `coordinator`: its address, with or without a slash at the end; `network`: what it is called. */
export function badgeSnippet(coordinator: string, site: number, network: string): string {
  const base = coordinator.replace(/\/$/, "");
  const size = `width="${BADGE.width}" height="${BADGE.height}"`;
  const words = `What our visitors gave to ${escaped(network)}`;
  // Whoever looks at the site's pages is told to nobody but by the request itself.
  return `<a href="${base}${sitePath(site)}"><img src="${base}${badgePath(site)}" ${size} alt="${words}" loading="lazy" referrerpolicy="no-referrer"></a>`;
}
