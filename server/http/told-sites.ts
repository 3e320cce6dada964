/**
 * Sites as everybody may see them. Their figures are taken once an hour: whoever watches them and the list of volunteers is not
 * to see which key's units they grew by.
 */
import type { SiteId } from "../../shared/ids.ts";
import { siteOrigin } from "../../shared/site.ts";
import type { Supporter } from "../../shared/supporter.ts";
import type { SiteGiven, SiteRow } from "../core/site-store.ts";
import type { Store } from "../core/store.ts";

const TAKEN_EVERY_MS = 3_600_000;

interface Taken {
  /** ms. */
  at: number;
  given: ReadonlyMap<SiteId, SiteGiven>;
}

export class ToldSites {
  private readonly store: Pick<Store, "site" | "siteOf" | "sites">;
  private readonly clock: () => number;
  private taken: Taken | null = null;

  constructor(store: Pick<Store, "site" | "siteOf" | "sites">, clock: () => number) {
    this.store = store;
    this.clock = clock;
  }

  /** Those that are on, who gave most first. */
  async all(): Promise<{ asOf: string; sites: Supporter[] }> {
    const taken = await this.figures();
    const on = (await this.store.sites()).filter(({ offAt }) => offAt === null);
    const sites = on.map((row) => shown(row, taken)).sort((one, other) => other.credit - one.credit || one.id - other.id);
    return { asOf: isoOf(taken.at), sites };
  }

  /** `named`: its number, or its address as somebody types it. Undefined when no site of this name is on. */
  async one(named: string): Promise<{ asOf: string; site: Supporter } | undefined> {
    const row = await this.row(named);
    if (row?.offAt !== null) return undefined;
    const taken = await this.figures();
    return { asOf: isoOf(taken.at), site: shown(row, taken) };
  }

  private async row(named: string): Promise<SiteRow | undefined> {
    if (/^[1-9]\d{0,9}$/.test(named)) return await this.store.site(Number(named) as SiteId);
    const site = siteOrigin(named);
    return "why" in site ? undefined : await this.store.siteOf(site.origin);
  }

  private async figures(): Promise<Taken> {
    const now = this.clock();
    // A clock that was set back is no reason to tell old figures for long.
    if (this.taken && Math.abs(now - this.taken.at) < TAKEN_EVERY_MS) return this.taken;
    this.taken = { at: now, given: new Map((await this.store.sites()).map(({ id, given }) => [id, given])) };
    return this.taken;
  }
}

/** A site that was registered since has no figures yet. */
function shown({ id, name, origin, given }: SiteRow, taken: Taken): Supporter {
  const { units, credit } = taken.given.get(id) ?? { units: 0, credit: 0 };
  return { id, name, origin, since: isoOf(given.since), units, credit };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}
