import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { UnitReplicaRow, UnitRow } from "../../../server/core/store.ts";
import { ruleOf } from "../../../server/http/units.ts";
import type { AccountId } from "../../../shared/ids.ts";
import type { Unit } from "../../../shared/unit.ts";
import { bytesOf } from "../gateway/volunteer.ts";
import { answer as answerTo } from "./answers.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

let server: TestServer;
const [right, lie] = [bytesOf(7), bytesOf(8)];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const OPEN = { state: "open", endedAt: "", digest: "", rule: "none", replicas: [] };

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const answer = (job: number, results: Record<number, Uint8Array>) => answerTo(server.url, job, results);

async function unitOf(job: number, unit = 0): Promise<Unit> {
  return (await (await server.get(`/api/jobs/${job}/units/${unit}`)).json()) as Unit;
}

const bytes = (job: number, query = "") => server.get(`/api/jobs/${job}/units/0/bytes${query}`);

describe("a unit", () => {
  it("says nothing of who answered it, and shows no bytes, before it has ended", async () => {
    const job = await server.submit(packageOf(2));
    const before = await unitOf(job);
    expect(before).toMatchObject({ job, unit: 0, ...OPEN, quorum: 2, resultBytes: right.byteLength });
    await answer(job, { 0: right });
    expect(await unitOf(job)).toEqual(before);
    expect((await bytes(job)).status).toBe(404);
    expect((await bytes(job, `?digest=${sha256(right)}`)).status).toBe(404);
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
    expect(await unitOf(job)).toEqual({ ...before, state: "dropped" });
    expect((await bytes(job, `?digest=${sha256(right)}`)).status).toBe(404);
  });

  it("that has ended says who answered what, what it was paid and whose bytes are kept, which may have lost", async () => {
    const job = await server.submit(packageOf(2));
    const volunteers = [await answer(job, { 0: lie }), await answer(job, { 0: right }), await answer(job, { 0: right })];
    const unit = await unitOf(job);
    expect(unit).toMatchObject({ state: "final", digest: sha256(right), rule: "quorum", endedAt: expect.stringMatching(/^20.*Z$/) });
    // No more GPU time is believed than has passed, which here may be none.
    const common = { auditor: false, ran: true, bytes: true, gpuMicros: expect.any(Number) as number };
    const [liar, one, other] = volunteers;
    expect(unit.replicas).toEqual([
      { ...common, volunteer: liar, outcome: "refused", digest: sha256(lie), credit: 0 },
      { ...common, volunteer: one, outcome: "final", digest: sha256(right), credit: 1 },
      { ...common, volunteer: other, outcome: "final", digest: sha256(right), credit: 1 },
    ]);
    const served = await bytes(job);
    expect(new Uint8Array(await served.arrayBuffer())).toEqual(new Uint8Array(right));
    expect(served.headers.get("content-security-policy")).toBe("sandbox");
    expect(new Uint8Array(await (await bytes(job, `?digest=${sha256(lie)}`)).arrayBuffer())).toEqual(new Uint8Array(lie));

    await answer(job, { 1: right });
    await answer(job, { 1: right });
    expect(await server.status(job)).toMatchObject({ state: "done" });
    const later = { ...unit, rule: "not-kept", replicas: unit.replicas.map((each) => ({ ...each, bytes: each.outcome === "final" })) };
    expect(await unitOf(job)).toEqual(later);
    expect((await bytes(job, `?digest=${sha256(lie)}`)).status).toBe(404);
    expect((await bytes(job)).status).toBe(200);
  });

  it("tells the values that its bindings get, of an affine map and of a row", async () => {
    const kernel = `struct P { first: u32, x: f32 }
@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<uniform> p: P;
@compute @workgroup_size(1) fn main() { counts[0] = p.first + u32(p.x); }`;
    const job = await server.submit({
      ...packageOf(1, 1, {
        units: { rows: "params.csv" },
        bindings: { p: { set: { first: { of: "$unit.index", scale: 100, offset: 5 }, x: "$row.x" } } },
      }),
      "kernel.wgsl": kernel,
      "params.csv": "x\n0.5\n1.5\n2.5\n",
    });
    expect(await unitOf(job, 2)).toMatchObject({
      inputs: [
        { binding: "p", offset: 0, type: "u32", value: "205" },
        { binding: "p", offset: 4, type: "f32", value: "2.5" },
      ],
      inputCount: 2,
    });
  });

  it("that is none is not found, nor is a draft's", async () => {
    const job = await server.submit(packageOf(1));
    expect((await server.get(`/api/jobs/${job}/units/1`)).status).toBe(404);
    expect((await server.get(`/api/jobs/${job}/units/1/bytes`)).status).toBe(404);
    const draft = await server.submit(packageOf(1), "?start=0");
    expect((await server.get(`/api/jobs/${draft}/units/0`)).status).toBe(404);
    expect((await server.get(`/api/jobs/${draft}/units/0`, server.token)).status).toBe(200);
  });
});

describe("what made a unit final", () => {
  const replica = (cluster: string | null, status: "ok" | "failed", digest: string | null): UnitReplicaRow => ({
    account: 1 as AccountId,
    publicKey: null,
    outcome: "final",
    gpuMicros: 0,
    credit: 0,
    signed: true,
    status,
    digest,
    cluster,
  });
  const unit = (auditor: UnitReplicaRow, ended: UnitRow["ended"] = "final"): UnitRow => ({
    ended,
    at: 1,
    digest: "aa",
    replicas: [replica("one", "ok", "aa"), replica("two", "ok", "aa"), auditor],
    kept: ["aa"],
  });

  it("is the auditor where it has the canonical result, and the quorum where it failed or was outvoted", () => {
    expect(ruleOf(unit(replica(AUDITOR, "ok", "aa")), 2)).toBe("audit");
    expect(ruleOf(unit(replica(AUDITOR, "failed", null)), 2)).toBe("quorum");
    expect(ruleOf(unit({ ...replica(AUDITOR, "ok", "bb"), outcome: "refused" }), 2)).toBe("quorum");
    // Within the job's tolerance.
    expect(ruleOf(unit(replica(AUDITOR, "ok", "bb")), 2)).toBe("audit");
    expect(ruleOf(unit(replica(null, "ok", "aa")), 2)).toBe("not-kept");
    expect(ruleOf(unit(replica(AUDITOR, "ok", "aa"), "failed"), 2)).toBe("none");
    expect(ruleOf({ ...unit(replica(AUDITOR, "ok", "aa")), replicas: [replica("one", "ok", "aa")] }, 2)).toBe("slices");
  });
});
