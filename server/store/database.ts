import { realpathSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { backup, DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from "@photostructure/sqlite";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, type Transaction } from "kysely";
import { isBusy } from "../../shared/sqlite-busy.ts";
import { closeSqlite } from "../../shared/sqlite-close.ts";
import { migrate } from "./migrate.ts";
import { refuseForeignCode } from "./schema-check.ts";
import type { Tables } from "./tables.ts";

/** Prepared statements kept; the oldest go first. */
const MAX_STATEMENTS = 128;
/** A process that is just ending may hold the file this long, ms. */
const BUSY_TIMEOUT_MS = 5_000;
/** Pages copied before others have their turn: about 1 MiB. */
const SNAPSHOT_PAGES = 256;

/** The database that this process has alone. */
export class Database extends Kysely<Tables> {
  private readonly file: DatabaseSyncInstance;
  private readonly path: string;
  private log: Promise<FileHandle> | null = null;

  constructor(file: DatabaseSyncInstance, path: string) {
    super({ dialect: new SqliteDialect({ database: new Adapter(file) }) });
    this.file = file;
    this.path = path;
  }

  /**
   * Runs `write` as one transaction and resolves when it is on disk. SQLite would stand still, and the event loop with it, until the
   * disk has its log: here the transaction leaves that out (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL), and the log
   * is synced right after it, beside the event loop. Meanwhile others commit as ever, and may read what a power cut would still undo.
   */
  async durably(write: (trx: Transaction<Tables>) => Promise<void>): Promise<void> {
    await this.connection().execute(async (connection) => {
      this.file.exec("PRAGMA synchronous = NORMAL");
      try {
        await connection.transaction().execute(write);
      } finally {
        this.file.exec("PRAGMA synchronous = FULL");
      }
    });
    // The one file for as long as the database is open: this process has it alone.
    this.log ??= open(`${this.path}-wal`, "r+");
    await (await this.log).datasync();
  }

  override async destroy(): Promise<void> {
    try {
      await (await this.log)?.close();
    } finally {
      await super.destroy();
    }
  }

  /** Copies what is committed to a new file at `path`, in steps between which others commit: https://sqlite.org/backup.html */
  async snapshot(path: string): Promise<void> {
    await backup(this.file, path, { rate: SNAPSHOT_PAGES });
  }
}

/**
 * Opens the database file, alone: a second coordinator on the same file would hand out the same units. Throws when another
 * process has it, and `DamagedDatabase` when it has triggers, views or virtual tables.
 */
export function openDatabase(path: string): Database {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    takeAlone(database, path);
    // Before anything of ours could make it run.
    refuseForeignCode(database);
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  // SQLite keeps its log beside the file that a link leads to.
  return new Database(database, realpathSync(path));
}

/** Its first read takes the lock, which is kept until the database is closed. */
function takeAlone(database: DatabaseSyncInstance, path: string): void {
  try {
    // A commit that was acknowledged survives a power cut: https://sqlite.org/pragma.html#pragma_synchronous
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;");
    database.exec("SELECT 1 FROM sqlite_schema");
  } catch (error) {
    if (!isBusy(error)) throw error;
    throw new Error(`${path} is in use by another process: stop that one, or name another folder with --data.`, { cause: error });
  }
}

/** What kysely expects of a SQLite driver, over node:sqlite's interface. */
class Adapter implements SqliteDatabase {
  private readonly database: DatabaseSyncInstance;
  private readonly statements = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
  }

  prepare(sql: string): SqliteStatement {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = sql === "rollback" ? new Rollback(this.database) : new Statement(this.database.prepare(sql));
    if (this.statements.size >= MAX_STATEMENTS) {
      for (const oldest of this.statements.keys()) {
        this.statements.delete(oldest);
        break;
      }
    }
    this.statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.statements.clear();
    closeSqlite(this.database);
  }
}

class Statement implements SqliteStatement {
  readonly reader: boolean;
  private readonly statement: StatementSyncInstance;

  constructor(statement: StatementSyncInstance) {
    this.statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.statement.all(...parameters);
  }

  run(parameters: readonly unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    return this.statement.run(...parameters);
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.statement.iterate(...parameters);
  }
}

/** SQLite ends a transaction by itself when its COMMIT fails: rolling back once more would hide why it did. */
class Rollback implements SqliteStatement {
  readonly reader = false;
  private readonly database: DatabaseSyncInstance;

  constructor(database: DatabaseSyncInstance) {
    this.database = database;
  }

  run(): { changes: number; lastInsertRowid: number } {
    if (this.database.isTransaction) this.database.exec("ROLLBACK");
    return { changes: 0, lastInsertRowid: 0 };
  }

  all(): unknown[] {
    throw new Error("a rollback has no rows");
  }

  iterate(): IterableIterator<unknown> {
    throw new Error("a rollback has no rows");
  }
}
