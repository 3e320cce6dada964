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
  /** As the hour began in which they last gave. */
  before: GivenBefore;
}

/** What those gave who said they were a site's visitors, while it was on: units of public jobs that became final and earned credit. */
export interface SiteGiven {
  units: number;
  /** Whether its volunteers' keys have signed for it or not. */
  credit: number;
  /** Since when they are counted, ms. */
  since: number;
}

export interface GivenBefore extends Pick<SiteGiven, "units" | "credit"> {
  /** Its number since 1970; 0: they have given nothing since hours are told apart. */
  hour: number;
}

export const HOUR_MS = 3_600_000;

/** Number of the hour since 1970 that holds `at`, ms. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** What a site had when this hour began, which is the present one. */
export function givenUntil({ given, before }: SiteRow, hour: number): Pick<SiteGiven, "units" | "credit"> {
  return before.hour < hour ? given : before;
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
