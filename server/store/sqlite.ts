import { sql } from "kysely";
import { toHex } from "../../shared/bytes.ts";
import type { AccountId, BlobHash, JobId, PublicKeyHex, SiteId, StatementId, UnitIndex } from "../../shared/ids.ts";
import { MAX_OWN_UNITS } from "../../shared/picture.ts";
import type { JobSpec } from "../core/events.ts";
import type { PortabilityRows } from "../core/portability-store.ts";
import type { SiteRow } from "../core/site-store.ts";
import type {
  AccountRow,
  FinalRow,
  JobHistory,
  JobRow,
  JobTally,
  OwnUnits,
  PublicAccount,
  RefusedRow,
  Store,
  StoreOp,
  TokenRow,
  UnitRow,
} from "../core/store.ts";
import { SqliteBoxes } from "./boxes.ts";
import { commitOps } from "./commit.ts";
import { type Database, openDatabase } from "./database.ts";
import { SqliteDevices } from "./devices.ts";
import { LeftOut } from "./left-out.ts";
import { packOpenPages } from "./packing.ts";
import { SqlitePools } from "./pools.ts";
import { portabilityRows } from "./portability.ts";
import { publicAccounts } from "./public-accounts.ts";
import { PageReader } from "./reading.ts";
import { accountRow, tokenRow } from "./rows.ts";
import { Sites } from "./sites.ts";
import { lastStatement, unsignedStatement } from "./statements.ts";
import { storedCanary, storedSpec, storedState } from "./stored-job.ts";
import { keptResult, storedResult, unitRow } from "./unit.ts";

/** The store in one SQLite file, one process at a time. */
export class SqliteStore implements Store {
  readonly pools: SqlitePools;
  readonly devices: SqliteDevices;
  readonly boxes: SqliteBoxes;
  private readonly database: Database;
  private readonly pages: PageReader;
  private readonly siteRows: Sites;
  private readonly leftOut: LeftOut;

  /**
   * Opens or makes the file at `path`. Throws when another process has it, or when it is newer than this program. `onLeftOut` is
   * told of each row, in words, that many ask for and that this program cannot have written: it is left out.
   */
  constructor(path: string, onLeftOut: (what: string) => void = () => undefined) {
    this.database = openDatabase(path);
    this.pages = new PageReader(this.database);
    this.pools = new SqlitePools(this.database);
    this.devices = new SqliteDevices(this.database);
    this.boxes = new SqliteBoxes(this.database);
    this.leftOut = new LeftOut(onLeftOut);
    this.siteRows = new Sites(this.database, this.leftOut);
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    if (ops.length > 0) await commitOps(this.database, ops);
  }

  async endJob(job: JobId): Promise<boolean> {
    return await packOpenPages(this.database, job);
  }

  async secret(key: string, create: () => Uint8Array): Promise<Uint8Array> {
    const read = () => this.database.selectFrom("secrets").select("value").where("key", "=", key).executeTakeFirst();
    const known = await read();
    if (known) return known.value;
    await this.database
      .insertInto("secrets")
      .values({ key, value: create() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const made = await read();
    if (!made) throw new Error(`secret ${key} was not kept`);
    return made.value;
  }

  async secrets(prefix: string): Promise<string[]> {
    const rows = await this.database
      .selectFrom("secrets")
      .select("key")
      .where(sql<string>`substr(key, 1, ${prefix.length})`, "=", prefix)
      .orderBy("key")
      .execute();
    return rows.map((row) => row.key);
  }

  async dropSecret(key: string): Promise<void> {
    await this.database.deleteFrom("secrets").where("key", "=", key).execute();
  }

  async hasOpenCluster(prefix: string): Promise<boolean> {
    for await (const cluster of this.pages.openClusters()) if (cluster.startsWith(prefix)) return true;
    return false;
  }

  async addJob(row: Omit<JobRow, "id">, { pool: _, ...spec }: Omit<JobSpec, "id">): Promise<JobRow> {
    const { id } = await this.database
      .insertInto("jobs")
      .values({
        owner: row.owner,
        owner_name: row.ownerName,
        state: row.state,
        reason: row.reason,
        manifest: row.manifest,
        plan: row.plan,
        source: row.source,
        spec: JSON.stringify(spec),
        created_at: row.createdAt,
        started_at: row.startedAt,
        finished_at: row.finishedAt,
        canary: row.canary && JSON.stringify(row.canary),
        pool: row.pool ?? null,
        made_by: 0,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { ...row, id };
  }

  async jobs(): Promise<JobRow[]> {
    const rows = await this.database.selectFrom("jobs").selectAll().orderBy("id").execute();
    return rows.map((row) => ({
      id: row.id,
      owner: row.owner,
      ownerName: row.owner_name,
      state: storedState(row.id, row.state),
      reason: row.reason,
      manifest: row.manifest,
      plan: row.plan,
      source: row.source,
      createdAt: row.created_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      canary: storedCanary(row.id, row.canary),
      pool: row.pool ?? undefined,
    }));
  }

  async spec(job: JobId): Promise<JobSpec> {
    const row = await this.database.selectFrom("jobs").select(["spec", "pool"]).where("id", "=", job).executeTakeFirstOrThrow();
    return { ...storedSpec(job, row.spec), id: job, pool: row.pool ?? undefined };
  }

  async madeBy(job: JobId): Promise<number | null> {
    return (await this.database.selectFrom("jobs").select("made_by").where("id", "=", job).executeTakeFirstOrThrow()).made_by;
  }

  async tally(job: JobId): Promise<JobTally> {
    return await this.database
      .selectFrom("jobs")
      .select([
        "counted",
        "refused",
        "recorded",
        "final",
        "audited",
        "checked",
        "checked_slices as checkedSlices",
        "gpu_micros as gpuMicros",
      ])
      .where("id", "=", job)
      .executeTakeFirstOrThrow();
  }

  async portability(job: JobId, minHosts: number): Promise<PortabilityRows> {
    return await portabilityRows(this.database, job, minHosts);
  }

  async history(job: JobId): Promise<JobHistory> {
    const { units } = await this.spec(job);
    return await this.pages.history(job, units, await this.failedUnits(job));
  }

  async accountOf(publicKey: PublicKeyHex, now: number): Promise<AccountRow> {
    await this.database
      .insertInto("accounts")
      .values({ public_key: publicKey, created_at: now })
      .onConflict((conflict) => conflict.column("public_key").doNothing())
      .execute();
    const row = await this.knownAccount(publicKey);
    if (!row) throw new Error("an account that was made is not there");
    return row;
  }

  async knownAccount(publicKey: PublicKeyHex): Promise<AccountRow | undefined> {
    const row = await this.database.selectFrom("accounts").selectAll().where("public_key", "=", publicKey).executeTakeFirst();
    return row && accountRow(row);
  }

  async account(id: AccountId): Promise<AccountRow | undefined> {
    const row = await this.database.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst();
    return row && accountRow(row);
  }

  async accounts(limit: number): Promise<PublicAccount[]> {
    return await publicAccounts(this.database, limit, this.leftOut);
  }

  async lastStatement(): Promise<StatementId> {
    return await lastStatement(this.database);
  }

  async unsignedStatement(account: AccountId, hash: Uint8Array, since: number): Promise<StatementId | undefined> {
    return await unsignedStatement(this.database, account, hash, since);
  }

  async watched(now: number): Promise<Map<string, number>> {
    await this.database.deleteFrom("watched").where("until", "<=", now).execute();
    const rows = await this.database.selectFrom("watched").selectAll().orderBy("until").execute();
    return new Map(rows.map((row) => [row.cluster, row.until]));
  }

  async addToken(name: string, admin: boolean, secretHash: string, now: number): Promise<TokenRow> {
    const row = await this.database
      .insertInto("tokens")
      .values({ name, admin: admin ? 1 : 0, secret_hash: secretHash, created_at: now })
      .returningAll()
      .executeTakeFirstOrThrow();
    return tokenRow(row);
  }

  async tokenOf(secretHash: string): Promise<TokenRow | undefined> {
    const row = await this.database.selectFrom("tokens").selectAll().where("secret_hash", "=", secretHash).executeTakeFirst();
    return row && tokenRow(row);
  }

  async tokens(): Promise<TokenRow[]> {
    return (await this.database.selectFrom("tokens").selectAll().orderBy("id").execute()).map(tokenRow);
  }

  async revokeToken(id: number, now: number): Promise<boolean> {
    const result = await this.database
      .updateTable("tokens")
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .set({ revoked_at: now })
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async putSite(origin: string, name: string, now: number): Promise<SiteRow> {
    return await this.siteRows.put(origin, name, now);
  }

  async siteOf(origin: string): Promise<SiteRow | undefined> {
    return await this.siteRows.of(origin);
  }

  async site(id: SiteId): Promise<SiteRow | undefined> {
    return await this.siteRows.at(id);
  }

  async sites(): Promise<SiteRow[]> {
    return await this.siteRows.all();
  }

  async switchSiteOff(id: SiteId, now: number): Promise<boolean> {
    return await this.siteRows.switchOff(id, now);
  }

  async finals(job: JobId, from: UnitIndex, limit: number): Promise<FinalRow[]> {
    return await this.pages.finals(job, from, limit);
  }

  async final(job: JobId, unit: UnitIndex): Promise<FinalRow | undefined> {
    return await this.pages.final(job, unit);
  }

  async result(job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined> {
    return await storedResult(this.pages, job, unit, digest);
  }

  async unit(job: JobId, unit: UnitIndex): Promise<UnitRow | undefined> {
    return await unitRow(this.database, this.pages, job, unit);
  }

  async kept(job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined> {
    return await keptResult(this.pages, job, unit, digest);
  }

  async failedUnits(job: JobId): Promise<UnitIndex[]> {
    const rows = await this.database.selectFrom("failures").select("unit").where("job", "=", job).orderBy("unit").execute();
    return rows.map((row) => row.unit);
  }

  async refused(job: JobId, limit: number): Promise<RefusedRow[]> {
    const rows = await this.database
      .selectFrom("refusals")
      .innerJoin("accounts", "accounts.id", "refusals.account")
      .select(["unit", "account", "public_key", "digest", "canonical", "at"])
      .where("job", "=", job)
      .orderBy("seq", "desc")
      .limit(limit)
      .execute();
    return rows.map(({ unit, account, public_key, digest, canonical, at }) => ({
      unit,
      account,
      publicKey: public_key,
      digest: toHex(digest),
      canonical: toHex(canonical),
      at,
    }));
  }

  async unitsOf(job: JobId, account: AccountId, before = Number.MAX_SAFE_INTEGER, limit = MAX_OWN_UNITS): Promise<OwnUnits> {
    return await this.pages.unitsOf(job, account, before, limit);
  }

  async garbage(limit: number): Promise<BlobHash[]> {
    const rows = await this.database
      .selectFrom("garbage")
      .select("digest")
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom("results").select("unit").whereRef("results.digest", "=", "garbage.digest").where("bytes", "is", null))),
      )
      .limit(limit)
      .execute();
    return rows.map((row) => toHex(row.digest) as BlobHash);
  }

  async dropGarbage(hash: BlobHash): Promise<void> {
    await this.database.deleteFrom("garbage").where("digest", "=", Buffer.from(hash, "hex")).execute();
  }

  async snapshot(path: string): Promise<void> {
    await this.database.snapshot(path);
  }

  async close(): Promise<void> {
    await this.database.destroy();
  }
}
