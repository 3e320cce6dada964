import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JournalWriter, type UnitOp } from "../../../server/store/journal.ts";
import { BACKUP_FILE, type Backup, DATABASE_FILE } from "../../../shared/backup.ts";
import type { AccountId, JobId } from "../../../shared/ids.ts";
import { bytesOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer } from "../http/server.ts";
import { replica } from "../store/place.ts";
import { change, findingsOf } from "./data-folder.ts";
import { idlewave } from "./run.ts";

const JOB = 1 as JobId;
const TRIGGER = "CREATE TRIGGER promote AFTER INSERT ON accounts BEGIN UPDATE tokens SET admin = 1; END";
const VIEW = "CREATE VIEW spare AS SELECT * FROM tokens";
/** A module of SQLite's own. */
const VIRTUAL = "CREATE VIRTUAL TABLE spare USING fts5(a)";

let folder: string;
/** A backup of a coordinator with one job, of which one volunteer has answered some units. */
let made: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-forged-"));
  const data = join(folder, "data");
  const server = await startServer({}, data);
  await server.submit(packageOf(8));
  const volunteer = new Volunteer(server.url);
  await volunteer.join();
  await volunteer.work((unit) => bytesOf(unit + 1), 2);
  volunteer.leave();
  await server.close(true);
  made = join(folder, "made");
  expect(await idlewave(["backup", made, "--data", data])).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

let copies = 0;
async function forged(sql: string): Promise<string> {
  const copy = join(folder, `copy-${++copies}`);
  await cp(made, copy, { recursive: true });
  change(copy, sql);
  return copy;
}

/** Whoever forges a database forges the digest beside it too. */
async function reseal(copy: string): Promise<void> {
  const path = join(copy, DATABASE_FILE);
  const backup = JSON.parse(await readFile(join(copy, BACKUP_FILE), "utf8")) as Backup;
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  backup.database = { bytes: (await stat(path)).size, sha256 };
  await writeFile(join(copy, BACKUP_FILE), JSON.stringify(backup));
}

/** A replica from a network whose key nobody has. */
function unknownNetwork(): string {
  const writer = new JournalWriter();
  writer.write(replica(JOB, 7, 1 as AccountId, "a", { cluster: "net:1:ab" }) as UnitOp);
  return `INSERT INTO journal (job, page, body) VALUES (1, 0, x'${Buffer.from(writer.body).toString("hex")}')`;
}

/** A site's row with some of its columns forged, each as SQL. */
function siteWith(columns: Record<string, string>): string {
  const row = { id: "7", origin: "'https://blog.example'", name: "'Blog'", created_at: "5", counted_from: "5", ...columns };
  return `INSERT INTO sites (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).join(", ")})`;
}

const SITES = "Each site has an origin, a name and figures";
const ACCOUNTS = "Each account has a key, counts and credit";
const SCHEMA = "The database has this program's tables and indexes";
const ROWS = "Each job has a state that there is";
const SECRETS = "The secrets that assignments and networks";
const ROOM = "There is room for further jobs";

describe("the doctor finds", () => {
  test.each([
    ["a foreign trigger", TRIGGER, SCHEMA, 'foreign: the trigger "promote" on accounts'],
    ["a foreign view", VIEW, SCHEMA, 'foreign: the view "spare"'],
    ["a foreign table", "CREATE TABLE spare (a)", SCHEMA, 'foreign: the table "spare"'],
    ["an index that is gone", "DROP INDEX refusals_job", SCHEMA, 'missing: the index "refusals_job" on refusals'],
    ["a table that is gone", "DROP TABLE watched", SCHEMA, "what the tables hold was not looked at"],
    ["a column too many", "ALTER TABLE tokens ADD COLUMN spare INTEGER AS (admin + 1)", SCHEMA, 'changed: the table "tokens"'],
    ["a spec that is empty", "UPDATE jobs SET spec = '{}'", ROWS, "The spec of job 1 lacks units, quorum"],
    ["a spec that is no JSON", "UPDATE jobs SET spec = 'x'", ROWS, "The spec of job 1 is no JSON object"],
    ["a spec with text for units", "UPDATE jobs SET spec = json_set(spec, '$.units', 'x')", ROWS, "spec.units must be integer"],
    ["a spec that no job can have", "UPDATE jobs SET spec = json_set(spec, '$.quorum', 1000)", ROWS, "cannot reach the quorum 1000"],
    ["a state that there is not", "UPDATE jobs SET state = 'zzz'", ROWS, 'Job 1 has the state "zzz", which is none of draft, canary'],
    ["secrets that are gone", "DELETE FROM secrets", SECRETS, "no key that assignments are signed with"],
    ["a key cut short", "UPDATE secrets SET value = x'00' WHERE key LIKE 'token-key%'", SECRETS, "has 1 bytes, not 32"],
    ["a foreign secret", "INSERT INTO secrets VALUES ('spare', x'00')", SECRETS, '"spare" is no secret that this program knows'],
    ["a network's key that is gone", unknownNetwork(), SECRETS, "address-key/1, by which networks of open replicas are recognised"],
    [
      "a sequence at its end",
      "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'accounts'",
      ROOM,
      "accounts is 9223372036854775807",
    ],
    ["a sequence of text", "UPDATE sqlite_sequence SET seq = 'x' WHERE name = 'jobs'", ROOM, "the last number of jobs is x"],
    [
      "a number that cannot be read",
      "UPDATE accounts SET units_final = 9007199254740993",
      "What the tables hold can be read.",
      "too large",
    ],
    [
      "a site's time far off",
      siteWith({ counted_from: "900000000000000000" }),
      SITES,
      "site 7: its counted_from is 900000000000000000, not 0 to",
    ],
    ["a site's time before all", siteWith({ off_at: "-1" }), SITES, "its off_at is -1"],
    ["fewer units than none", siteWith({ units: "-5" }), SITES, "its units is -5, not 0 to 9007199254740991"],
    ["a site that had more before", siteWith({ units_before: "1" }), SITES, "site 7: it had more when the hour began than it has"],
    ["a site's hour far off", siteWith({ hour: "9007199254740991" }), SITES, "its hour is 9007199254740991"],
    ["less credit than none", siteWith({ credit: "-1" }), SITES, "its credit is -1.0"],
    ["a site's credit without end", siteWith({ credit: "9e999" }), SITES, "its credit is Inf"],
    [
      "a site of another scheme",
      siteWith({ origin: "'javascript:alert(1)'" }),
      SITES,
      'site 7, "javascript:alert(1)": its origin is none.',
    ],
    ["a site that is a policy", siteWith({ origin: "'https://x.example; script-src *'" }), SITES, "its origin is none."],
    [
      "a site with a path",
      siteWith({ origin: "'https://Blog.example/'" }),
      SITES,
      "not written as a browser writes it, https://blog.example",
    ],
    ["a site's name that turns around", siteWith({ name: "'a' || char(8238) || 'b'" }), SITES, "its name has U+202E"],
    ["a site's name that rings", siteWith({ name: "char(7)" }), SITES, "its name has U+0007"],
    ["a site's name that is too long", siteWith({ name: "printf('%.61c', 'n')" }), SITES, "its name has 61 characters, not 1 to 60"],
    ["a site without a name", siteWith({ name: "''" }), SITES, "its name has 0 characters"],
    ["a key that is none", "UPDATE accounts SET public_key = 'zz'", ACCOUNTS, 'account 1: its key, "zz", is not 64 hexadecimal digits'],
    ["a key in capitals", "UPDATE accounts SET public_key = printf('%.64c', 'A')", ACCOUNTS, "is not 64 hexadecimal digits"],
    ["an account's credit without end", "UPDATE accounts SET credit_final = 9e999", ACCOUNTS, "its credit_final is Inf"],
    [
      "credit without end in the sums",
      "UPDATE accounts SET credit_final = 9e999",
      "Each account's credit is the sum",
      "account 1 has Infinity",
    ],
    [
      "an account's count that is too large",
      "UPDATE accounts SET units_final = 9007199254740993",
      ACCOUNTS,
      "its units_final is 9007199254740993",
    ],
    ["an account's time far off", "UPDATE accounts SET created_at = 900000000000000000", ACCOUNTS, "its created_at is 900000000000000000"],
  ])("%s, and says what to do", async (_, sql, check, found) => {
    const ran = await idlewave(["doctor", await forged(sql), "--json"]);
    expect(ran.code).toBe(1);
    const finding = findingsOf(ran).find((each) => each.check.startsWith(check));
    expect(finding).toMatchObject({ holds: false, found: expect.stringContaining(found), todo: expect.stringMatching(/\.$/) });
  });

  test("nothing in a folder that is as it was left", async () => {
    const findings = findingsOf(await idlewave(["doctor", await forged("SELECT 1"), "--json"]));
    expect(findings.filter(({ holds, check }) => !holds && check !== "The disk has room.")).toEqual([]);
  });
});

describe("a start is refused", () => {
  test.each([
    ["by a foreign trigger", TRIGGER, 'The database has the trigger "promote" on accounts, which this program did not make'],
    ["by a virtual table", VIRTUAL, 'The database has the table "spare", which this program did not make'],
    ["by a foreign view", VIEW, 'The database has the view "spare", which this program did not make'],
    ["by a spec that is empty", "UPDATE jobs SET spec = '{}'", "The spec of job 1 lacks units, quorum"],
    ["by a spec that is no JSON", "UPDATE jobs SET spec = 'x'", "The spec of job 1 is no JSON object."],
    ["by a spec that no job can have", "UPDATE jobs SET spec = json_set(spec, '$.quorum', 1000)", "The spec of job 1 is wrong: "],
    ["by a state that there is not", "UPDATE jobs SET state = 'zzz'", 'Job 1 has the state "zzz"'],
    ["by a finding of the canary that is none", "UPDATE jobs SET canary = '{'", "The canary's finding of job 1 is no JSON object."],
    ["by a page that cannot be read", "UPDATE journal SET body = x'99'", "page 0 of job 1"],
  ])("%s, with the way out", async (_, sql, message) => {
    const copy = await forged(sql);
    const { code, stderr } = await idlewave(["serve", "--data", copy, "--port", "0"]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`npx idlewave doctor ${copy} tells what else is wrong. Restore a backup that you trust`);
  });
});

test.each([siteWith({ units: "-5", origin: "'javascript:alert(1)'" }), "UPDATE accounts SET public_key = 'zz'"])(
  "a backup with a row that no program wrote is restored, with the way to the doctor: %s",
  async (sql) => {
    const copy = await forged(sql);
    await reseal(copy);
    const data = join(folder, `restored-${copies}`, "data");
    const { code, stdout, stderr } = await idlewave(["restore", copy, "--data", data]);
    expect(code).toBe(0);
    expect(stdout + stderr).toContain("doctor");
  },
);

test.each([TRIGGER, VIEW, VIRTUAL])("no backup is restored with a part that would run by itself: %s", async (sql) => {
  const copy = await forged(sql);
  await reseal(copy);
  const data = join(folder, "never", "data");
  const { code, stderr } = await idlewave(["restore", copy, "--data", data]);
  expect(code).toBe(1);
  expect(stderr).toContain("which this program did not make and which would run with its rights. Nothing was restored.");
  expect(await readdir(join(folder, "never"))).toEqual([]);
});
