/**
 * What of a statement (shared/statement.ts) matters while units of it are open: whether it is signed. Credit of a replica vests
 * when its unit is final and its statement signed, in whatever order; the unit waits for no signature.
 *
 *   unsigned ──its session's signature, now or within SIGN_WITHIN_MS──▶ signed
 *
 * A statement without an open replica is the store's alone: it keeps what was earned under it until the signature comes.
 */
import type { StatementId } from "../../shared/ids.ts";
import type { CoreState } from "./state.ts";

export interface Statement {
  signed: boolean;
  /** Its replicas of units that have not ended. */
  open: number;
}

/** A replica was recorded under it. `signed`: as the store has it, after a restart. */
export function openUnder(state: CoreState, id: StatementId, signed = false): void {
  if (id === 0) return;
  const statement = state.statements.get(id);
  if (statement) statement.open++;
  else state.statements.set(id, { signed, open: 1 });
}

/** The unit of one of its replicas has ended. True when the statement is signed. */
export function endUnder(state: CoreState, id: StatementId): boolean {
  if (id === 0) return true;
  const statement = state.statements.get(id);
  if (!statement) throw new Error(`statement ${id} has no open replica`);
  if (--statement.open === 0) state.statements.delete(id);
  return statement.signed;
}

export function noteSigned(state: CoreState, id: StatementId): void {
  const statement = state.statements.get(id);
  if (statement) statement.signed = true;
}
