/** Rows that belong to the pages of a job, handed out page by page in ascending order: memory holds those of one page. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";

export class PageRows<Row> {
  private readonly rows: Iterator<unknown>;
  private readonly pageOf: (row: Row) => number;
  private ahead: Row | undefined;

  /** `sql` takes the job's id and gives its rows by ascending page. */
  constructor(database: DatabaseSyncInstance, sql: string, job: number, pageOf: (row: Row) => number) {
    this.rows = database.prepare(sql).iterate(job);
    this.pageOf = pageOf;
    this.step();
  }

  /** Rows up to `page`; also those of pages before it that were not asked for. */
  upTo(page: number): Row[] {
    const found: Row[] = [];
    for (; this.ahead !== undefined && this.pageOf(this.ahead) <= page; this.step()) found.push(this.ahead);
    return found;
  }

  private step(): void {
    const next = this.rows.next();
    this.ahead = next.done ? undefined : (next.value as Row);
  }
}
