/** What all connections share: one object, for there may be ten thousand of them. */
import type { Socket } from "socket.io";
import type { ErrorCode } from "../../shared/errors.ts";
import type { HostId } from "../../shared/ids.ts";
import type { ClusterNames } from "../access/address.ts";
import type { PassFacts } from "../access/pass.ts";
import type { Pools } from "../access/pools.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Store } from "../core/store.ts";
import type { Desk } from "./answer.ts";
import type { Lent } from "./lent.ts";
import type { Accounts, Notices } from "./notices.ts";
import type { BytePace, NewKeyPace, OwnUnitsPace } from "./pace.ts";
import type { Signing } from "./signing.ts";
import type { Visits } from "./visits.ts";

export interface ConnectionContext extends Desk {
  store: Store;
  signing: Signing;
  clusters: ClusterNames;
  notices: Notices;
  accounts: Accounts;
  newKeys: NewKeyPace;
  bytes: BytePace;
  ownUnits: OwnUnitsPace;
  allowSoftware: boolean;
  /** Whether this token makes its host the auditor. */
  mayAudit: (token: string) => Promise<boolean>;
  coordinator: Desk["coordinator"] & Pick<Coordinator, "carryOut" | "job" | "device" | "devicesOf">;
  pools: Pools;
  /** Lines that serve a pool. */
  serving: Map<Socket, PassFacts>;
  /** Lines that said they are an auditor's, and their tokens. */
  auditors: Map<Socket, string>;
  visits: Visits;
  lent: Lent;
  nextHost: () => HostId;
  /** The coordinator takes nothing new; what it has begun it answers. */
  isStopping: () => boolean;
  /** Told of each error that a volunteer is answered. */
  onRefused: (code: ErrorCode) => void;
  /** Told of each answer that is on its way, until it is out. */
  answering: (answer: Promise<void>) => void;
}
