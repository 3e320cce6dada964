/** What a backup's last file says: a folder that has it is whole. */
import Type, { type Static } from "typebox";

export const BACKUP_FILE = "backup.json";
export const DATABASE_FILE = "idlewave.sqlite";
/** Version of a backup's layout: `idlewave.sqlite`, `blobs/<first 2 hex>/<sha256>`, `backup.json`. */
export const BACKUP_VERSION = 1;

export const BackupSchema = Type.Object({
  backup: Type.Literal(BACKUP_VERSION),
  madeAt: Type.String({ description: "ISO 8601." }),
  program: Type.String({ description: "Version of the program that made it." }),
  database: Type.Object({ bytes: Type.Integer({ minimum: 0 }), sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
  blobs: Type.Object({ count: Type.Integer({ minimum: 0 }), bytes: Type.Integer({ minimum: 0 }) }),
});
export type Backup = Static<typeof BackupSchema>;

/** One file of a backup. */
export interface BackupPart {
  /** Path in the backup, with slashes. */
  name: string;
  /** Length of `content`. */
  bytes: number;
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}
