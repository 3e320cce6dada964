/** A data folder at rest: how a test changes its database, and what the doctor found of it. */
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import type { Finding } from "../../../server/store/doctor.ts";
import { DATABASE_FILE } from "../../../shared/backup.ts";
import type { Ran } from "./run.ts";

/** Runs `sql` on the folder's database, as somebody would who forges it. */
export function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, DATABASE_FILE), { enableForeignKeyConstraints: false });
  database.exec(sql);
  database.close();
}

/** Of `doctor --json`. */
export function findingsOf({ stdout }: Ran): Finding[] {
  return (JSON.parse(stdout.trim().split("\n")[0] ?? "") as { findings: Finding[] }).findings;
}
