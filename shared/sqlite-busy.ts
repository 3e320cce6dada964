/** https://sqlite.org/rescode.html: SQLITE_BUSY and SQLITE_LOCKED, whose extended codes have them in their low byte. */
const BUSY_CODES: readonly number[] = [5, 6];

/** SQLite threw it because another connection has the database. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" && BUSY_CODES.includes(error.errcode & 0xff);
}
