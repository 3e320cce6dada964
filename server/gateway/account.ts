/** What an authenticated device asks of the account that joins it to others: to be joined, to take one off, to be forgotten, which there are. Each throws `IdlewaveError`. */
import { Compile } from "typebox/compile";
import { certificateMessage, forgetMessage, revocationMessage } from "../../shared/account/certificate.ts";
import { NO_REMOTE_WISH } from "../../shared/account/remote-wish.ts";
import { fromHex, toHex } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import { ForgetSchema, LinkSchema, RevokeSchema } from "../../shared/messages.ts";
import { type DevicesReply, type ForgetReply, type LinkReply, type RevokeReply, SocketEvent } from "../../shared/protocol.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Store } from "../core/store.ts";
import { isStrictKey, verifies } from "../ed25519.ts";
import type { Lent } from "./lent.ts";
import { type Accounts, type Notices, noticeOf } from "./notices.ts";
import { wishOf } from "./wishes.ts";

interface Desk {
  coordinator: Pick<Coordinator, "carryOut" | "device" | "devicesOf">;
  store: Pick<Store, "devices" | "knownAccount">;
  accounts: Accounts;
  notices: Pick<Notices, "disconnect" | "linesOf" | "send">;
  lent: Lent;
  clock: () => number;
}

interface Self {
  account: AccountId;
  publicKey: PublicKeyHex;
}

const linkChecker = Compile(LinkSchema);
const revokeChecker = Compile(RevokeSchema);
const forgetChecker = Compile(ForgetSchema);

/** `bad-message`, `bad-certificate`, `device-revoked`. Done again for what is done already. */
export async function link(desk: Desk, self: Self, request: unknown): Promise<LinkReply> {
  if (!linkChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "link asks for {account, created, name, signature}" });
  const { created, name } = request;
  const [account, signature] = [new Uint8Array(request.account), new Uint8Array(request.signature)];
  const accountKey = toHex(account) as PublicKeyHex;
  if (!isStrictKey(account) || accountKey === self.publicKey) throw bad("its key is none that joins devices");
  const text = certificateMessage({ account, device: fromHex(self.publicKey), created, name });
  if (!verifies(account, text, signature)) throw bad("it is not this account's, or is another device's");
  const record = await desk.store.devices.record(accountKey);
  await desk.coordinator.carryOut({ type: "device-linked", account: self.account, link: { accountKey, created, name, signature }, record });
  const totals = await desk.accounts.totals(self.account);
  if (!totals) throw new IdlewaveError("not-authenticated"); // forgotten meanwhile
  // Its other connections know from this that they are of an account, and say what they lend.
  desk.notices.send(self.account, SocketEvent.Wish, await wishOf(desk, self.account));
  return { ok: true, accountKey, account: noticeOf(totals, []) };
}

/** `bad-message`, `bad-certificate`, `not-found`. Its lines end once its revocation is on disk; done again for what is done already. */
export async function revoke(desk: Desk, self: Self, request: unknown, ack: (reply: RevokeReply) => void): Promise<void> {
  if (!revokeChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "revoke asks for {device, created, signature}" });
  const joined = desk.coordinator.device(self.account);
  if (!joined) throw bad("this device is of no account that joins several");
  const { created } = request;
  const [device, signature] = [new Uint8Array(request.device), new Uint8Array(request.signature)];
  const account = fromHex(joined.accountKey);
  if (!verifies(account, revocationMessage({ account, device, created }), signature)) throw bad("it is not this account's");
  const known = await desk.store.knownAccount(toHex(device) as PublicKeyHex);
  if (!known) throw new IdlewaveError("not-found", { what: "such device of this account" });
  await desk.coordinator.carryOut({ type: "device-revoked", by: self.account, device: known.id, created, signature });
  ack({ ok: true });
  desk.notices.disconnect(known.id);
}

/**
 * The device alone, or with its account's signature for this `session` all that are joined to it. `bad-message`, `bad-certificate`.
 * Their lines end, every tab's, once it is on disk.
 */
export async function forget(
  desk: Desk,
  { account, publicKey, session }: Self & { session: Uint8Array },
  request: unknown,
  ack: (reply: ForgetReply) => void,
): Promise<void> {
  if (!forgetChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "forget asks for {signature?}, of the account's key" });
  const { signature } = request;
  if (signature !== undefined) {
    const joined = desk.coordinator.device(account);
    if (!joined) throw bad("this device is of no account that joins several");
    const key = fromHex(joined.accountKey);
    if (!verifies(key, forgetMessage(key, fromHex(publicKey), session), new Uint8Array(signature)))
      throw bad("it is not this account's, or of another connection");
  }
  const all = signature === undefined ? [account] : desk.coordinator.devicesOf(account);
  await desk.coordinator.carryOut({ type: "forget", account, ...(signature === undefined ? {} : { whole: true }) });
  ack({ ok: true });
  for (const device of all) desk.notices.disconnect(device);
}

/** Those of the account, or this one alone. */
export async function devices(desk: Desk, self: Self): Promise<DevicesReply> {
  const joined = desk.coordinator.device(self.account);
  const rows = joined ? await desk.store.devices.of(joined.accountKey) : [];
  const wishes = await desk.store.devices.wishesOf(rows.map(({ account }) => account));
  return {
    ok: true,
    devices: rows.map(({ account, publicKey, name, linkedAt, revokedAt }) => ({
      device: publicKey,
      name,
      linkedSeconds: Math.max(0, Math.floor((desk.clock() - linkedAt) / 1000)),
      isThis: account === self.account,
      isConnected: desk.notices.linesOf(account) > 0,
      isRevoked: revokedAt !== null,
      lends: desk.lent.of(account),
      wish: wishes.get(account) ?? NO_REMOTE_WISH,
    })),
  };
}

function bad(why: string): IdlewaveError {
  return new IdlewaveError("bad-certificate", { why });
}
