import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untar } from "../../../server/cli/untar.ts";
import type { Settled, StoreOp } from "../../../server/core/store.ts";
import { JournalWriter, type UnitOp } from "../../../server/store/journal.ts";
import { pack, unpack } from "../../../server/store/packed.ts";
import { certificateMessage } from "../../../shared/account/certificate.ts";
import { accountKey, newSeed } from "../../../shared/account/key.ts";
import type { AccountId, JobId, StatementId } from "../../../shared/ids.ts";
import { SocketEvent } from "../../../shared/protocol.ts";
import { bytesOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";
import { digest, final, replica, SPEC, bytesOf as storedBytes, unit } from "../store/place.ts";
import { change, findingsOf } from "./data-folder.ts";
import { idlewave } from "./run.ts";

const UNITS = 12;

let folder: string;
let server: TestServer;
let env: Record<string, string>;
/** A backup made while two volunteers worked. */
let made: string;

const answer = (unit: number) => bytesOf(unit + 1);

async function finish(): Promise<void> {
  const volunteers = [await new Volunteer(server.url).join(), await new Volunteer(server.url).join()];
  for (let round = 0; round < 100; round++) {
    let worked = false;
    for (const volunteer of volunteers) worked = (await volunteer.work(answer)) !== null || worked;
    if (!worked) break;
  }
  for (const volunteer of volunteers) volunteer.leave();
}

/** A pool with a member, who computes its job. */
async function poolAtWork(): Promise<void> {
  const response = await server.post("/api/pools", { name: "Physics lab" }, server.token);
  const { id, link } = (await response.json()) as { id: number; link: string };
  await server.submit(packageOf(UNITS, 1, { pool: id, verify: { tier: "trusted" } }));
  const { volunteer } = await new Volunteer(server.url).joinPool(link.split("#")[1] ?? "");
  while (await volunteer.work(answer)) {}
  volunteer.leave();
}

/** Under a new account's key. */
async function joinAccount(volunteer: Volunteer): Promise<void> {
  const key = accountKey(newSeed());
  const parts = { account: Buffer.from(key.publicKey), created: 1, name: "laptop" };
  const signature = Buffer.from(key.sign(certificateMessage({ ...parts, device: volunteer.publicKey })));
  expect(await volunteer.ask(SocketEvent.Link, { ...parts, signature })).toMatchObject({ ok: true });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-backup-"));
  server = await startServer({}, join(folder, "data"));
  env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
  await server.submit(packageOf(UNITS));
  await finish();
  await server.submit(packageOf(UNITS));
  await poolAtWork();
  made = join(folder, "made");
  const working = new Volunteer(server.url);
  await working.join();
  await joinAccount(working);
  const [ran] = await Promise.all([
    idlewave(["backup", made, "--json"], env),
    (async () => {
      for (let batch = 0; batch < 5; batch++) await working.work(answer, 1);
    })(),
  ]);
  working.leave();
  expect(ran).toMatchObject({ code: 0, stderr: "" });
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

let copies = 0;
/** A copy of the backup to damage. */
async function copyOf(): Promise<string> {
  const copy = join(folder, `copy-${++copies}`);
  await cp(made, copy, { recursive: true });
  return copy;
}

async function aBlob(copy: string): Promise<string> {
  for (const name of (await readdir(join(copy, "blobs"), { recursive: true })).sort())
    if (/[0-9a-f]{64}$/.test(name)) return join(copy, "blobs", name);
  throw new Error("there is no blob");
}

const [JOB, ONE, TWO] = [1 as JobId, 1 as AccountId, 2 as AccountId];
/** More than a page keeps. */
const LONG = "l".repeat(2000);
const ZERO = "zeroblob(32)";

/** What two accounts said of unit 3. */
const voted = (one: string, two: string) => [replica(JOB, 3, ONE, one), replica(JOB, 3, TWO, two)];
const bytes = (text: string) => storedBytes(JOB, 3, text);

function settled(outcomes: Settled["outcome"][]): StoreOp {
  const said = (outcome: Settled["outcome"], index: number): Settled => ({
    account: index === 0 ? ONE : TWO,
    credit: SPEC.creditPerUnit,
    outcome,
    digest: digest("a"),
    statement: 0 as StatementId,
    signed: true,
  });
  return { type: "final", job: JOB, unit: unit(3), digest: digest("a"), audited: "no", settled: outcomes.map(said), at: 3000 };
}

/** Puts a journal in place of the finished job's packed page; `more`: hexadecimal that follows it. */
function journal(copy: string, ops: StoreOp[], more = ""): void {
  const writer = new JournalWriter();
  for (const op of ops) writer.write(op as UnitOp);
  const body = Buffer.from(writer.body).toString("hex") + more;
  change(copy, `DELETE FROM pages WHERE job = 1; INSERT INTO journal (job, page, body) VALUES (1, 0, x'${body}')`);
}

/** Takes one unit out of the finished job's packed page. */
function dropUnit(copy: string): void {
  const database = new DatabaseSync(join(copy, "idlewave.sqlite"));
  const { body } = database.prepare("SELECT body FROM pages WHERE job = 1").get() as { body: Uint8Array };
  const units = unpack(body);
  units.delete(3);
  database.prepare("UPDATE pages SET body = ? WHERE job = 1").run(pack(units));
  database.close();
}

describe("a backup", () => {
  test("of a coordinator at work is restored with every id, credit, token and result", async () => {
    const data = join(folder, "restored");
    expect(await idlewave(["restore", made, "--data", data])).toMatchObject({ code: 0 });
    const examined = await idlewave(["doctor", data, "--json"]);
    expect(findingsOf(examined).filter(({ holds, check }) => !holds && check !== "The disk has room.")).toEqual([]);
    const before = await (await server.get("/api/volunteers")).json();
    const results = await (await server.get("/api/jobs/1/results?format=raw", server.token)).arrayBuffer();
    const restored = await startServer({}, data, server.token);
    try {
      const after = (await (await restored.get("/api/volunteers")).json()) as { volunteers: { id: string; credit: { final: number } }[] };
      const finals = ({ volunteers }: typeof after) =>
        volunteers.filter(({ credit }) => credit.final > 0).map(({ id, credit }) => [id, credit.final]);
      expect(finals(after)).toEqual(finals(before as typeof after));
      expect(finals(after)).toHaveLength(2);
      const pools = await (await restored.get("/api/pools", server.token)).json();
      expect(pools).toMatchObject({ pools: [{ name: "Physics lab", members: 1 }] });
      expect((await restored.get("/api/jobs/3")).status).toBe(404);
      const again = await restored.get("/api/jobs/1/results?format=raw", server.token);
      expect(Buffer.from(await again.arrayBuffer()).equals(Buffer.from(results))).toBe(true);
      expect(await restored.submit(packageOf(1), "", server.token)).toBe(4);
    } finally {
      await restored.close();
    }
  }, 30_000);

  test("needs the administrator's token", async () => {
    const target = join(folder, "refused");
    expect((await idlewave(["backup", target], { IDLEWAVE_URL: server.url })).code).toBe(5);
    const token = (await (await server.post("/api/tokens", { name: "ada" }, server.token)).json()) as { token: string };
    expect((await server.post("/api/backup", undefined, token.token)).status).toBe(403);
    expect(await readdir(folder)).not.toContain("refused");
  });

  test("is a tar archive that other programs read, and leaves no snapshot behind", async () => {
    const response = await server.post("/api/backup", undefined, server.token);
    await writeFile(join(folder, "b.tar"), Buffer.from(await response.arrayBuffer()));
    const names = execFileSync("tar", ["tf", join(folder, "b.tar")], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(names[0]).toBe("idlewave.sqlite");
    expect(names.at(-1)).toBe("backup.json");
    await expect.poll(async () => (await readdir(server.folder)).filter((name) => name.startsWith(".backup"))).toEqual([]);
  });

  test("goes on to be possible after somebody hung up in the middle of one", async () => {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${server.token}` };
    const response = await fetch(`${server.url}/api/backup`, { method: "POST", headers, signal: abort.signal });
    expect(response.status).toBe(200);
    expect((await server.post("/api/backup", undefined, server.token)).status).toBe(429);
    abort.abort();
    await expect.poll(async () => (await idlewave(["backup", join(folder, "after")], env)).code, { timeout: 10_000 }).toBe(0);
  }, 20_000);

  test("of a stopped folder is the same; of a running one it is refused with what to do", async () => {
    const running = await idlewave(["backup", join(folder, "never"), "--data", server.folder]);
    expect(running.code).toBe(1);
    expect(running.stderr).toContain(
      "a coordinator runs on it. Of a coordinator that runs, leave out --data: npx idlewave backup <folder> asks it.",
    );
    const stopped = join(folder, "stopped");
    await idlewave(["restore", made, "--data", stopped]);
    expect(await idlewave(["backup", join(folder, "offline"), "--data", stopped])).toMatchObject({ code: 0 });
    const [a, b] = await Promise.all([made, join(folder, "offline")].map((each) => readFile(join(each, "backup.json"), "utf8")));
    expect((JSON.parse(b ?? "") as { blobs: unknown }).blobs).toEqual((JSON.parse(a ?? "") as { blobs: unknown }).blobs);
    expect((await readdir(stopped)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("of a folder whose coordinator was killed has what was committed", async () => {
    const crashed = join(folder, "crashed");
    // All is on disk, in the log beside the database: what a kill -9 leaves.
    await cp(server.folder, crashed, { recursive: true });
    expect(await readdir(crashed)).toContain("idlewave.sqlite-wal");
    const examined = findingsOf(await idlewave(["doctor", crashed, "--json"]));
    expect(examined.filter(({ holds, check }) => !holds && check !== "The disk has room.")).toEqual([]);
    const copy = join(folder, "of-crashed");
    expect(await idlewave(["backup", copy, "--data", crashed])).toMatchObject({ code: 0 });
    const database = new DatabaseSync(join(copy, "idlewave.sqlite"), { readOnly: true });
    const row = database.prepare("SELECT final FROM jobs WHERE id = 1").get();
    database.close();
    expect(row).toEqual({ final: UNITS });
  });

  test("is written over nothing", async () => {
    expect(await idlewave(["backup", made], env)).toMatchObject({ code: 2, stderr: expect.stringContaining("is not an empty folder") });
    expect(await idlewave(["restore", made, "--data", server.folder])).toMatchObject({ code: 2 });
  });
});

describe("a damaged backup", () => {
  const damages: [string, (copy: string) => Promise<void>, string][] = [
    ["with a changed blob", async (copy) => writeFile(await aBlob(copy), "other"), "it is damaged."],
    ["with a blob fewer", async (copy) => rm(await aBlob(copy)), "and should have"],
    [
      "with a changed database",
      async (copy) => change(copy, "UPDATE accounts SET credit_final = 1e6"),
      "idlewave.sqlite is missing or damaged.",
    ],
    ["without backup.json", (copy) => rm(join(copy, "backup.json")), "There is no backup.json in"],
    ["with another backup.json", (copy) => writeFile(join(copy, "backup.json"), "{}"), "is not one that this program knows."],
    ["with something that is no blob", (copy) => writeFile(join(copy, "blobs", "00-evil"), ""), "is no part of a backup."],
  ];
  test.each(damages)("%s is not restored, and nothing stays behind", async (_, damage, message) => {
    const copy = await copyOf();
    await mkdir(join(copy, "blobs", "00"), { recursive: true });
    await damage(copy);
    const data = join(folder, "never", `data-${copies}`);
    const { code, stderr } = await idlewave(["restore", copy, "--data", data]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(await readdir(join(folder, "never")).catch(() => [])).toEqual([]);
  });
});

describe("the doctor", () => {
  const UNWELL: [string, (copy: string) => Promise<void> | void, string][] = [
    [
      "credit that no replica earned",
      (copy) => change(copy, "UPDATE accounts SET credit_final = credit_final + 1 WHERE id = 1"),
      "Each account's credit is",
    ],
    [
      "a count that is off",
      (copy) => change(copy, "UPDATE accounts SET units_final = units_final + 1 WHERE id = 1"),
      "Each account's counts are",
    ],
    [
      "more given to a site than was earned",
      (copy) =>
        change(
          copy,
          "INSERT INTO sites (origin, name, created_at, counted_from, units) VALUES ('https://blog.example', 'Blog', 1, 1, 1000)",
        ),
      "What all sites were given is not more",
    ],
    ["a member's count that is off", (copy) => change(copy, "UPDATE members SET final = final + 1"), "Each member's counts are"],
    [
      "a member of no pool",
      (copy) => change(copy, "INSERT INTO members (pool, account, joined_at) VALUES (99, 1, 5)"),
      "The database file is whole.",
    ],
    ["a job of no pool", (copy) => change(copy, "UPDATE jobs SET pool = 99 WHERE id = 1"), "The database file is whole."],
    ["a job's count that is off", (copy) => change(copy, "UPDATE jobs SET final = final + 1 WHERE id = 1"), "Each job's counts are"],
    [
      "a final unit without its result",
      (copy) => journal(copy, [...voted(LONG, LONG), bytes(LONG), final(JOB, 3, LONG, [ONE, TWO])]),
      "Each final unit has",
    ],
    [
      "an open replica of a unit that ended",
      (copy) => journal(copy, [...voted("a", "a"), bytes("a"), settled(["open" as "void", "final"])]),
      "No replica of a unit that has ended",
    ],
    [
      "a wrong result that was paid",
      (copy) => journal(copy, [...voted("a", "lie"), bytes("a"), settled(["final", "final"])]),
      "Only replicas that equal",
    ],
    [
      "a result that was paid within a tolerance, and whose bytes never came",
      (copy) => {
        change(copy, "UPDATE jobs SET spec = json_set(spec, '$.floats', json('true'), '$.tolerant', json('true')) WHERE id = 1");
        return journal(copy, [...voted("a", "near"), bytes("a"), settled(["final", "final"])]);
      },
      "Only replicas that equal",
    ],
    [
      "a job in the canary that has units",
      (copy) => change(copy, "UPDATE jobs SET state = 'canary' WHERE id = 1"),
      "No job that volunteers",
    ],
    ["a finding of the canary that is none", (copy) => change(copy, "UPDATE jobs SET canary = '{' WHERE id = 1"), "What the canary found"],
    ["a unit beyond the job", (copy) => journal(copy, [replica(JOB, 99, ONE, "a")]), "No unit lies outside"],
    ["credit in escrow of a job that is done", (copy) => journal(copy, voted("a", "b")), "No job that is done holds"],
    [
      "a result of a page with other bytes",
      (copy) => journal(copy, [{ ...bytes("a"), digest: digest("b") } as StoreOp]),
      "Each result in a page",
    ],
    [
      "a result with other bytes",
      (copy) => change(copy, "INSERT INTO results VALUES (1, 3, zeroblob(32), zeroblob(2000))"),
      "Each result in the database",
    ],
    [
      "a packed page that is cut off",
      (copy) => change(copy, "UPDATE pages SET body = substr(body, 1, 40)"),
      "Each page of units can be read",
    ],
    [
      "a packed page with numbers beyond its end",
      (copy) => change(copy, "UPDATE pages SET body = x'01'"),
      "Each page of units can be read",
    ],
    ["a record of no known kind", (copy) => journal(copy, [replica(JOB, 1, ONE, "a")], "99"), "Each page of units can be read"],
    [
      "a page that is packed and under way",
      (copy) => change(copy, "INSERT INTO journal (job, page, body) VALUES (1, 0, x'')"),
      "No page is both",
    ],
    ["a packed page that has not ended", dropUnit, "A page of a job that goes on"],
    [
      "a page that an account's list leaves out",
      (copy) => change(copy, "DELETE FROM page_accounts WHERE account = 1"),
      "Each account's pages",
    ],
    ["a job made by more than are listed", (copy) => change(copy, "UPDATE jobs SET made_by = made_by + 1"), "Each job was made by as many"],
    [
      "somebody who made nothing among a job's makers",
      (copy) => change(copy, "INSERT INTO makers VALUES (1, 999); UPDATE jobs SET made_by = made_by + 1 WHERE id = 1"),
      "Each job was made by as many",
    ],
    ["a refusal of nobody", (copy) => change(copy, `INSERT INTO refusals VALUES (1, 1, 3, 1, ${ZERO}, ${ZERO}, 5)`), "Refusals and failed"],
    ["a failed unit that is final", (copy) => change(copy, "INSERT INTO failures VALUES (1, 3, 5)"), "Refusals and failed"],
    ["a failed unit of no page", (copy) => change(copy, "INSERT INTO failures VALUES (2, 99999, 5)"), "Refusals and failed"],
    [
      "credit that no signature covers and that has vested all the same",
      (copy) => change(copy, "UPDATE statements SET signature = NULL, signed_at = NULL"),
      "What waits for a signature is",
    ],
    [
      "a statement that is not there",
      (copy) => change(copy, "DELETE FROM statements WHERE id = (SELECT max(id) FROM statements)"),
      "What waits for a signature is",
    ],
    [
      "another's statement",
      (copy) => change(copy, "UPDATE statements SET account = 3 - account WHERE account < 3"),
      "What waits for a signature is",
    ],
    ["a signature over something else", (copy) => change(copy, `UPDATE statements SET hash = ${ZERO}`), "Each signature over results is"],
    [
      "a device under another account",
      (copy) => change(copy, `UPDATE devices SET account_key = '${"12".repeat(32)}'`),
      "Each device is of",
    ],
    ["a device of another name", (copy) => change(copy, "UPDATE devices SET name = 'phone'"), "Each device is of"],
    ["a device that nobody took off its account", (copy) => change(copy, "UPDATE devices SET revoked_at = 5"), "Each device is of"],
    ["a newer database", (copy) => change(copy, "INSERT INTO versions (version) VALUES (999)"), "The database has this program's version."],
    ["a damaged blob", async (copy) => writeFile(await aBlob(copy), "other"), "Each blob has the digest"],
    ["a missing blob", (copy) => rm(join(copy, "blobs"), { recursive: true }), "Each blob that is referred to"],
  ];
  test.each(UNWELL)("finds %s and says what to do", async (_, damage, check) => {
    const copy = await copyOf();
    await damage(copy);
    const ran = await idlewave(["doctor", copy, "--json"]);
    expect(ran.code).toBe(1);
    const finding = findingsOf(ran).find((each) => each.check.startsWith(check));
    expect(finding).toMatchObject({ holds: false, todo: expect.stringMatching(/\.$/) });
  });

  test("notes a blob that nothing refers to", async () => {
    const copy = await copyOf();
    const hash = digest("nobody's");
    await mkdir(join(copy, "blobs", hash.slice(0, 2)), { recursive: true });
    await writeFile(join(copy, "blobs", hash.slice(0, 2), hash), "nobody's");
    const noteOf = async () =>
      findingsOf(await idlewave(["doctor", copy, "--json"])).find(({ check }) => check.startsWith("Blobs that nothing"));
    expect(await noteOf()).toMatchObject({ holds: true, found: `1 of 0.0 MB: ${hash}`, todo: expect.stringMatching(/deleted/) });
    change(copy, `INSERT INTO garbage VALUES (x'${hash}')`);
    expect(await noteOf()).toMatchObject({ holds: true, found: "there is none", todo: "" });
  });

  test("finds a torn page", async () => {
    const copy = await copyOf();
    const path = join(copy, "idlewave.sqlite");
    const bytes = await readFile(path);
    bytes.fill(0xa5, 4096 * 3 + 8, 4096 * 4);
    await writeFile(path, bytes);
    const { code, stdout, stderr } = await idlewave(["doctor", copy]);
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/✗ The database file is whole\.|cannot be read/);
  });

  test("shows each check with a mark, and leaves the folder as it was", async () => {
    const copy = await copyOf();
    const before = await readFile(join(copy, "idlewave.sqlite"));
    const { stdout } = await idlewave(["doctor", copy]);
    expect(stdout.match(/^[✓✗] /gm)).toHaveLength(findingsOf(await idlewave(["doctor", copy, "--json"])).length);
    expect((await readFile(join(copy, "idlewave.sqlite"))).equals(before)).toBe(true);
  });

  test("looks at no folder that is used or is none", async () => {
    expect(await idlewave(["doctor", server.folder])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("a coordinator runs on it"),
    });
    expect(await idlewave(["doctor", folder])).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no") });
  });
});

test("bytes that are no archive end in an error, never in a file", async () => {
  const source = async function* (bytes: Uint8Array) {
    yield bytes;
  };
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (bytes) => {
      fc.pre(bytes.subarray(0, 512).some((byte) => byte !== 0));
      await expect(untar(source(bytes)).next()).rejects.toThrow(/broke off|no tar archive|no file|is none/);
    }),
  );
});
