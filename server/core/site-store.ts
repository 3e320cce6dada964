/** Sites as the store has them: a part of its interface (store.ts). */
import type { SiteId } from "../../shared/ids.ts";

/** A site that may show the widget. */
export interface SiteRow {
  id: SiteId;
  /** Scheme, host and port, as a browser writes it. */
  origin: string;
  name: string;
  createdAt: number;
  /** null while its visitors may be asked. */
  offAt: number | null;
  given: SiteGiven;
}

/** What those gave who said they were a site's visitors, while it was on: units of public jobs that became final and earned credit. */
export interface SiteGiven {
  units: number;
  /** Whether its volunteers' keys have signed for it or not. */
  credit: number;
  /** Since when they are counted, ms. */
  since: number;
}

export interface SiteStore {
  /** Registers a site, or names it anew and switches it on again. */
  putSite(origin: string, name: string, now: number): Promise<SiteRow>;
  siteOf(origin: string): Promise<SiteRow | undefined>;
  site(id: SiteId): Promise<SiteRow | undefined>;
  sites(): Promise<SiteRow[]>;
  /** False when there is no such site, or it is off already. */
  switchSiteOff(id: SiteId, now: number): Promise<boolean>;
}
