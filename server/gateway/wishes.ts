/** What a device wishes of another one of its account, and what it says of itself. Each throws `IdlewaveError`. */
import { Compile } from "typebox/compile";
import { NO_REMOTE_WISH, type RemoteWish, wishMessage } from "../../shared/account/remote-wish.ts";
import { fromHex, toHex } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import { LendsSchema, WishSchema } from "../../shared/messages.ts";
import { SocketEvent, type WishReply } from "../../shared/protocol.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Store } from "../core/store.ts";
import { verifies } from "../ed25519.ts";
import type { Lent } from "./lent.ts";
import type { Notices } from "./notices.ts";

interface Desk {
  coordinator: Pick<Coordinator, "device">;
  store: Pick<Store, "devices" | "knownAccount">;
  notices: Pick<Notices, "send">;
  lent: Lent;
}

interface Self {
  account: AccountId;
  publicKey: PublicKeyHex;
}

const wishChecker = Compile(WishSchema);
const lendsChecker = Compile(LendsSchema);

/** `bad-message`, `bad-certificate`, `not-found`, `stale-wish`. On disk when it is answered, and told to the device if it is here; done again for the last one. */
export async function wish(desk: Desk, self: Self, request: unknown): Promise<WishReply> {
  const why = "wish asks for {device, turn, paused, share, signature}, a share of 10, 25, 50 or 90";
  if (!wishChecker.Check(request)) throw new IdlewaveError("bad-message", { why });
  const joined = desk.coordinator.device(self.account);
  if (!joined || joined.isRevoked) throw bad("this device is of no account that joins several");
  const { turn, paused, share } = request;
  const [device, signature] = [new Uint8Array(request.device), new Uint8Array(request.signature)];
  const parties = { account: fromHex(joined.accountKey), device, by: fromHex(self.publicKey) };
  if (!verifies(parties.by, wishMessage(parties, { turn, paused, share }), signature))
    throw bad("it is not this device's, or of another wish");
  const known = await desk.store.knownAccount(toHex(device) as PublicKeyHex);
  const meant = known && desk.coordinator.device(known.id);
  if (!known || meant?.accountKey !== joined.accountKey || meant.isRevoked)
    throw new IdlewaveError("not-found", { what: "such device of this account" });
  if (!(await desk.store.devices.wish(known.id, { turn, paused, share, by: self.publicKey, signature }))) {
    const last = await wishOf(desk, known.id);
    throw new IdlewaveError("stale-wish", { turn: last.turn });
  }
  desk.notices.send(known.id, SocketEvent.Wish, { turn, paused, share });
  return { ok: true };
}

/** Of a device that is of no account nobody asks. */
export function lends({ coordinator, lent }: Desk, account: AccountId, line: object, request: unknown): { ok: true } {
  if (!lendsChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "lends asks for {share}, 0 to 100" });
  if (coordinator.device(account)) lent.tell(account, line, request.share);
  return { ok: true };
}

export async function wishOf({ store }: Pick<Desk, "store">, account: AccountId): Promise<RemoteWish> {
  return (await store.devices.wishesOf([account])).get(account) ?? NO_REMOTE_WISH;
}

function bad(why: string): IdlewaveError {
  return new IdlewaveError("bad-certificate", { why });
}
