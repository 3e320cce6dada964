/** The checker of power cuts is checked: it must find what a trace that was doctored has lost. */
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SqliteStore } from "../../server/store/sqlite.ts";
import type { JobId, PublicKeyHex } from "../../shared/ids.ts";
import { encodeFrame } from "../../shared/wire/codec.ts";
import { jobRow, publicKey, replica, SPEC, temporaryFolder } from "../unit/store/place.ts";
import type { Promised } from "./check.ts";
import { resultOf, sha256 } from "./jobs.ts";
import { cutPower, departures, type Traced } from "./power.ts";
import { generator } from "./random.ts";
import { parseTrace, type TraceEvent } from "./trace.ts";

const SID = "abcdefghijklmnopqrst";
const PORT = 40_000;

/** A replica that was committed and acknowledged, as a trace of one write-ahead log, its sync and two sends. */
async function acknowledged(): Promise<{ traced: Traced; promised: Promised; scratch: string }> {
  const folder = await temporaryFolder();
  const [root, baseline] = [join(folder, "data"), join(folder, "baseline")];
  await cp(await emptyData(folder), root, { recursive: true });
  await cp(root, baseline, { recursive: true });
  const path = join(root, "idlewave.sqlite");
  const store = new SqliteStore(path);
  const account = await store.accountOf(publicKey(1) as PublicKeyHex, 1);
  const [op] = [replica(1 as JobId, 3, account.id, "")];
  if (op?.type !== "replica") throw new Error("no replica");
  const digest = sha256(resultOf("inline", 3));
  await store.commit([{ type: "replica", replica: { ...op.replica, digest } }]);
  const log = await readFile(`${path}-wal`);
  await store.close();
  const events: TraceEvent[] = [
    {
      kind: "send",
      port: PORT,
      bytes: Buffer.concat([Buffer.from([0x83, 0xa3]), Buffer.from("sid"), Buffer.from([0xb4]), Buffer.from(SID)]),
    },
    { kind: "create", path: `${path}-wal`, empty: false },
    { kind: "write", path: `${path}-wal`, offset: 0, bytes: log },
    { kind: "sync", path: `${path}-wal`, from: 3 },
    { kind: "sync", path: root, from: 4 },
    { kind: "send", port: PORT, bytes: answerOnTheWire() },
  ];
  const lines = [{ kind: "replica" as const, volunteer: 0, job: 1, unit: 3, digest, mark: `${SID} answer 0` }];
  const volunteers = [{ index: 0, publicKey: publicKey(1), liar: false, sent: new Set(["1/3"]) }];
  return { traced: { events, root, baseline, earlier: 0 }, promised: { lines, volunteers }, scratch: join(folder, "scratch") };
}

async function emptyData(folder: string): Promise<string> {
  const data = join(folder, "made");
  await cp(await temporaryFolder(), data, { recursive: true });
  const store = new SqliteStore(join(data, "idlewave.sqlite"));
  await store.addJob(jobRow({ manifest: '{"name":"chaos-inline"}' }), { ...SPEC, requires: { features: [], limits: {} } });
  await store.close();
  return data;
}

function answerOnTheWire(): Buffer {
  const frame = encodeFrame({ type: "answer", verdicts: ["recorded"] });
  return Buffer.concat([Buffer.from([0x82, 0x10, 0x91, 0xc4, frame.byteLength]), frame]);
}

async function lostIn(change: (events: TraceEvent[]) => TraceEvent[]): Promise<string[]> {
  const { traced, promised, scratch } = await acknowledged();
  const doctored = { ...traced, events: change([...traced.events]) };
  const findings = await cutPower(doctored, promised, generator(1), `${scratch}-remains`, scratch);
  return findings.flatMap(({ lost, double, broken }) => [...lost, ...double, ...broken]);
}

describe("a power cut right after an acknowledgement", () => {
  it("loses nothing when the log was synced before", async () => {
    expect(await lostIn((events) => events)).toEqual([]);
  });

  it("is found to lose the replica when the answer left before the sync", async () => {
    const lost = await lostIn(([sid, create, write, sync, folder, answer]) => [sid, create, write, answer, sync, folder] as TraceEvent[]);
    expect(lost).toContain("replica of unit 3 of job 1 by volunteer 0");
  });

  it("is found to lose it when the log was never synced, or its name was not", async () => {
    expect(await lostIn((events) => events.filter((_, at) => at !== 3))).toContain("replica of unit 3 of job 1 by volunteer 0");
    expect(await lostIn((events) => events.filter((_, at) => at !== 4))).toContain("replica of unit 3 of job 1 by volunteer 0");
  });

  it("is found to lose it when the sync began before the write", async () => {
    const lost = await lostIn((events) => events.map((event) => (event.kind === "sync" ? { ...event, from: 2 } : event)));
    expect(lost).toContain("replica of unit 3 of job 1 by volunteer 0");
  });

  it("proves nothing without the answer in the trace, and says so", async () => {
    await expect(lostIn((events) => events.slice(0, 5))).rejects.toThrow(`the trace has no answer ${SID} answer 0`);
  });
});

describe("a trace", () => {
  const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");

  it("is read across threads, and a sync counts from its success", async () => {
    const events = await parseTrace([
      `7  pwrite64(20<${hex("/d/w")}>, "${hex("ab")}", 2, 4096 <unfinished ...>`,
      `8  fsync(20<${hex("/d/w")}> <unfinished ...>`,
      "7  <... pwrite64 resumed>) = 2",
      `9  fsync(20<${hex("/d/w")}>) = -1 EIO (Input/output error) (INJECTED)`,
      "8  <... fsync resumed>) = 0",
      `7  writev(9<TCP:[127.0.0.1:80->127.0.0.1:${PORT}]>, [{iov_base="${hex("a")}", iov_len=1}, {iov_base="${hex("b")}", iov_len=1}], 2) = 2`,
      `7  rename("${hex("/d/a")}", "${hex("/d/b")}") = 0`,
    ]);
    expect(events).toEqual([
      { kind: "write", path: "/d/w", offset: 4096, bytes: Buffer.from("ab") },
      { kind: "sync", path: "/d/w", from: 1 },
      { kind: "send", port: PORT, bytes: Buffer.from("ab") },
      { kind: "rename", path: "/d/a", to: "/d/b" },
    ]);
  });

  it("is refused when strace cut it short", async () => {
    await expect(parseTrace([`7  pwrite64(20<${hex("/d/w")}>, "${hex("ab")}"..., 4096, 0) = 4096`])).rejects.toThrow("cut short");
  });

  it("tells answers of one connection from those of another", () => {
    const sid = (name: string) =>
      Buffer.concat([Buffer.from([0xa3]), Buffer.from("sid"), Buffer.from([0xb4]), Buffer.from(name.repeat(20))]);
    const left = departures([
      { kind: "send", port: 1, bytes: sid("a") },
      { kind: "send", port: 2, bytes: sid("b") },
      { kind: "send", port: 2, bytes: answerOnTheWire() },
      { kind: "send", port: 1, bytes: Buffer.concat([answerOnTheWire(), answerOnTheWire()]) },
      { kind: "send", port: 3, bytes: Buffer.from("HTTP/1.1 204 No Content\r\n\r\n") },
    ]);
    expect([...left]).toEqual([
      [`${"b".repeat(20)} answer 0`, 2],
      [`${"a".repeat(20)} answer 0`, 3],
      [`${"a".repeat(20)} answer 1`, 3],
      ["port 3", 4],
    ]);
  });
});
