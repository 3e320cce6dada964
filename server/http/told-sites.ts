/**
 * Sites as everybody may see them. Whoever watches them beside the list of volunteers and the pages of units is not to see which
 * key's units they grew by: figures are those of the turn of the hour by the clock, which no asker chooses, and coarse.
 */
import type { SiteId } from "../../shared/ids.ts";
import { siteOrigin } from "../../shared/site.ts";
import type { Supporter } from "../../shared/supporter.ts";
import { givenUntil, HOUR_MS, hourOf, type SiteRow } from "../core/site-store.ts";
import type { Store } from "../core/store.ts";
import { coarse } from "./coarse.ts";

export class ToldSites {
  private readonly store: Pick<Store, "site" | "siteOf" | "sites">;
  private readonly clock: () => number;

  constructor(store: Pick<Store, "site" | "siteOf" | "sites">, clock: () => number) {
    this.store = store;
    this.clock = clock;
  }

  /** Those that are on, who gave most first; what is not told is not told by their order either. */
  async all(): Promise<{ asOf: string; sites: Supporter[] }> {
    const hour = hourOf(this.clock());
    const on = (await this.store.sites()).filter(({ offAt }) => offAt === null);
    const sites = on
      .map((row) => shown(row, hour))
      .sort((one, other) => (other.credit ?? 0) - (one.credit ?? 0) || other.units - one.units || one.id - other.id);
    return { asOf: beginOf(hour), sites };
  }

  /** `named`: its number, or its address as somebody types it. Undefined when no site of this name is on. */
  async one(named: string): Promise<{ asOf: string; site: Supporter } | undefined> {
    const hour = hourOf(this.clock());
    const row = await this.row(named);
    if (row?.offAt !== null) return undefined;
    return { asOf: beginOf(hour), site: shown(row, hour) };
  }

  private async row(named: string): Promise<SiteRow | undefined> {
    if (/^[1-9]\d{0,9}$/.test(named)) return await this.store.site(Number(named) as SiteId);
    const site = siteOrigin(named);
    return "why" in site ? undefined : await this.store.siteOf(site.origin);
  }
}

function shown(row: SiteRow, hour: number): Supporter {
  const { id, name, origin, given } = row;
  return { id, name, origin, since: new Date(given.since).toISOString(), ...coarse(givenUntil(row, hour)) };
}

function beginOf(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}
