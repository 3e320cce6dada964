import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Reply } from "../../../server/core/effects.ts";
import { answer } from "../../../server/gateway/answer.ts";
import { ClaimPace, IdleAnswers } from "../../../server/gateway/pace.ts";
import { exactBytes } from "../../../shared/bytes.ts";
import { type AccountId, type HostId, type PublicKeyHex, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { OWN_UNITS_PAGE, SocketEvent } from "../../../shared/protocol.ts";
import { encodeFrame } from "../../../shared/wire/codec.ts";
import { addJob, planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf, resultOf, Volunteer } from "./volunteer.ts";

let network: TestNetwork;
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork();
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  await network.close();
});

async function join(keys = generateKeyPairSync("ed25519"), url = network.url): Promise<Volunteer> {
  const volunteer = await new Volunteer(url, keys).join();
  volunteers.push(volunteer);
  return volunteer;
}

/** Claims and submits until there is nothing more to claim. */
async function workAll(volunteer: Volunteer, value: (unit: UnitIndex) => Uint8Array): Promise<void> {
  while (await volunteer.work(value));
}

describe("a volunteer's work", () => {
  it("becomes final when two volunteers got the same bytes, and earns both credit", async () => {
    const job = await network.addJob(planOf(40));
    const first = await join();
    const second = await join();
    await workAll(first, (unit) => bytesOf(unit * 3));
    await workAll(second, (unit) => bytesOf(unit * 3));
    expect(network.coordinator.counts(job)).toMatchObject({ final: 40, failed: 0, refused: 0 });
    const finals = await network.store.finals(job, 0 as UnitIndex, 100);
    expect(finals.map((row) => [row.unit, [...(row.bytes ?? [])]])).toEqual(
      Array.from({ length: 40 }, (_, unit) => [unit, [...bytesOf(unit * 3)]]),
    );
    for (const account of (await network.store.accounts(10)).slice(0, 2))
      expect(account).toMatchObject({ creditFinal: 40, creditEscrow: 0, unitsSubmitted: 40, unitsFinal: 40 });
  });

  it("is taken from everybody when its job is halted, who are told so, and goes on when it is resumed", async () => {
    const job = await network.addJob(planOf(6));
    const [first, second] = [await join(), await join()];
    const told = [first, second].map(({ socket }) => new Promise((resolve) => socket.once(SocketEvent.Withdraw, resolve)));
    await first.claim(2, job);
    await network.coordinator.dispatch({ type: "job-verb", job, verb: "halt" });
    expect(await Promise.all(told)).toEqual([{ job }, { job }]);
    expect(network.coordinator.counts(job)).toMatchObject({ leased: 0 });
    await network.coordinator.dispatch({ type: "job-verb", job, verb: "resume" });
    for (const volunteer of [first, second]) await workAll(volunteer, (unit) => bytesOf(unit));
    expect(network.coordinator.counts(job)).toMatchObject({ final: 6 });
  });

  it("is told to the account's sockets, with the units that became final", async () => {
    await network.addJob(planOf(3));
    const first = await join();
    const second = await join();
    const told = new Promise<void>((resolve) => first.socket.once(SocketEvent.Account, () => resolve()));
    await workAll(first, (unit) => bytesOf(unit));
    await workAll(second, (unit) => bytesOf(unit));
    await told;
    while (first.notices.flatMap((notice) => notice.changes).length < 3)
      await new Promise((resolve) => first.socket.once(SocketEvent.Account, resolve));
    const changes = first.notices.flatMap((notice) => notice.changes);
    expect(changes.map(({ unit, state }) => `${unit} ${state}`).sort()).toEqual(["0 final", "1 final", "2 final"]);
    expect(first.notices.at(-1)?.credit).toEqual({ escrow: 0, final: 3 });
  });

  it("is counted once however often it is submitted", async () => {
    const job = await network.addJob(planOf(8));
    const volunteer = await join();
    const assignment = await volunteer.claim(8, job);
    const results = [...unitsOf(assignment.runs)].map((unit) => resultOf(unit, bytesOf(unit)));
    const submit = { type: "submit", token: assignment.token, results } as const;
    const first = await volunteer.send(submit);
    expect(first).toEqual({ type: "answer", verdicts: results.map(() => "recorded") });
    for (let i = 0; i < 3; i++) expect(await volunteer.send(submit)).toEqual({ type: "answer", verdicts: results.map(() => "duplicate") });
    expect((await volunteer.units(job)).units.length).toBe(results.length);
    expect(network.coordinator.counts(job)).toMatchObject({ counted: results.length });
  });

  it("is answered unit by unit when it comes in reverse and in parts", async () => {
    const job = await network.addJob(planOf(8));
    const volunteer = await join();
    const assignment = await volunteer.claim(8, job);
    const results = [...unitsOf(assignment.runs)].map((unit) => resultOf(unit, bytesOf(unit))).reverse();
    const answers = await Promise.all(
      results.map((result) => volunteer.send({ type: "submit", token: assignment.token, results: [result] })),
    );
    expect(answers).toEqual(results.map(() => ({ type: "answer", verdicts: ["recorded"] })));
  });

  it("refuses units that are not in the assignment", async () => {
    const job = await network.addJob(planOf(500));
    const volunteer = await join();
    const { token, runs } = await volunteer.claim(4, job);
    const held = new Set(unitsOf(runs));
    const foreign = [...Array(500).keys()].find((unit) => !held.has(unit as UnitIndex)) as number;
    const answer = await volunteer.send({ type: "submit", token, results: [resultOf(foreign, bytesOf(1))] });
    expect(answer).toEqual({ type: "answer", verdicts: ["refused"] });
  });

  it("refuses another volunteer's token and a token that was touched", async () => {
    const job = await network.addJob(planOf(8));
    const owner = await join();
    const thief = await join();
    const { token } = await owner.claim(4, job);
    const results = [resultOf(0, bytesOf(0))];
    expect(await thief.send({ type: "submit", token, results })).toMatchObject({ type: "error", code: "foreign-token" });
    for (let at = 0; at < token.byteLength; at += 7) {
      const touched = token.slice();
      touched[at] = (touched[at] ?? 0) ^ 1;
      expect(await owner.send({ type: "submit", token: touched, results })).toMatchObject({ type: "error", code: "bad-token" });
    }
  });

  it("refuses bytes that do not have their digest, their length or their framing", async () => {
    const job = await network.addJob(planOf(8));
    const volunteer = await join();
    const { token, runs } = await volunteer.claim(4, job);
    const unit = runs[0]?.start as UnitIndex;
    const wrongFrame = bytesOf(1);
    wrongFrame[0] = 3;
    const bad = [{ ...resultOf(unit, bytesOf(1)), bytes: bytesOf(2) }, resultOf(unit, bytesOf(1, 2)), resultOf(unit, wrongFrame)];
    for (const result of bad)
      expect(await volunteer.send({ type: "submit", token, results: [result] })).toEqual({ type: "answer", verdicts: ["refused"] });
    expect(network.coordinator.counts(job)).toMatchObject({ counted: 0 });
  });

  it("tells nobody what others have sent: bytes are hashed although their digest is stored", async () => {
    const job = await network.addJob(planOf(4));
    const honest = await join();
    const first = await honest.claim(4, job);
    const units = [...unitsOf(first.runs)];
    const [unit = 0 as UnitIndex] = units;
    await honest.send({ type: "submit", token: first.token, results: units.map((each) => resultOf(each, bytesOf(7))) });
    const copycat = await join();
    const assignment = await copycat.claim(4, job);
    for (const guess of [7, 8]) {
      const result = { ...resultOf(unit, bytesOf(guess)), bytes: resultOf(unit, bytesOf(9)).bytes };
      expect(await copycat.send({ type: "submit", token: assignment.token, results: [result] })).toEqual({
        type: "answer",
        verdicts: ["refused"],
      });
    }
    expect(network.coordinator.counts(job)?.final).toBe(0);
  });

  it("is one result a unit and frame, of units that were assigned; what else comes is garbage", async () => {
    const job = await network.addJob(planOf(4));
    const volunteer = await join();
    const assignment = await volunteer.claim(1, job);
    const [unit = 0 as UnitIndex] = [...unitsOf(assignment.runs)];
    const results = [resultOf(unit, bytesOf(1)), resultOf(unit, bytesOf(2)), resultOf((unit + 9) as UnitIndex, bytesOf(1))];
    expect(await volunteer.send({ type: "submit", token: assignment.token, results })).toEqual({
      type: "answer",
      verdicts: ["recorded", "refused", "refused"],
    });
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    for (let frame = 0; frame < 20 && volunteer.socket.connected; frame++)
      await volunteer.send({ type: "submit", token: assignment.token, results: results.slice(2) }).catch(() => undefined);
    await gone;
  });

  it("is judged result by result: one with wrong bytes does not take the others along", async () => {
    const job = await network.addJob(planOf(500));
    const volunteer = await join();
    const { token, runs } = await volunteer.claim(3, job);
    const [one, two, three] = [...unitsOf(runs)].slice(0, 3).map((unit) => resultOf(unit, bytesOf(unit)));
    if (!one || !two || !three) throw new Error("three units were claimed");
    const results = [one, { ...two, bytes: bytesOf(666) }, three];
    expect(await volunteer.send({ type: "submit", token, results })).toEqual({
      type: "answer",
      verdicts: ["recorded", "refused", "recorded"],
    });
    expect(network.coordinator.counts(job)).toMatchObject({ counted: 2 });
  });

  it("is told page by page, the newest first", async () => {
    const job = await network.addJob(planOf(6000), { quorum: 1 });
    const volunteer = await join();
    while ((await volunteer.units(job)).next === undefined) {
      const { token, runs } = await volunteer.claim(4096, job);
      await volunteer.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit))) });
    }
    const newest = await volunteer.units(job);
    expect(newest.units).toHaveLength(OWN_UNITS_PAGE);
    const older = await volunteer.units(job, newest.next);
    expect(older.next).toBeUndefined();
    const told = [...newest.units, ...older.units].map(({ unit }) => unit);
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBe(network.coordinator.counts(job)?.counted);
    await network.coordinator.dispatch({ type: "job-verb", job, verb: "cancel" });
  });

  it("asks for larger bytes when it has none, takes them once and only with the digest that was submitted", async () => {
    const elements = 1000;
    const job = await network.addJob(planOf(2, elements));
    const bytes = bytesOf(...Array.from({ length: elements }, (_, i) => i));
    const volunteer = await join();
    const { token, runs } = await volunteer.claim(2, job);
    const unit = runs[0]?.start as UnitIndex;
    expect(await volunteer.send({ type: "submit", token, results: [resultOf(unit, bytes)] })).toEqual({
      type: "answer",
      verdicts: ["wanted"],
    });
    const others = bytesOf(...Array<number>(elements).fill(7));
    const mismatch = (why: string) => ({ type: "error", code: "bytes-mismatch", message: expect.stringContaining(why) });
    const send = (sent: Uint8Array) => volunteer.send({ type: "bytes", token, unit, bytes: sent });
    expect(await send(others)).toMatchObject(mismatch("not what was submitted: they do not have the digest that was submitted."));
    expect(await send(new Uint8Array(0))).toMatchObject(mismatch("they are 0 bytes, and a result of this job has 4,008."));
    expect(await send(bytes.with(0, 99))).toMatchObject(mismatch("the lengths in them are not those of the job's outputs."));
    const foreign = (unit + 1000) as UnitIndex;
    expect(await volunteer.send({ type: "bytes", token, unit: foreign, bytes })).toMatchObject({ type: "error", code: "not-wanted" });
    expect(await volunteer.send({ type: "bytes", token, unit, bytes })).toEqual({ type: "done" });
    expect(await volunteer.send({ type: "bytes", token, unit, bytes })).toEqual({ type: "done" });
    const rows = network.coordinator.counts(job);
    expect(rows).toMatchObject({ counted: 1, final: 0 });
  });

  it("renews an assignment with a token of its own and gives released units to others", async () => {
    const job = await network.addJob(planOf(4));
    const volunteer = await join();
    const assignment = await volunteer.claim(4, job);
    const renewed = await volunteer.send({ type: "renew", token: assignment.token });
    expect(renewed).toMatchObject({ type: "assignment", job, runs: assignment.runs });
    expect(await volunteer.send({ type: "release", token: assignment.token, units: [] })).toEqual({ type: "done" });
    expect(network.coordinator.leasedUnits(job, 10)).toEqual([]);
  });

  it("comes with the rows of its units, cut to one frame", async () => {
    const columns = Array.from({ length: 64 }, (_, i) => ({ name: `c${i}`, type: "u64" as const }));
    const rowBytes = 8 * columns.length;
    const count = 3000;
    const table = new Uint8Array(count * rowBytes);
    const view = new DataView(table.buffer);
    for (let row = 0; row < count; row++) view.setBigUint64(row * rowBytes, BigInt(row), true);
    const blob = await network.blobs.put(table);
    const job = await addJob(network.coordinator, network.blobs, planOf(count, 1, { rows: { columns, rowBytes, count, blob } }));
    const volunteer = await join();
    for (let i = 0; i < 6; i++) {
      const { runs, rows, token } = await volunteer.claim(4096, job);
      const units = [...unitsOf(runs)];
      const read = new DataView(exactBytes(rows).buffer);
      expect(units.map((_, at) => Number(read.getBigUint64(at * rowBytes, true)))).toEqual(units);
      await volunteer.send({ type: "submit", token, results: units.map((unit) => resultOf(unit, bytesOf(0))) });
    }
  });

  it("is forgotten with its account on request", async () => {
    const keys = generateKeyPairSync("ed25519");
    const volunteer = await join(keys);
    await network.addJob(planOf(2));
    await volunteer.work((unit) => bytesOf(unit));
    const publicKey = Buffer.from(volunteer.publicKey).toString("hex");
    expect((await network.store.accounts(100)).some((row) => row.publicKey === publicKey)).toBe(true);
    expect(await volunteer.ask(SocketEvent.Forget)).toEqual({ ok: true });
    expect((await network.store.accounts(100)).some((row) => row.publicKey === publicKey)).toBe(false);
  });

  it("is not forgotten, and told so, while too much waits for the disk", async () => {
    const volunteer = await join();
    const publicKey = Buffer.from(volunteer.publicKey).toString("hex");
    const crowded = { type: "error", code: "too-fast", details: { limit: "operations that wait for the disk", retrySeconds: 1 } } as const;
    const full = vi.spyOn(network.coordinator, "crowded", "get").mockReturnValue(crowded);
    expect(await volunteer.ask(SocketEvent.Forget)).toMatchObject({ ok: false, code: "too-fast" });
    full.mockRestore();
    expect((await network.store.accounts(100)).some((row) => row.publicKey === publicKey)).toBe(true);
    // Its line is there still, to ask once more.
    expect(await volunteer.ask(SocketEvent.Forget)).toEqual({ ok: true });
  });

  it("is answered to the end when the coordinator stops, and new work is turned away for a while", async () => {
    const own = await startNetwork();
    const job = await own.addJob(planOf(8));
    const volunteer = await join(generateKeyPairSync("ed25519"), own.url);
    const { token, runs } = await volunteer.claim(1, job);
    let turn: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => {
      turn = resolve;
    });
    const commit = own.store.commit.bind(own.store);
    own.store.commit = async (ops) => {
      await disk;
      await commit(ops);
    };
    const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit)));
    const submitted = volunteer.send({ type: "submit", token, results });
    while (own.coordinator.counts(job)?.counted === 0) await new Promise((soon) => setTimeout(soon, 5));
    const gone = new Promise((resolve) => volunteer.socket.once("disconnect", resolve));
    const closed = own.close();
    const late = await volunteer.send({ type: "claim", units: 1, gpuMillis: 0, job: 0 });
    expect(late).toMatchObject({ type: "error", code: "shutting-down", retryMs: 5000 });
    turn();
    expect(await submitted).toEqual({ type: "answer", verdicts: ["recorded"] });
    await gone;
    await closed;
    expect(own.failures).toEqual([]);
  });

  it("is turned away with a time to wait when too much waits for the disk, and when the coordinator has stopped", async () => {
    const { blobs, plans, tokens } = network;
    const stopped = await startNetwork();
    await stopped.close();
    const crowded: Reply = { type: "error", code: "too-fast", details: { limit: "65536 operations wait", retrySeconds: 3 } };
    const replies = [() => Promise.resolve(crowded), () => stopped.coordinator.dispatch({ type: "tick" })];
    const failures: unknown[] = [];
    const answers = replies.map((dispatch) => {
      const coordinator = { dispatch, wantedDigest: () => undefined, crowded: null };
      const desk = {
        coordinator,
        blobs,
        plans,
        tokens,
        signing: network.signing,
        idles: new IdleAnswers(),
        claims: new ClaimPace(),
        disk: network.disk,
        clock: Date.now,
        onFailure: (error: unknown) => failures.push(error),
      };
      const peer = {
        ...{ host: 1 as HostId, account: 1 as AccountId, cluster: "account:1", line: null, isTakenBack: false },
        publicKey: "00".repeat(32) as PublicKeyHex,
        session: network.signing.begin(new Uint8Array(32)),
      };
      return answer(desk, peer, encodeFrame({ type: "claim", units: 1, gpuMillis: 0, job: 0 }));
    });
    expect((await Promise.all(answers)).map(({ frame }) => frame)).toMatchObject([
      { type: "error", code: "too-fast", retryMs: 3000 },
      { type: "error", code: "shutting-down", retryMs: 5000 },
    ]);
    expect(failures).toEqual([]);
  });

  it("is turned away before its hash goes on while too much waits for the disk, in the coordinator's words", async () => {
    const job = await network.addJob(planOf(1));
    const crowded: Extract<Reply, { type: "error" }> = { type: "error", code: "too-fast", details: { limit: "the disk", retrySeconds: 2 } };
    const dispatch = () => Promise.reject(new Error("it came to the core"));
    const desk = {
      ...{ coordinator: { dispatch, wantedDigest: () => undefined, crowded }, signing: network.signing },
      ...{ blobs: network.blobs, plans: network.plans, tokens: network.tokens, disk: network.disk, clock: Date.now },
      ...{
        idles: new IdleAnswers(),
        claims: new ClaimPace(),
        onFailure: (error: unknown) => {
          throw error;
        },
      },
    };
    const session = network.signing.begin(new Uint8Array(32));
    const peer = {
      ...{ host: 1 as HostId, account: 1 as AccountId, cluster: "account:1", line: null, isTakenBack: false, session },
      publicKey: "00".repeat(32) as PublicKeyHex,
    };
    const runs = [{ start: 0 as UnitIndex, length: 1 }];
    const token = network.tokens.sign({
      job,
      account: peer.account,
      id: "0f".repeat(16),
      issuedAt: 1,
      deadline: Date.now() + 60_000,
      runs,
    });
    const result = { unit: 0 as UnitIndex, status: "failed" as const, gpuMicros: 1, digest: new Uint8Array(32), bytes: new Uint8Array(0) };
    const sent = await answer(desk, peer, encodeFrame({ type: "submit", token, results: [result] }));
    expect(sent.frame).toMatchObject({ type: "error", code: "too-fast", retryMs: 2000, message: expect.stringContaining("the disk") });
    expect(session.extend(job, []).results).toBe(0);
  });

  it("survives a restart: credit, account, open votes and tokens", async () => {
    const own = await startNetwork();
    const keys = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")] as const;
    const job = await own.addJob(planOf(6));
    const before = await join(keys[0], own.url);
    const assignment = await before.claim(6, job);
    const [head, ...rest] = [...unitsOf(assignment.runs)].map((unit) => resultOf(unit, bytesOf(unit)));
    if (!head) throw new Error("an assignment has units");
    await before.send({ type: "submit", token: assignment.token, results: [head] });
    await own.close(true);

    const again = await startNetwork({ folder: own.folder });
    const after = await join(keys[0], again.url);
    expect(await after.send({ type: "submit", token: assignment.token, results: [head, ...rest] })).toEqual({
      type: "answer",
      verdicts: ["duplicate", ...rest.map(() => "recorded")],
    });
    expect(await after.sign(before.hash)).toEqual({ type: "done" });
    await workAll(after, (unit) => bytesOf(unit));
    await workAll(await join(keys[1], again.url), (unit) => bytesOf(unit));
    expect(again.coordinator.counts(job)).toMatchObject({ final: 6 });
    const reply = await new Volunteer(again.url, keys[0]).hello();
    expect(reply).toMatchObject({ ok: true, account: { credit: { final: 6 }, units: { final: 6 } } });
    expect(again.failures).toEqual([]);
    await again.close();
  });
});
