/**
 * In which site's name a connection lends. A site that is switched off takes its name from all of them, for as long as they last:
 * what they submit then is nobody's, also when the site is on again before it is final.
 */
import { IdlewaveError } from "../../shared/errors.ts";
import type { SiteId } from "../../shared/ids.ts";

/** When who found no room may come again. */
const RETRY_S = 60;

export class Visit {
  /** As the visitor's browser tells it. */
  readonly origin: string;
  private number: SiteId | undefined;
  private isOver = false;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** The site was found to be on. */
  is(site: SiteId): void {
    this.number = site;
  }

  /** Undefined before it was found, and once it was switched off. */
  get site(): SiteId | undefined {
    return this.isOver ? undefined : this.number;
  }

  loseName(): void {
    this.isOver = true;
  }
}

export class Visits {
  private readonly open = new Set<Visit>();
  /** How many of them there are of a site, by its origin. */
  private readonly counts = new Map<string, number>();
  private readonly most: number;

  /** `most`: of one site at a time. */
  constructor(most: number) {
    this.most = most;
  }

  /** Before the site is looked up: whichever comes first, its end finds this visit. Throws `too-fast` when the site has as many as it may have. */
  begin(origin: string): Visit {
    const count = this.counts.get(origin) ?? 0;
    if (count >= this.most) throw new IdlewaveError("too-fast", { limit: "visitors of this site at a time", retrySeconds: RETRY_S });
    this.counts.set(origin, count + 1);
    const visit = new Visit(origin);
    this.open.add(visit);
    return visit;
  }

  end(visit: Visit): void {
    if (!this.open.delete(visit)) return;
    const left = (this.counts.get(visit.origin) ?? 1) - 1;
    if (left > 0) this.counts.set(visit.origin, left);
    else this.counts.delete(visit.origin);
  }

  switchOff(origin: string): void {
    for (const visit of this.open) if (visit.origin === origin) visit.loseName();
  }
}
