/** Signatures over results, by real sockets: credit vests under a good one alone, whoever sends whatever in whatever order. */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OpenStatements, Session } from "../../../server/gateway/session.ts";
import { type JobId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { MAX_UNSIGNED_RESULTS, SIGN_WITHIN_MS } from "../../../shared/statement.ts";
import type { Frame, SubmitFrame } from "../../../shared/wire.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf, resultOf, Volunteer } from "./volunteer.ts";

const DONE = { type: "done" };
const UNKNOWN = { type: "error", code: "unknown-statement" };

let now = Date.now();
let network: TestNetwork;
let job: JobId;
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork({ clock: () => now });
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  expect(network.failures).toEqual([]);
  await network.close();
});
/** A job whose units are final with one answer, so that only the signature is missing. */
beforeEach(async () => {
  job = await network.addJob(planOf(64), { quorum: 1 });
});

async function join(keys = generateKeyPairSync("ed25519"), url = network.url): Promise<Volunteer> {
  const volunteer = await new Volunteer(url, keys).join();
  volunteers.push(volunteer);
  return volunteer;
}

async function claimed(volunteer: Volunteer, units: number): Promise<SubmitFrame> {
  const { token, runs } = await volunteer.claim(units, job);
  return { type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit))) };
}

/** Units are worth one credit each. Returns how many there were to be had. */
async function compute(volunteer: Volunteer, units = 3): Promise<number> {
  const submit = await claimed(volunteer, units);
  expect(await volunteer.send(submit)).toEqual({ type: "answer", verdicts: submit.results.map(() => "recorded") });
  return submit.results.length;
}

async function credit(volunteer: Volunteer, { store } = network): Promise<{ escrow: number; final: number }> {
  const row = await store.knownAccount(Buffer.from(volunteer.publicKey).toString("hex") as Parameters<typeof store.knownAccount>[0]);
  return { escrow: row?.creditEscrow ?? 0, final: row?.creditFinal ?? 0 };
}

/** Waits until the coordinator has heard that the volunteer is gone. */
async function leave(volunteer: Volunteer, { coordinator } = network): Promise<void> {
  const { hosts } = coordinator.load;
  volunteer.leave();
  while (coordinator.load.hosts === hosts) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("credit of final units", () => {
  it("vests with the signature over what was submitted, and what was submitted since waits for the next", async () => {
    const volunteer = await join();
    await compute(volunteer);
    await compute(volunteer);
    expect(await credit(volunteer)).toEqual({ escrow: 6, final: 0 });
    expect(await volunteer.sign()).toEqual(DONE);
    expect(await credit(volunteer)).toEqual({ escrow: 0, final: 6 });
    await compute(volunteer);
    expect(await credit(volunteer)).toEqual({ escrow: 3, final: 6 });
    expect(await volunteer.sign()).toEqual(DONE);
    expect(await credit(volunteer)).toEqual({ escrow: 0, final: 9 });
  });

  it("vests at once where the signature came before the unit was final", async () => {
    job = await network.addJob(planOf(3), { quorum: 2 });
    const [first, second] = [await join(), await join()];
    await compute(first);
    expect(await first.sign()).toEqual(DONE);
    expect(await credit(first)).toEqual({ escrow: 3, final: 0 });
    await compute(second);
    expect(await credit(first)).toEqual({ escrow: 0, final: 3 });
    expect(await credit(second)).toEqual({ escrow: 3, final: 0 });
  });

  it("does not wait for the unit's verification, nor the unit for the signature", async () => {
    const volunteer = await join();
    let units = 0;
    while (network.coordinator.job(job)?.state === "running") units += await compute(volunteer, 64);
    expect(units).toBe(64);
    expect(network.coordinator.job(job)).toMatchObject({ state: "done" });
    expect(await credit(volunteer)).toEqual({ escrow: 64, final: 0 });
    expect(await volunteer.sign()).toEqual(DONE);
    expect(await credit(volunteer)).toEqual({ escrow: 0, final: 64 });
  });

  it("covers a submit of which everything was a duplicate, or refused", async () => {
    const volunteer = await join();
    const submit = await claimed(volunteer, 3);
    for (let time = 0; time < 3; time++) await volunteer.send(submit);
    const wrong = { ...submit, results: submit.results.map((result) => ({ ...result, digest: new Uint8Array(32) })) };
    expect(await volunteer.send(wrong)).toEqual({ type: "answer", verdicts: submit.results.map(() => "refused") });
    expect(await volunteer.sign()).toEqual(DONE);
    expect(await credit(volunteer)).toEqual({ escrow: 0, final: 3 });
  });
});

describe("a signature", () => {
  it.each<[string, (volunteer: Volunteer) => Promise<Frame>, object]>([
    ["of another key", (volunteer) => volunteer.sign(volunteer.hash, generateKeyPairSync("ed25519").privateKey), { code: "bad-statement" }],
    ["of zeros", (by) => by.send({ type: "sign", hash: by.hash, signature: new Uint8Array(64) }), { code: "bad-statement" }],
    ["over another hash", (volunteer) => volunteer.sign(new Uint8Array(32)), UNKNOWN],
    ["cut off", (by) => by.sendBytes(Uint8Array.of(2, 10, 0, 0, ...by.hash, ...new Uint8Array(63))), { code: "bad-frame" }],
    ["too long", (by) => by.sendBytes(Uint8Array.of(2, 10, 0, 0, ...by.hash, ...new Uint8Array(65))), { code: "bad-frame" }],
  ])("%s is refused and vests nothing; a good one is taken afterwards", async (_name, forge, refusal) => {
    const volunteer = await join();
    await compute(volunteer);
    expect(await forge(volunteer)).toMatchObject(refusal);
    expect(await credit(volunteer)).toEqual({ escrow: 3, final: 0 });
    expect(await volunteer.sign()).toEqual(DONE);
    expect(await credit(volunteer)).toEqual({ escrow: 0, final: 3 });
  });

  it("that comes again covers nothing more", async () => {
    const volunteer = await join();
    await compute(volunteer);
    const { hash } = volunteer;
    expect(await volunteer.sign()).toEqual(DONE);
    await compute(volunteer);
    expect(await volunteer.sign(hash)).toMatchObject(UNKNOWN);
    expect(await credit(volunteer)).toEqual({ escrow: 3, final: 3 });
  });

  it("over the same results in another order, or as another job's, is refused", async () => {
    const volunteer = await join();
    const { hash: start } = volunteer;
    const submit = await claimed(volunteer, 3);
    await volunteer.send(submit);
    const { hash } = volunteer;
    volunteer.hash = start;
    expect(await volunteer.sign(volunteer.after({ ...submit, results: submit.results.toReversed() }))).toMatchObject(UNKNOWN);
    expect(await volunteer.sign(volunteer.after(submit, job + 1))).toMatchObject(UNKNOWN);
    expect(await volunteer.sign(volunteer.after(submit))).toEqual(DONE);
    expect(volunteer.after(submit)).toEqual(hash);
  });

  it("of another account over these results is refused", async () => {
    const [volunteer, thief] = [await join(), await join()];
    await compute(volunteer);
    expect(await thief.sign(volunteer.hash)).toMatchObject(UNKNOWN);
    await leave(volunteer);
    expect(await thief.sign(volunteer.hash)).toMatchObject(UNKNOWN);
    expect(await credit(volunteer)).toEqual({ escrow: 3, final: 0 });
  });

  it("is its own connection's while that lives: another one of the account cannot take it from under it", async () => {
    const keys = generateKeyPairSync("ed25519");
    const [one, other] = [await join(keys), await join(keys)];
    await compute(one);
    await compute(other);
    expect(await other.sign(one.hash)).toMatchObject(UNKNOWN);
    await compute(one);
    expect(await other.sign()).toEqual(DONE);
    expect(await credit(one)).toEqual({ escrow: 6, final: 3 });
    expect(await one.sign()).toEqual(DONE);
    expect(await credit(one)).toEqual({ escrow: 0, final: 9 });
  });

  it("is taken so often a second of an account and no oftener, however often it connects", async () => {
    const keys = generateKeyPairSync("ed25519");
    const volunteer = await join(keys);
    const answers = await Promise.all(Array.from({ length: 65 }, () => volunteer.sign(new Uint8Array(32))));
    expect(answers.filter((answer) => answer.type === "error" && answer.code === "too-fast")).toHaveLength(1);
    await leave(volunteer);
    expect(await (await join(keys)).sign(new Uint8Array(32))).toMatchObject({ code: "too-fast" });
    expect(await (await join()).sign(new Uint8Array(32))).toMatchObject(UNKNOWN);
  });
});

describe("what a connection left unsigned", () => {
  it("is signed on a later one, whether its last answer came or not", async () => {
    const keys = generateKeyPairSync("ed25519");
    const before = await join(keys);
    await compute(before);
    const heard = before.hash;
    const submit = await claimed(before, 3);
    const unheard = before.after(submit);
    await before.send(submit);
    await leave(before);
    const after = await join(keys);
    expect(await after.send(submit)).toEqual({ type: "answer", verdicts: submit.results.map(() => "duplicate") });
    // The volunteer does not know which of the two the coordinator has.
    expect(await after.sign(unheard)).toEqual(DONE);
    expect(await after.sign(heard)).toMatchObject(UNKNOWN);
    expect(await credit(after)).toEqual({ escrow: 0, final: 6 });
  });

  it("outlives a restart of the coordinator, which begins no number twice", async () => {
    const own = await startNetwork();
    job = await own.addJob(planOf(64), { quorum: 1 });
    const keys = generateKeyPairSync("ed25519");
    const before = await join(keys, own.url);
    await compute(before);
    await own.close(true);
    const again = await startNetwork({ folder: own.folder });
    const [after, other] = [await join(keys, again.url), await join(undefined, again.url)];
    await compute(after);
    await compute(other);
    expect(await credit(after, again)).toEqual({ escrow: 6, final: 0 });
    expect(await after.sign(before.hash)).toEqual(DONE);
    expect(await credit(after, again)).toEqual({ escrow: 3, final: 3 });
    expect(await credit(other, again)).toEqual({ escrow: 3, final: 0 });
    expect(again.failures).toEqual([]);
    await again.close();
  });

  it("waits thirty days, and then stays in escrow for good", async () => {
    const keys = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")] as const;
    const [one, other] = [await join(keys[0]), await join(keys[1])];
    const late = await compute(one);
    now += 1000;
    const early = await compute(other);
    await leave(one);
    await leave(other);
    now += SIGN_WITHIN_MS - 1000;
    expect(await (await join(keys[1])).sign(other.hash)).toEqual(DONE);
    expect(await (await join(keys[0])).sign(one.hash)).toMatchObject(UNKNOWN);
    expect(await credit(one)).toEqual({ escrow: late, final: 0 });
    expect(await credit(other)).toEqual({ escrow: 0, final: early });
  });
});

describe("a session", () => {
  const result = resultOf(1, bytesOf(1));

  it("claims no more while too much of it is unsigned", () => {
    const session = new Session(new Uint8Array(32), new OpenStatements(0));
    const { hash } = session.extend(1 as JobId, Array(MAX_UNSIGNED_RESULTS).fill(result));
    expect(() => session.mayClaim()).not.toThrow();
    const more = session.extend(1 as JobId, [result]);
    expect(() => session.mayClaim()).toThrow(expect.objectContaining({ code: "unsigned" }));
    expect(session.seal(hash)).toBeNull();
    expect(session.seal(more.hash)).toBe(1);
    expect(() => session.mayClaim()).not.toThrow();
  });

  it("takes nothing into a statement once its connection has ended: another one may sign it", () => {
    const statements = new OpenStatements(6);
    const session = new Session(new Uint8Array(32), statements);
    const { statement } = session.extend(1 as JobId, [result]);
    expect([statement, statements.has(statement)]).toEqual([7, true]);
    session.close();
    expect(statements.has(statement)).toBe(false);
    expect(() => session.extend(1 as JobId, [result])).toThrow();
  });
});

it("units above 2^32 are hashed with both halves", () => {
  const session = (unit: number) =>
    new Session(new Uint8Array(32), new OpenStatements(0)).extend(1 as JobId, [{ ...resultOf(0, bytesOf(1)), unit: unit as UnitIndex }]);
  expect(session(2 ** 33 + 1).hash).not.toEqual(session(1).hash);
});
