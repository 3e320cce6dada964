import { readdirSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Disk } from "../../../server/access/disk.ts";
import { DEFAULT_CONFIG } from "../../../server/config.ts";
import { bytesRoutes } from "../../../server/http/bytes.ts";
import type { App, HttpContext } from "../../../server/http/context.ts";
import { sendError } from "../../../server/http/errors.ts";
import { Pace } from "../../../server/http/pace.ts";
import { Receiving, type Sender } from "../../../server/http/receiving.ts";
import type { AccountId, JobId, UnitIndex } from "../../../shared/ids.ts";
import { planOf, startNetwork, type TestNetwork } from "../gateway/network.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";

const ELEMENTS = 4000;
const GRACE_MS = 1500;
const right = bytesOf(...Array.from({ length: ELEMENTS }, (_, i) => i));

let network: TestNetwork;
let app: App;
let url: string;
const logged: { level: number; msg: string }[] = [];
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork();
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) };
  app = Fastify({ logger: { level: "debug", stream }, forceCloseConnections: true }) as unknown as App;
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  app.setErrorHandler(sendError);
  bytesRoutes(app, { ...network, config: DEFAULT_CONFIG } as unknown as HttpContext, new Receiving(), () => new Pace(GRACE_MS));
  url = await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  await app.close();
  await network.close();
});

/** A volunteer whose bytes of `unit` are wanted. */
async function wanted(job: JobId): Promise<{ unit: UnitIndex; token: Uint8Array }> {
  const volunteer = await new Volunteer(network.url).join();
  volunteers.push(volunteer);
  const { token, runs } = await volunteer.claim(1, job);
  const unit = runs[0]?.start as UnitIndex;
  const answer = await volunteer.send({ type: "submit", token, results: [resultOf(unit, right)] });
  expect(answer).toEqual({ type: "answer", verdicts: ["wanted"] });
  return { unit, token };
}

async function put({ unit, token }: { unit: UnitIndex; token: Uint8Array }, body: BodyInit, signal?: AbortSignal): Promise<string> {
  const headers = { "idlewave-token": Buffer.from(token).toString("base64url"), "content-type": "application/octet-stream" };
  const init = { method: "PUT", body, headers, duplex: "half", ...(signal ? { signal } : {}) };
  const response = await fetch(`${url}/api/results?unit=${unit}`, init as RequestInit);
  const text = await response.text();
  return `${response.status} ${text === "" ? "" : (JSON.parse(text) as { code: string }).code}`.trim();
}

/** A body whose length nobody tells before. */
const untold = (bytes: Uint8Array) => new Blob([bytes as BlobPart]).stream();

/** A body that never ends. */
const trickle = () => new ReadableStream({ start: (body) => body.enqueue(right.slice(0, 10)) });
const filesOf = () => readdirSync(join(network.folder, "blobs"), { recursive: true }).sort();

describe("a large result", () => {
  it("of another digest, in another frame or of another length is no match, and nothing of it is kept", async () => {
    const work = await wanted(await network.addJob(planOf(1, ELEMENTS)));
    const before = filesOf();
    expect(await put({ ...work, unit: -1 as UnitIndex }, right)).toBe("400 bad-request");
    for (let i = 0; i < 5; i++) expect(await put(work, bytesOf(...Array<number>(ELEMENTS).fill(i)))).toBe("422 bytes-mismatch");
    const unframed = right.slice();
    unframed[0] = 99;
    expect(await put(work, unframed)).toBe("422 bytes-mismatch");
    for (const other of [right.slice(4), new Uint8Array(0), bytesOf(...Array<number>(ELEMENTS + 1).fill(0))]) {
      expect(await put(work, other as BodyInit)).toBe("422 bytes-mismatch");
      expect(await put(work, untold(other))).toBe("422 bytes-mismatch");
    }
    expect(filesOf()).toEqual(before);
    expect(await put(work, right)).toBe("204");
    expect(filesOf()).not.toEqual(before);
  });

  it("is received once at a time, and senders that never end keep nobody out", async () => {
    const job = await network.addJob(planOf(2, ELEMENTS));
    const slow = await wanted(job);
    const stop = new AbortController();
    const open = Array.from({ length: 80 }, () => put(slow, trickle(), stop.signal).catch(() => "stopped"));
    expect(await Promise.race(open)).toBe("429 too-fast");
    expect(await put(await wanted(job), right)).toBe("204");
    stop.abort();
    const ended = await Promise.all(open);
    expect(ended.filter((each) => each === "429 too-fast").length).toBeGreaterThanOrEqual(70);
  });

  it("that does not come in time is answered, and may be sent again", async () => {
    const work = await wanted(await network.addJob(planOf(1, ELEMENTS)));
    expect(await put(work, trickle())).toBe("400 bad-request");
    expect(await put(work, right)).toBe("204");
  });

  it("whose sender hangs up is no failure of ours", async () => {
    const work = await wanted(await network.addJob(planOf(1, ELEMENTS)));
    const stop = new AbortController();
    const from = logged.length;
    const hungUp = () => logged.slice(from).filter(({ msg }) => msg === "a sender hung up");
    const sending = put(work, trickle(), stop.signal).catch(() => "stopped");
    while (!logged.slice(from).some(({ msg }) => msg === "incoming request")) await new Promise((soon) => setTimeout(soon, 10));
    stop.abort();
    expect(await sending).toBe("stopped");
    while (hungUp().length === 0) await new Promise((soon) => setTimeout(soon, 10));
    expect(logged.slice(from).filter(({ level }) => level >= 50)).toEqual([]);
    expect(await put(work, right)).toBe("204");
  });
});

describe("results that are being received", () => {
  const sender = (account: number, unit: number, address = "127.0.0.1"): Sender => ({
    ...{ account: account as AccountId, job: 1 as JobId, unit: unit as UnitIndex, address },
  });

  it("are a few of one account, until one ends", () => {
    const receiving = new Receiving();
    const ends = [0, 1, 2, 3].map((unit) => receiving.enter(sender(1, unit)));
    expect(() => receiving.enter(sender(1, 4))).toThrow("of one volunteer");
    receiving.enter(sender(2, 4));
    ends[0]?.();
    ends[0]?.();
    receiving.enter(sender(1, 4));
    expect(() => receiving.enter(sender(1, 5))).toThrow("of one volunteer");
  });

  it("are a few of one public line, however many keys it has", () => {
    const receiving = new Receiving();
    for (let key = 1; key <= 12; key++) receiving.enter(sender(key, 0, `2001:db8:1:2::${key}`));
    expect(() => receiving.enter(sender(17, 0, "2001:db8:1:2::ffff"))).toThrow("from one address");
    receiving.enter(sender(17, 0, "2001:db8:1:3::1"));
  });

  it("are a few in a hundred of one network, however many of its lines it uses", () => {
    for (const address of [(i: number) => `2001:db8:1:${i.toString(16)}::1`, (i: number) => `203.0.113.${i}`]) {
      const receiving = new Receiving();
      for (let key = 1; key <= 16; key++) receiving.enter(sender(key, 0, address(key)));
      expect(() => receiving.enter(sender(17, 0, address(200)))).toThrow("from one network");
      receiving.enter(sender(17, 0, "198.51.100.1"));
    }
  });
});

describe("what is received at a time", () => {
  it("fits the disk together: each length is set aside before its first byte, and freed at its end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "idlewave-disk-"));
    const free = (await statfs(folder).then(({ bavail, bsize }) => bavail * bsize)) / 4;
    const disk = await Disk.open({ folder, minFreeBytes: free, onChange: () => undefined });
    const rooms = [disk.reserve(free), disk.reserve(free)];
    expect(() => disk.reserve(2 * free)).toThrow(expect.objectContaining({ code: "disk-full" }));
    disk.makeSure();
    rooms[0]?.end();
    rooms[0]?.end();
    disk.reserve(free).end();
    expect(() => rooms[1]?.add(3 * free)).toThrow(expect.objectContaining({ code: "disk-full" }));
    // More than was set aside may come: what is left of the disk is known without looking.
    expect(() => rooms[1]?.wrote(4 * free)).toThrow(expect.objectContaining({ code: "disk-full" }));
    rooms[1]?.end();
    disk.close();
    await rm(folder, { recursive: true });
  });

  it("is refused before its bytes are read when others have set the room aside", async () => {
    const work = await wanted(await network.addJob(planOf(1, ELEMENTS)));
    const taken = network.disk.reserve(network.disk.free);
    expect(await put(work, right)).toBe("507 disk-full");
    taken.end();
    expect(await put(work, right)).toBe("204");
  });

  it("must keep its pace from the beginning: a few bytes hold a place no longer than none", async () => {
    const pace = new Pace(300);
    const source = async function* () {
      yield new Uint8Array(16);
      await new Promise(() => undefined);
    };
    const read = async () => {
      for await (const _part of pace.of<Uint8Array>(source(), (part) => part.byteLength));
    };
    await expect(read()).rejects.toThrow("16 bytes came, too slowly");
  });
});
