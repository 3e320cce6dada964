import { createHash } from "node:crypto";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RefusedListSchema, VolunteerListSchema } from "../../../shared/api.ts";
import { type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { decodePicture, type Picture } from "../../../shared/picture.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Volunteers that submit `value(unit)` for all units of the job they can get. */
async function compute(job: number, volunteers: number, value: (unit: UnitIndex) => Uint8Array): Promise<void> {
  for (let i = 0; i < volunteers; i++) {
    const volunteer = await new Volunteer(server.url).join();
    for (;;) {
      const claimed = await volunteer.send({ type: "claim", units: 64, gpuMillis: 60_000, job });
      if (claimed.type !== "assignment") break;
      await volunteer.send({
        type: "submit",
        token: claimed.token,
        results: [...unitsOf(claimed.runs)].map((unit) => resultOf(unit, value(unit))),
      });
    }
    volunteer.leave();
  }
}

async function picture(job: number, since = 0): Promise<Picture> {
  const response = await server.get(`/api/jobs/${job}/picture?since=${since}`);
  return decodePicture(new Uint8Array(await response.arrayBuffer()));
}

describe("results", () => {
  it("come when the job is done, in every format that holds them", async () => {
    const job = await server.submit(packageOf(20));
    const early = await server.get(`/api/jobs/${job}/results`, server.token);
    expect(early.status).toBe(409);
    expect(await early.json()).toMatchObject({ code: "not-ready" });
    await compute(job, 1, (unit) => bytesOf(unit + 1));
    expect(await server.status(job)).not.toHaveProperty("madeBy");
    await compute(job, 1, (unit) => bytesOf(unit + 1));
    // The answer so far is not reckoned anew for each who asks.
    await expect
      .poll(() => server.status(job), { timeout: 30_000 })
      .toMatchObject({
        state: "done",
        madeBy: 2,
        answerSoFar: "210",
        units: { final: 20 },
        executionsPerUnit: 2,
      });
    const json = await server.get(`/api/jobs/${job}/results?format=json`, server.token);
    expect(json.headers.get("idlewave-holes")).toBeNull();
    expect(json.headers.get("content-disposition")).toContain("test-job.json");
    expect(await json.text()).toContain("210");
    expect((await server.get(`/api/jobs/${job}/results?format=csv`, server.token)).headers.get("content-type")).toContain("text/csv");
    const png = await server.get(`/api/jobs/${job}/results?format=png`, server.token);
    expect({ status: png.status, code: ((await png.json()) as { code: string }).code }).toEqual({ status: 400, code: "bad-format" });
    expect((await server.get(`/api/jobs/${job}/results?format=tiff`, server.token)).status).toBe(400);
    expect((await server.get(`/api/jobs/${job}/results?output=other`, server.token)).status).toBe(404);
  });

  it("come before the end on request, with their holes counted", async () => {
    const job = await server.submit(packageOf(3));
    await compute(job, 1, () => bytesOf(42));
    const volunteer = await new Volunteer(server.url).join();
    const { token, runs } = await volunteer.claim(1, job);
    await volunteer.send({ type: "submit", token, results: [resultOf(runs[0]?.start as UnitIndex, bytesOf(42))] });
    const partial = await server.get(`/api/jobs/${job}/results?format=json&partial=1`, server.token);
    expect(partial.status).toBe(200);
    expect(partial.headers.get("idlewave-holes")).toBe("2");
    expect(await partial.text()).toContain("42");
    expect(await server.status(job)).toMatchObject({ answerSoFar: "42" });
    volunteer.leave();
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
  });

  it("with more holes than can be written one by one are refused, and told which format has runs", async () => {
    const concat = { output: [{ binding: "counts", dtype: "u32", shape: [1], reduce: { kind: "concat" } }] };
    const job = await server.submit(packageOf(1e9, 1, concat));
    const ask = (format: string) => server.get(`/api/jobs/${job}/results?format=${format}&partial=1`, server.token);
    for (const format of ["json", "csv", "npy"]) {
      const refused = await ask(format);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ code: "bad-format", message: expect.stringContaining("ndjson") });
    }
    expect(await (await ask("ndjson")).text()).toBe('{"hole":{"start":0,"length":1000000000}}\n');
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
  });

  it("that differ lose against two that match, and everybody sees whose they were", async () => {
    const job = await server.submit(packageOf(6));
    await compute(job, 1, () => bytesOf(666));
    await compute(job, 2, (unit) => bytesOf(unit));
    const status = await server.status(job);
    expect(status).toMatchObject({ state: "done", madeBy: 2, answerSoFar: "15", replicas: { refused: 6 }, executionsPerUnit: 3 });
    const refused = await (await server.get(`/api/jobs/${job}/refused`)).json();
    expect(Value.Check(RefusedListSchema, refused)).toBe(true);
    const rows = (refused as { refused: { unit: number; volunteer: string; digest: string }[] }).refused;
    expect(rows.map((row) => row.unit).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(rows.map((row) => row.volunteer)).size).toBe(1);
    for (const row of rows) expect(row.digest).toBe(sha256(bytesOf(666)));

    const volunteers = await (await server.get("/api/volunteers")).json();
    expect(Value.Check(VolunteerListSchema, volunteers)).toBe(true);
    const liar = (volunteers as { volunteers: { id: string }[] }).volunteers.find((row) => row.id === rows[0]?.volunteer);
    expect(liar).toMatchObject({ credit: { escrow: 0, final: 0 }, units: { submitted: 6, final: 0, refused: 6 } });
  });
});

describe("the picture", () => {
  it("shows what is missing, running and final, each by its part of the sum, and then only what changed", async () => {
    const job = await server.submit(packageOf(9, 2));
    const empty = await picture(job);
    expect(empty).toMatchObject({ cells: 9, unitsPerCell: 1, columns: 3, rows: 3, units: 9, final: 0, changes: [] });
    const volunteer = await new Volunteer(server.url).join();
    const { runs, token } = await volunteer.claim(1, job);
    const unit = runs[0]?.start as UnitIndex;
    const running = await until(
      () => picture(job, empty.seq),
      (shown) => shown.changes.length > 0,
    );
    expect(running.changes).toMatchObject([{ cell: unit, state: "running" }]);
    await volunteer.send({ type: "release", token, units: [] });
    volunteer.leave();
    await compute(job, 3, (each) => bytesOf(7, each ** 5));
    const done = await until(
      () => picture(job),
      (shown) => shown.final === 9 && shown.changes.every((change) => change.state === "final"),
    );
    expect(done.changes.map(({ state, share, tile }) => [state, share, tile.byteLength])).toEqual(Array(9).fill(["final", 1, 1]));
    const tones = done.changes.map((change) => change.tile[0] as number);
    expect(tones.toSorted((a, b) => a - b)).toEqual(tones);
    expect(new Set(tones).size).toBe(9);
    expect([tones[0], tones.at(-1)]).toEqual([0, 255]);
    expect((await picture(job, done.seq)).changes).toEqual([]);
  });

  it("is not sent again while nothing changed", async () => {
    const job = await server.submit(packageOf(4));
    const first = await server.get(`/api/jobs/${job}/picture`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\//);
    expect((await server.get(`/api/jobs/${job}/picture`, undefined, { "if-none-match": etag })).status).toBe(304);
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
  });

  it("of a thousand million units has four thousand cells", async () => {
    const job = await server.submit(packageOf(1e9));
    const shown = await picture(job);
    expect(shown.cells).toBeLessThanOrEqual(4096);
    expect(shown.cells * shown.unitsPerCell).toBeGreaterThanOrEqual(1e9);
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
  });

  it("of an image has its tiles over the declared range, large ones averaged down", async () => {
    const side = 64;
    const image = { kind: "image", columns: 2, range: [0, 255] };
    const files = packageOf(4, 1, { output: [{ binding: "counts", dtype: "u32", shape: [side, side], reduce: image }] });
    const job = await server.submit(files);
    const pixels = (unit: number) => bytesOf(...Array.from({ length: side * side }, (_, i) => (i % 2 === 0 ? unit * 10 : unit * 10 + 2)));
    for (let i = 0; i < 2; i++) {
      const volunteer = await new Volunteer(server.url).join();
      for (;;) {
        const claimed = await volunteer.send({ type: "claim", units: 64, gpuMillis: 60_000, job });
        if (claimed.type !== "assignment") break;
        for (const unit of unitsOf(claimed.runs)) {
          const result = resultOf(unit, pixels(unit), false);
          const answer = await volunteer.send({ type: "submit", token: claimed.token, results: [result] });
          if (answer.type === "answer" && answer.verdicts[0] === "wanted")
            expect(await volunteer.send({ type: "bytes", token: claimed.token, unit, bytes: pixels(unit) })).toEqual({ type: "done" });
        }
      }
      volunteer.leave();
    }
    const shown = await until(
      () => picture(job),
      (each) => each.final === 4 && each.changes.length === 4,
    );
    expect(shown).toMatchObject({ columns: 2, rows: 2, tileWidth: 32, tileHeight: 32 });
    expect(shown.changes.map((change) => [...new Set(change.tile)])).toEqual([[1], [11], [21], [31]]);
    expect((await server.get(`/api/jobs/${job}/results?format=png`, server.token)).headers.get("content-type")).toBe("image/png");
  });
});

describe("blobs", () => {
  it("of a job are served inert, for ever, in ranges, and are what their name says", async () => {
    const job = await server.submit(packageOf(2));
    const { plan, source } = await server.status(job);
    for (const hash of [plan, source]) {
      const response = await server.get(`/blobs/${hash}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(sha256(bytes)).toBe(hash);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "application/octet-stream",
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": expect.stringContaining("immutable"),
        "accept-ranges": "bytes",
      });
      const range = async (header: string) => {
        const part = await server.get(`/blobs/${hash}`, undefined, { range: header });
        return [part.status, part.headers.get("content-range"), new Uint8Array(await part.arrayBuffer())] as const;
      };
      const size = bytes.byteLength;
      expect(await range("bytes=3-9")).toEqual([206, `bytes 3-9/${size}`, bytes.slice(3, 10)]);
      expect(await range("bytes=-4")).toEqual([206, `bytes ${size - 4}-${size - 1}/${size}`, bytes.slice(-4)]);
      expect(await range(`bytes=${size - 1}-999999`)).toEqual([206, `bytes ${size - 1}-${size - 1}/${size}`, bytes.slice(-1)]);
      expect((await range(`bytes=${size}-`))[0]).toBe(416);
      const resumed = (condition: string) => server.get(`/blobs/${hash}`, undefined, { range: "bytes=3-9", "if-range": condition });
      expect((await resumed(`"${hash}"`)).status).toBe(206);
      expect((await resumed('"another"')).status).toBe(200);
      for (const odd of ["bytes=9-3", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5"]) expect((await range(odd))[0]).toBe(200);
      expect((await server.get(`/blobs/${hash}`, undefined, { "if-none-match": `"${hash}"` })).status).toBe(304);
    }
    const read = (await (await server.get(`/api/jobs/${job}/plan`)).json()) as JobPlan;
    expect(read.kernel).toContain("counts");
    await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
  });
});

describe("large results", () => {
  const elements = 20_000;
  const bytes = bytesOf(...Array.from({ length: elements }, (_, i) => i));
  const put = (unit: number, token: Uint8Array, body: Uint8Array) =>
    fetch(`${server.url}/api/results?unit=${unit}`, {
      method: "PUT",
      body: body as BodyInit,
      headers: { "idlewave-token": Buffer.from(token).toString("base64url"), "content-type": "application/octet-stream" },
    });
  const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

  it("go by PUT under the assignment's token, are checked, kept and never public", async () => {
    const job = await server.submit(packageOf(1, elements));
    const volunteer = await new Volunteer(server.url).join();
    const { token } = await volunteer.claim(1, job);
    expect(await codeOf(await put(0, token, bytes))).toEqual([409, "not-wanted"]);
    const submit = await volunteer.send({ type: "submit", token, results: [resultOf(0, bytes)] });
    expect(submit).toEqual({ type: "answer", verdicts: ["wanted"] });
    expect(await codeOf(await put(1, token, bytes))).toEqual([409, "not-wanted"]);
    expect(await codeOf(await put(0, token.slice(1), bytes))).toEqual([403, "bad-token"]);
    expect(await codeOf(await put(0, token, bytes.slice(4)))).toEqual([422, "bytes-mismatch"]);
    expect(
      (
        await put(
          0,
          token,
          bytes.map((byte) => byte ^ 1),
        )
      ).status,
    ).toBe(422);
    expect((await put(0, token, bytesOf(...Array<number>(elements).fill(1)))).status).toBeGreaterThanOrEqual(400);
    expect((await put(0, token, bytes)).status).toBe(204);
    await compute(job, 1, () => bytes);
    expect(await server.status(job)).toMatchObject({ state: "done" });
    const raw = await server.get(`/api/jobs/${job}/results?format=json`, server.token);
    expect(await raw.text()).toContain(String((elements * (elements - 1)) / 2));
    expect((await server.get(`/blobs/${sha256(bytes)}`)).status).toBe(404);
    volunteer.leave();
  });
});

/** Asks again until the answer is as it must become; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
