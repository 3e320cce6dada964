/** Who a line that has proven its key is to the coordinator: its account, what its host may be given, and in whose name it lends. */
import type { Socket } from "socket.io";
import { IdlewaveError } from "../../shared/errors.ts";
import type { PublicKeyHex } from "../../shared/ids.ts";
import { isLimited } from "../access/address.ts";
import { AUDITOR } from "../core/cluster.ts";
import type { AuditRecord, HostFacts } from "../core/events.ts";
import type { AccountRow } from "../core/store.ts";
import type { ConnectionContext } from "./context.ts";
import type { Introduction } from "./handshake.ts";
import type { Visit } from "./visits.ts";

const NO_AUDITOR = {
  why: "The auditor needs an administrator's token, and this is none.",
  todo: "Pass the one that the coordinator printed on its first start, or make one with npx idlewave token new <name> --admin.",
};

const NO_SITE = {
  why: "The site whose visitor this is said to be is none of this network's, or was switched off.",
  todo: "Leave site out of hello to lend for no site, or ask the operator to register it: npx idlewave site add <origin>.",
};

interface Line {
  socket: Socket;
  address: string;
  /** Begun in the name of the site that it names; undefined where it names none. */
  visit: Visit | undefined;
}

interface Introduced {
  row: AccountRow;
  facts: HostFacts;
  record: AuditRecord;
  /** The account that this device is of, if of any; as it is by now, whenever that is looked at. */
  joined: ReturnType<ConnectionContext["coordinator"]["device"]>;
}

/** Throws `IdlewaveError`: `forbidden` for a wrong token or site, `not-member`, `too-fast` and what a full disk refuses. */
export async function introduce(context: ConnectionContext, line: Line, introduced: Introduction): Promise<Introduced> {
  const { publicKey, host, audit, pool, site } = introduced;
  // Noted before the token is looked up: whichever comes first, its revocation finds this line.
  if (audit !== undefined) context.auditors.set(line.socket, audit);
  if (audit !== undefined && !(await context.mayAudit(audit))) throw new IdlewaveError("forbidden", NO_AUDITOR);
  if (line.visit && site !== undefined) await enter(context, line.visit, site);
  const known = await context.store.knownAccount(publicKey);
  if (pool !== undefined && !(known && context.pools.isMember(pool, known.id))) throw new IdlewaveError("not-member", { pool });
  const row = known ?? (await newAccount(context, line.address, publicKey));
  const cluster = audit === undefined ? await context.clusters.of(line.address, row.id, context.clock()) : AUDITOR;
  const { features, limits, gflops } = host;
  const facts = { host: context.nextHost(), account: row.id, cluster, features, limits, gflops, pool };
  const joined = context.coordinator.device(row.id);
  // What one device was found out for, all of its account answer for.
  const record = joined ? { ...row.record, proven: (await context.store.devices.record(joined.accountKey)).proven } : row.record;
  return { row, facts, record, joined };
}

/** Lends in the name of the site of this origin, while that is on. */
async function enter({ store }: ConnectionContext, visit: Visit, origin: string): Promise<void> {
  const site = await store.siteOf(origin);
  if (site?.offAt !== null) throw new IdlewaveError("forbidden", NO_SITE);
  visit.is(site.id);
}

async function newAccount(context: ConnectionContext, address: string, publicKey: PublicKeyHex): Promise<AccountRow> {
  const { disk, newKeys, store, clock } = context;
  disk.makeSure();
  if (isLimited(address)) newKeys.take(address, clock());
  return await store.accountOf(publicKey, clock());
}
