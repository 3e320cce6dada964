/** What the routes work on; made once by doors.ts. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { Disk } from "../access/disk.ts";
import type { Drain } from "../access/drain.ts";
import type { Plans } from "../access/plans.ts";
import type { Pools } from "../access/pools.ts";
import type { TokenKeys } from "../access/token.ts";
import type { Judges } from "../admit/admit.ts";
import type { Config } from "../config.ts";
import type { Coordinator } from "../coordinator.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { OpenBackup, Store } from "../core/store.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpContext {
  config: Config;
  version: string;
  /** What HTTPS is spoken with; undefined: plain HTTP. `authority`: who signs it, where that is of the coordinator's own making. Each as it is at present. */
  tls: Readonly<{ cert: string; key: string; authority: { fingerprint: string } | undefined }> | undefined;
  coordinator: Coordinator;
  store: Store;
  blobs: BlobStore;
  judges: Judges;
  plans: Plans;
  tokens: TokenKeys;
  pools: Pools;
  disk: Disk;
  drain: Drain;
  metrics: Metrics;
  /** A token has been revoked: whoever is connected under it goes. */
  onRevoked: () => Promise<void>;
  /** The site of this origin was switched off: nobody who is connected lends in its name any more. */
  onSiteOff: (origin: string) => void;
  /** Whether this token makes its holder the auditor. */
  mayAudit: (token: string) => Promise<boolean>;
  /** Accounts that are connected to lend for the public now. */
  connected: () => number;
  clock: () => number;
  /** Opens a backup of all that is stored. */
  backup: () => Promise<OpenBackup>;
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;
