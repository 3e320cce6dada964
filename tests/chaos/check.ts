/** Looks at a data folder that no process has: is everything there that was promised, and does everything in it agree? */
import { join } from "node:path";
import { restoreJob } from "../../server/core/restore.ts";
import { createState } from "../../server/core/state.ts";
import type { AccountRow, JobRow } from "../../server/core/store.ts";
import { DiskBlobs } from "../../server/store/blobs.ts";
import { SqliteStore } from "../../server/store/sqlite.ts";
import type { AccountId, BlobHash, JobId, PublicKeyHex, UnitIndex } from "../../shared/ids.ts";
import { checkState } from "../core-check/invariants.ts";
import { isRight, kindNamed, resultOf, sha256 } from "./jobs.ts";
import type { Acknowledged } from "./journal.ts";

const ALL = 2 ** 31;

export interface Promised {
  lines: readonly Acknowledged[];
  volunteers: readonly { index: number; publicKey: string; liar: boolean; sent: ReadonlySet<string> }[];
}

export interface Findings {
  lost: string[];
  double: string[];
  broken: string[];
}

interface Mine {
  account: AccountRow;
  /** `job/unit` → outcome. */
  units: Map<string, string>;
}

/** `folder` is opened as after a crash, and changed: give a copy. Rejects when it cannot be opened. */
export async function checkFolder(folder: string, promised: Promised): Promise<Findings> {
  const store = new SqliteStore(join(folder, "idlewave.sqlite"));
  try {
    const findings: Findings = { lost: [], double: [], broken: [] };
    const jobs = await store.jobs();
    const state = createState();
    const kept = new Map<number, Kept>();
    for (const row of jobs) {
      kept.set(row.id, await keptOf(store, row, findings));
      const history = await store.history(row.id);
      restoreJob(state, await store.spec(row.id), row.state, history, await store.tally(row.id), 1e12, "0".repeat(32));
    }
    try {
      checkState(state);
    } catch (error) {
      findings.broken.push(String(error));
    }
    await checkFinals(folder, jobs, kept, findings);
    const mine = await ownUnits(store, jobs, promised, findings);
    checkPromises(promised, kept, mine, findings);
    await checkSignatures(store, promised, mine, findings);
    await checkCredit(store, jobs, mine, promised, findings);
    return findings;
  } finally {
    await store.close();
  }
}

interface Kept {
  finals: Map<number, { digest: string; bytes: Uint8Array | null }>;
  /** `unit/digest` of open replicas whose bytes are kept. */
  openBytes: Set<string>;
}

async function keptOf(store: SqliteStore, row: JobRow, findings: Findings): Promise<Kept> {
  const finals = new Map<number, { digest: string; bytes: Uint8Array | null }>();
  for (const final of await store.finals(row.id, 0 as UnitIndex, ALL)) {
    if (finals.has(final.unit)) findings.broken.push(`job ${row.id}, unit ${final.unit}: two canonical results (1)`);
    finals.set(final.unit, final);
  }
  const { open } = await store.history(row.id);
  const tally = await store.tally(row.id);
  if (tally.final !== finals.size) findings.broken.push(`job ${row.id}: ${tally.final} final units are counted, ${finals.size} are there`);
  return { finals, openBytes: new Set(open.filter((replica) => replica.hasBytes).map(({ unit, digest }) => `${unit}/${digest}`)) };
}

/** No final unit without its bytes (9), and they are the truth: the only liar can never have a quorum. */
async function checkFinals(folder: string, jobs: readonly JobRow[], kept: ReadonlyMap<number, Kept>, findings: Findings): Promise<void> {
  const blobs = await DiskBlobs.open(join(folder, "blobs"));
  for (const { id, manifest } of jobs) {
    const kind = kindNamed((JSON.parse(manifest) as { name: string }).name);
    for (const [unit, { digest, bytes }] of kept.get(id)?.finals ?? []) {
      const name = `job ${id}, unit ${unit}`;
      const found = bytes ?? (await blobs.get(digest as BlobHash));
      if (!found) findings.broken.push(`${name}: final, and its bytes are not there (9)`);
      else if (sha256(found) !== digest) findings.broken.push(`${name}: its bytes do not have its digest (9)`);
      else if (!isRight(kind, found, resultOf(kind, unit))) findings.broken.push(`${name}: the result is wrong`);
    }
  }
}

async function ownUnits(store: SqliteStore, jobs: readonly JobRow[], promised: Promised, findings: Findings): Promise<Map<number, Mine>> {
  const mine = new Map<number, Mine>();
  for (const { index, publicKey, sent } of promised.volunteers) {
    const account = await store.accountOf(publicKey as PublicKeyHex, 1);
    const units = new Map<string, string>();
    for (const { id } of jobs) {
      for (const { unit, outcome } of (await store.unitsOf(id, account.id as AccountId)).units) {
        const key = `${id}/${unit}`;
        if (units.has(key)) findings.double.push(`volunteer ${index} has two replicas of ${key}`);
        if (!sent.has(key)) findings.broken.push(`volunteer ${index} never sent ${key}`);
        units.set(key, outcome);
      }
    }
    mine.set(index, { account, units });
  }
  return mine;
}

function checkPromises(promised: Promised, kept: ReadonlyMap<number, Kept>, mine: ReadonlyMap<number, Mine>, findings: Findings): void {
  for (const line of promised.lines) {
    if (line.kind === "signed") continue;
    const job = kept.get(line.job);
    if (!job) {
      findings.lost.push(`job ${line.job}`);
      continue;
    }
    switch (line.kind) {
      case "job":
        break;
      case "final":
        if (!job.finals.has(line.unit)) findings.lost.push(`unit ${line.unit} of job ${line.job} was told to be final`);
        break;
      case "replica":
        if (!mine.get(line.volunteer)?.units.has(`${line.job}/${line.unit}`))
          findings.lost.push(`replica of unit ${line.unit} of job ${line.job} by volunteer ${line.volunteer}`);
        break;
      case "bytes":
        if (!job.finals.has(line.unit) && !job.openBytes.has(`${line.unit}/${line.digest}`))
          findings.lost.push(`bytes of unit ${line.unit} of job ${line.job} by volunteer ${line.volunteer}`);
        break;
      default:
        line satisfies never;
    }
  }
}

/** Signatures that were taken are there: none of their statements is unsigned. */
async function checkSignatures(
  store: SqliteStore,
  { lines }: Promised,
  mine: ReadonlyMap<number, Mine>,
  findings: Findings,
): Promise<void> {
  for (const line of lines) {
    if (line.kind !== "signed") continue;
    const { account } = mine.get(line.volunteer) as Mine;
    const unsigned = await store.unsignedStatement(account.id, Buffer.from(line.hash, "hex"), 0);
    if (unsigned !== undefined) findings.lost.push(`the signature of volunteer ${line.volunteer} under statement ${unsigned}`);
  }
}

/** An account's columns say what its replicas say, each of them once (2). */
async function checkCredit(
  store: SqliteStore,
  jobs: readonly JobRow[],
  mine: ReadonlyMap<number, Mine>,
  promised: Promised,
  findings: Findings,
): Promise<void> {
  const credit = new Map<number, number>();
  for (const { id } of jobs) credit.set(id, (await store.spec(id as JobId)).creditPerUnit);
  for (const { index, liar } of promised.volunteers) {
    const { account, units } = mine.get(index) as Mine;
    const want = { escrow: 0, final: 0, submitted: units.size, unitsFinal: 0, refused: 0 };
    for (const [key, outcome] of units) {
      const worth = credit.get(Number(key.split("/")[0])) ?? 0;
      if (outcome === "open") want.escrow += worth;
      if (outcome === "refused") want.refused++;
      if (outcome !== "final") continue;
      if (await isSigned(store, key, account.id)) want.final += worth;
      else want.escrow += worth;
      want.unitsFinal++;
      if (liar) findings.broken.push(`the liar was paid for ${key}`);
    }
    if (account.creditFinal > want.final || account.creditEscrow > want.escrow)
      findings.double.push(
        `volunteer ${index} has ${account.creditFinal} and ${account.creditEscrow} in escrow for ${JSON.stringify(want)}`,
      );
    const has = [account.creditEscrow, account.creditFinal, account.unitsSubmitted, account.unitsFinal, account.unitsRefused];
    const should = [want.escrow, want.final, want.submitted, want.unitsFinal, want.refused];
    if (has.join() !== should.join())
      findings.broken.push(`volunteer ${index}: the account says ${has.join()}, its replicas ${should.join()}`);
  }
}

async function isSigned(store: SqliteStore, key: string, account: AccountId): Promise<boolean> {
  const [job, unit] = key.split("/").map(Number);
  const row = await store.unit(job as JobId, unit as UnitIndex);
  return row?.replicas.some((replica) => replica.account === account && replica.signed) ?? false;
}
