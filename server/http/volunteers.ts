/** Volunteers as everybody may see them: the start of a key, never an address. */
import { VolunteerListSchema } from "../../shared/api.ts";
import { volunteerIdOf } from "../../shared/volunteer-id.ts";
import type { AccountRow } from "../core/store.ts";
import type { App, HttpContext } from "./context.ts";

const VOLUNTEERS_LISTED = 1000;

export function volunteerRoutes(app: App, { store }: HttpContext): void {
  app.get(
    "/api/volunteers",
    { schema: { tags: ["network"], summary: "Accounts and their credit", response: { 200: VolunteerListSchema } } },
    async () => {
      const rows = await store.accounts(VOLUNTEERS_LISTED);
      return {
        volunteers: rows.map((row) => ({
          id: volunteerId(row),
          credit: { escrow: row.creditEscrow, final: row.creditFinal },
          units: { submitted: row.unitsSubmitted, final: row.unitsFinal, refused: row.unitsRefused },
        })),
      };
    },
  );
}

/** First 12 hexadecimal digits of the account's key. */
export function volunteerId(row: Pick<AccountRow, "publicKey">): string {
  return row.publicKey === null ? "forgotten" : volunteerIdOf(row.publicKey);
}
