/** What a person's device asks of their boxes on other sites: to keep one, which there are, to take back each yes. Each throws `IdlewaveError`. */
import { Compile } from "typebox/compile";
import { boxMessage } from "../../shared/account/box.ts";
import { fromHex, toHex } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import { KeepBoxSchema } from "../../shared/messages.ts";
import { type BoxesReply, type KeepBoxReply, SocketEvent, type TakeBackReply } from "../../shared/protocol.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Store } from "../core/store.ts";
import { verifies } from "../ed25519.ts";
import type { Notices } from "./notices.ts";

/** Of the devices of one account together. */
const MAX_BOXES = 1_000;

interface Desk {
  coordinator: Pick<Coordinator, "devicesOf">;
  store: Pick<Store, "boxes" | "knownAccount">;
  notices: Pick<Notices, "send" | "disconnect" | "linesOf">;
  clock: () => number;
}

interface Self {
  account: AccountId;
  publicKey: PublicKeyHex;
}

const keepChecker = Compile(KeepBoxSchema);

/** `bad-message`, `bad-signature`, `not-found`, `forbidden`. */
export async function keepBox(desk: Desk, self: Self, request: unknown): Promise<KeepBoxReply> {
  if (!keepChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "keep-box asks for {box, site, signature}" });
  const { site } = request;
  const [box, signature] = [new Uint8Array(request.box), new Uint8Array(request.signature)];
  if (!verifies(box, boxMessage(box, fromHex(self.publicKey), site), signature))
    throw new IdlewaveError("bad-signature", { why: "it is not the box's, or for another device or site" });
  const known = await desk.store.knownAccount(toHex(box) as PublicKeyHex);
  if (!known || known.id === self.account) throw new IdlewaveError("not-found", { what: "such box" });
  const kept = await desk.store.boxes.keptBy(desk.coordinator.devicesOf(self.account));
  if (kept.length >= MAX_BOXES && !kept.some(({ account }) => account === known.id))
    throw new IdlewaveError("forbidden", {
      why: `The account has ${MAX_BOXES} boxes, as many as one may have.`,
      todo: "Forget one of them.",
    });
  await desk.store.boxes.keep({ account: known.id, keeper: self.account, site, keptAt: desk.clock() });
  return { ok: true };
}

export async function boxes(desk: Desk, self: Self): Promise<BoxesReply> {
  const rows = await desk.store.boxes.keptBy(desk.coordinator.devicesOf(self.account));
  const boxOf = ({ account, site, keptAt }: (typeof rows)[number]) => ({
    site,
    keptSeconds: Math.max(0, Math.floor((desk.clock() - keptAt) / 1000)),
    isConnected: desk.notices.linesOf(account) > 0,
  });
  return { ok: true, boxes: rows.map(boxOf) };
}

/** It is on disk when it is answered, and no box of the account has a line then. */
export async function takeBack(desk: Desk, self: Self): Promise<TakeBackReply> {
  for (const box of await desk.store.boxes.takeBack(desk.coordinator.devicesOf(self.account), desk.clock())) {
    desk.notices.send(box, SocketEvent.TakenBack, {});
    desk.notices.disconnect(box);
  }
  return { ok: true };
}

/** Whether nothing is lent under the yes of this line. `agreedMs`: how long ago it was said; undefined: the line names none. */
export async function isTakenBack(
  { store, clock }: Pick<Desk, "store" | "clock">,
  account: AccountId,
  agreedMs: number | undefined,
): Promise<boolean> {
  const at = await store.boxes.takenBackAt(account);
  return at !== null && (agreedMs === undefined || clock() - agreedMs <= at);
}
