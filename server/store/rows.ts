/** Rows of the database as the core's interface has them. */
import type { Selectable } from "kysely";
import type { AccountRow, TokenRow } from "../core/store.ts";
import type { Tables } from "./tables.ts";

export function accountRow(row: Selectable<Tables["accounts"]>): AccountRow {
  return {
    id: row.id,
    publicKey: row.public_key,
    creditEscrow: row.credit_escrow,
    creditFinal: row.credit_final,
    unitsSubmitted: row.units_submitted,
    unitsFinal: row.units_final,
    unitsRefused: row.units_refused,
    gpuMicros: row.gpu_micros,
    record: { passed: row.audits_passed, proven: row.proven_wrong, convictedAt: row.proven_at ?? 0 },
  };
}

export function tokenRow(row: Selectable<Tables["tokens"]>): TokenRow {
  return { id: row.id, name: row.name, admin: row.admin !== 0, createdAt: row.created_at, revokedAt: row.revoked_at };
}
