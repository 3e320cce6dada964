/**
 * In which site's name a connection lends. A site that is switched off takes its name from all of them, for as long as they last:
 * what they submit then is nobody's, also when the site is on again before it is final.
 */
import type { SiteId } from "../../shared/ids.ts";

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

  /** Before the site is looked up: whichever comes first, its end finds this visit. */
  begin(origin: string): Visit {
    const visit = new Visit(origin);
    this.open.add(visit);
    return visit;
  }

  end(visit: Visit): void {
    this.open.delete(visit);
  }

  switchOff(origin: string): void {
    for (const visit of this.open) if (visit.origin === origin) visit.loseName();
  }
}
