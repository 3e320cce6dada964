/**
 * What a connection has submitted and what of it is signed (shared/statement.ts).
 *
 *   nothing ──submit──▶ open: a statement with a number ──its signature comes──▶ nothing: the next submit begins another
 *
 * A statement whose signature turns out bad, or whose connection has ended, stays unsigned: a good one may come later.
 */
import { hash } from "node:crypto";
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId, StatementId } from "../../shared/ids.ts";
import { linkBytes, MAX_UNSIGNED_RESULTS } from "../../shared/statement.ts";
import type { ReplicaResult } from "../../shared/wire.ts";
import type { StatementMark } from "../core/events.ts";

/** Numbers of statements. One that is open belongs to its connection alone. */
export class OpenStatements {
  private last: number;
  private readonly open = new Set<StatementId>();

  /** `last`: the highest number that was ever given. */
  constructor(last: number) {
    this.last = last;
  }

  begin(): StatementId {
    const begun = ++this.last as StatementId;
    this.open.add(begun);
    return begun;
  }

  end(statement: StatementId): void {
    this.open.delete(statement);
  }

  has(statement: StatementId): boolean {
    return this.open.has(statement);
  }
}

export class Session {
  /** Where the running hash began: its name. */
  readonly name: Uint8Array;
  private readonly statements: OpenStatements;
  private hash: Uint8Array;
  private statement: StatementId | null = null;
  private results = 0;
  private closed = false;

  constructor(name: Uint8Array, statements: OpenStatements) {
    this.name = name;
    this.hash = name;
    this.statements = statements;
  }

  /** Throws `unsigned` where too many results wait for a signature. */
  mayClaim(): void {
    if (this.results > MAX_UNSIGNED_RESULTS) throw new IdlewaveError("unsigned", { results: this.results, limit: MAX_UNSIGNED_RESULTS });
  }

  /** Takes a submit into the statement. The core must hear of it before anything else happens. Throws once the connection has ended. */
  extend(job: JobId, results: readonly ReplicaResult[]): StatementMark {
    if (this.closed) throw new IdlewaveError("not-authenticated");
    this.statement ??= this.statements.begin();
    this.results += results.length;
    this.hash = hash("sha256", linkBytes(this.hash, job, results), "buffer");
    return { statement: this.statement, session: this.name, results: this.results, hash: this.hash };
  }

  /** Ends the statement when it ends with this hash; its number, under which its signature is kept. */
  seal(end: Uint8Array): StatementId | null {
    const { statement } = this;
    if (statement === null || Buffer.compare(end, this.hash) !== 0) return null;
    this.letGo();
    return statement;
  }

  /** The connection has ended: nothing is added any more. */
  close(): void {
    this.closed = true;
    this.letGo();
  }

  private letGo(): void {
    if (this.statement !== null) this.statements.end(this.statement);
    this.statement = null;
    this.results = 0;
  }
}
