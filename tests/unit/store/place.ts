/** A store in a folder of its own, and what goes into it. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { JobSpec } from "../../../server/core/events.ts";
import type { JobRow, ReplicaRow, Settled, StoreOp } from "../../../server/core/store.ts";
import { SqliteStore } from "../../../server/store/sqlite.ts";
import type { AccountId, BlobHash, JobId, PublicKeyHex, StatementId, UnitIndex } from "../../../shared/ids.ts";

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a store that is closed when the test ends, if it is not before. */
export function openStore(path: string): SqliteStore {
  const store = new SqliteStore(path);
  onTestFinished(() => store.close());
  return store;
}

export const publicKey = (id: number) => id.toString(16).padStart(64, "0") as PublicKeyHex;
export const unit = (index: number) => index as UnitIndex;
export const digest = (text: string) => createHash("sha256").update(text).digest("hex");

export const SPEC: Omit<JobSpec, "id"> = {
  owner: 1,
  units: 100,
  quorum: 2,
  priority: 1,
  creditPerUnit: 2.5,
  requires: { features: ["shader-f16"], limits: { maxBufferSize: 1024 } },
  maxReplicas: 6,
  floats: false,
  measured: false,
  unitMicros: null,
  maxGpuMicros: null,
  asks: false,
};

const NO_STATEMENT = 0 as StatementId;
/** As in stores of before there were statements. */
const UNDER = { statement: NO_STATEMENT, signed: true };

export function jobRow(changes: Partial<JobRow> = {}): Omit<JobRow, "id"> {
  return {
    owner: 1,
    ownerName: "owner",
    state: "running",
    reason: "",
    manifest: "{}",
    plan: "a".repeat(64) as BlobHash,
    source: "b".repeat(64) as BlobHash,
    createdAt: 1000,
    startedAt: 1000,
    finishedAt: null,
    canary: null,
    ...changes,
  };
}

export function replica(job: JobId, index: number, account: AccountId, text: string, changes: Partial<ReplicaRow> = {}): StoreOp {
  const row: ReplicaRow = {
    job,
    unit: unit(index),
    account,
    cluster: `net-${account}`,
    assignment: "f".repeat(32),
    digest: digest(text),
    status: "ok",
    gpuMicros: 1500,
    credit: SPEC.creditPerUnit,
    statement: NO_STATEMENT,
    at: 2000,
    ...changes,
  };
  return { type: "replica", replica: row };
}

export function bytesOf(job: JobId, index: number, text: string): StoreOp {
  return { type: "bytes", job, unit: unit(index), digest: digest(text), bytes: new TextEncoder().encode(text) };
}

/** A submit under a statement of the account. */
export function mark(account: AccountId, statement: number, hash = digest(String(statement)), at = 2000): StoreOp {
  const facts = { statement: statement as StatementId, session: Buffer.alloc(32, 1), results: 1, hash: Buffer.from(hash, "hex") };
  return { type: "statement", account, ...facts, at };
}

export function signed(account: AccountId, statement: number, at = 4000): StoreOp {
  return { type: "signed", statement: statement as StatementId, account, signature: Buffer.alloc(64, statement), at };
}

/** The end of a unit, its replicas in the order they were recorded; `[account, text]`: what one said that was refused, or is paid when it is `near`. */
export function final(
  job: JobId,
  index: number,
  text: string,
  replicas: (AccountId | [AccountId, string, "near"?])[],
  under: Pick<Settled, "statement" | "signed" | "site"> = UNDER,
): StoreOp {
  const settled = replicas.map((replica): Settled => {
    const [account, said, near] = Array.isArray(replica) ? replica : [replica, text];
    const outcome = said === text || near ? "final" : "refused";
    return { account, credit: SPEC.creditPerUnit, outcome, digest: digest(said), ...under };
  });
  return { type: "final", job, unit: unit(index), digest: digest(text), audited: "no", settled, at: 3000 };
}

/** The end of a unit whose kernel ran nowhere. */
export function failed(job: JobId, index: number, text: string, accounts: AccountId[]): StoreOp {
  const settled = accounts.map((account): Settled => ({ account, credit: 0, outcome: "void", digest: digest(text), ...UNDER }));
  return { type: "unit-failed", job, unit: unit(index), settled, at: 5 };
}
