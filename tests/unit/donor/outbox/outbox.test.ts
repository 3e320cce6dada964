import { describe, expect, it, vi } from "vitest";
import { Outbox, type OutboxPost } from "../../../../client/donor/outbox/outbox.ts";
import type { OutboxEntry, OutboxShelf } from "../../../../client/donor/outbox/outbox-entry.ts";
import type { UnitIndex } from "../../../../shared/ids.ts";
import { encodeFrame } from "../../../../shared/wire/codec.ts";
import { type Frame, MAX_FRAME_BYTES, type ReplicaResult, type SubmitFrame, type Verdict } from "../../../../shared/wire.ts";

class MemoryShelf implements OutboxShelf {
  readonly kept = new Map<string, OutboxEntry>();
  async load() {
    return [...this.kept.values()];
  }
  async write(put: OutboxEntry[], remove: string[]) {
    for (const entry of put) this.kept.set(entry.key, structuredClone(entry));
    for (const key of remove) this.kept.delete(key);
  }
}

/** A coordinator that answers with `answer`; goes down when told. */
class Post implements OutboxPost {
  isUp = true;
  readonly frames: Frame[] = [];
  readonly uploads: number[] = [];
  answer: (frame: Frame) => Frame;
  constructor(answer: (frame: Frame) => Frame = allOf("recorded")) {
    this.answer = answer;
  }
  signedAll = 0;
  submit(_job: number, token: Uint8Array, results: ReplicaResult[]) {
    return this.request({ type: "submit", token, results });
  }
  async sign() {}
  async signAll() {
    this.signedAll++;
  }
  async request(frame: Frame) {
    if (!this.isUp) throw new Error("down");
    this.frames.push(frame);
    return this.answer(frame);
  }
  async upload(_token: Uint8Array, unit: UnitIndex) {
    this.uploads.push(unit);
    return "settled" as const;
  }
}

function allOf(verdict: Verdict): (frame: Frame) => Frame {
  return (frame) => (frame.type === "submit" ? { type: "answer", verdicts: frame.results.map(() => verdict) } : { type: "done" });
}

function result(unit: number, byteLength = 16, token = Uint8Array.of(1, 2, 3)): Omit<OutboxEntry, "key" | "stage"> {
  const bytes = new Uint8Array(byteLength).fill(unit);
  return { job: 1, unit: unit as UnitIndex, token, status: "ok", gpuMicros: 1000, digest: new Uint8Array(32).fill(unit), bytes };
}

function scene(post = new Post(), shelf = new MemoryShelf()) {
  const verdicts: [number, Verdict][] = [];
  const outbox = new Outbox(shelf, post, ({ unit }, verdict) => verdicts.push([unit, verdict]));
  return { outbox, post, shelf, verdicts };
}

describe("the outbox", () => {
  it("keeps a result on the shelf until it is answered for, then drops it", async () => {
    const { outbox, shelf, verdicts } = scene();
    await outbox.add(result(7));
    expect([...shelf.kept.values()].map(({ unit }) => unit)).toEqual([7]);
    await outbox.flush();
    expect(verdicts).toEqual([[7, "recorded"]]);
    expect([shelf.kept.size, outbox.count]).toEqual([0, 0]);
  });

  it("signs whatever was answered once it is to finish, and not while there is something to send", async () => {
    const { outbox, post } = scene();
    await outbox.add(result(7));
    await outbox.flush();
    expect(post.signedAll).toBe(0);
    post.isUp = false;
    await outbox.finish();
    expect(post.signedAll).toBe(0);
    post.isUp = true;
    await outbox.finish();
    expect(post.signedAll).toBe(1);
  });

  it("sends what a full disk has no room for, and shelves it when there is room again", async () => {
    class FullShelf extends MemoryShelf {
      isFull = true;
      override async write(put: OutboxEntry[], remove: string[]) {
        if (this.isFull && put.length > 0) throw new DOMException("no room", "QuotaExceededError");
        await super.write(put, remove);
      }
    }
    const post = new Post();
    const shelf = new FullShelf();
    const { outbox, verdicts } = scene(post, shelf);
    await outbox.add(result(1));
    await outbox.flush();
    expect(verdicts).toEqual([[1, "recorded"]]);
    post.isUp = false;
    await outbox.add(result(2));
    expect(shelf.kept.size).toBe(0);
    shelf.isFull = false;
    await outbox.add(result(3));
    expect([...shelf.kept.values()].map(({ unit }) => unit)).toEqual([2, 3]);
    post.isUp = true;
    await outbox.flush();
    expect([shelf.kept.size, outbox.count, verdicts.length]).toEqual([0, 0, 3]);
  });

  it("sends what is added while a slow shelf is written to", async () => {
    let release: () => void = () => {};
    class SlowShelf extends MemoryShelf {
      override async write(put: OutboxEntry[], remove: string[]) {
        if (remove.length > 0) await new Promise<void>((resolve) => (release = resolve));
        await super.write(put, remove);
      }
    }
    const { outbox, verdicts, shelf } = scene(new Post(), new SlowShelf());
    await outbox.add(result(1));
    const first = outbox.flush();
    await vi.waitFor(() => expect(verdicts).toEqual([[1, "recorded"]]));
    const added = outbox.add(result(2));
    const second = outbox.flush();
    release();
    await vi.waitFor(() => expect(verdicts.length).toBe(2));
    release();
    await vi.waitFor(() => expect(shelf.kept.size).toBe(0));
    release();
    await Promise.all([first, added, second]);
    expect(outbox.count).toBe(0);
  });

  it("sends what an earlier page left", async () => {
    const shelf = new MemoryShelf();
    const before = scene(new Post(), shelf);
    before.post.isUp = false;
    await before.outbox.add(result(1));
    await before.outbox.add(result(2, 2000));
    await before.outbox.close();
    const after = scene(new Post(), shelf);
    await after.outbox.load();
    await after.outbox.flush();
    expect((after.post.frames[0] as SubmitFrame).results.map(({ unit }) => unit)).toEqual([1, 2]);
    expect(shelf.kept.size).toBe(0);
  });

  it("sends results of one token together, those of another apart", async () => {
    const { outbox, post } = scene();
    await Promise.all([outbox.add(result(1)), outbox.add(result(2)), outbox.add(result(3, 16, Uint8Array.of(9)))]);
    await outbox.flush();
    expect(post.frames.map((frame) => (frame as SubmitFrame).results.map(({ unit }) => unit))).toEqual([[1, 2], [3]]);
  });

  it("never makes a frame that is too long", async () => {
    const { outbox, post } = scene();
    await Promise.all(Array.from({ length: 1000 }, (_, unit) => outbox.add(result(unit, 1024))));
    await outbox.flush();
    expect(post.frames.length).toBeGreaterThan(1);
    for (const frame of post.frames) expect(encodeFrame(frame).byteLength).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    expect(outbox.count).toBe(0);
  });

  it("lets bytes up to 1 KiB ride along and sends longer ones only when asked", async () => {
    const { outbox, post } = scene();
    await Promise.all([outbox.add(result(1, 1024)), outbox.add(result(2, 1025))]);
    await outbox.flush();
    expect((post.frames[0] as SubmitFrame).results.map(({ bytes }) => bytes.byteLength)).toEqual([1024, 0]);
    expect(post.frames.length).toBe(1);
  });

  it("sends wanted bytes by the socket, above 64 KiB by PUT", async () => {
    const { outbox, post, shelf } = scene(new Post(allOf("wanted")));
    await Promise.all([outbox.add(result(1, 65536)), outbox.add(result(2, 65537))]);
    await outbox.flush();
    expect(post.frames.filter(({ type }) => type === "bytes").map((frame) => (frame as { unit: number }).unit)).toEqual([1]);
    expect(post.uploads).toEqual([2]);
    expect(shelf.kept.size).toBe(0);
  });

  it("keeps wanted bytes on the shelf when the connection drops before they are sent", async () => {
    const { outbox, post, shelf } = scene(new Post(allOf("wanted")));
    post.answer = (frame) => {
      post.isUp = false;
      return allOf("wanted")(frame);
    };
    await outbox.add(result(1, 5000));
    await outbox.flush();
    await outbox.close();
    expect([...shelf.kept.values()].map(({ stage, bytes }) => [stage, bytes.byteLength])).toEqual([["bytes", 5000]]);
  });

  it("keeps everything through passing errors, and gives up on final ones", async () => {
    const { outbox, post, shelf, verdicts } = scene(new Post(() => ({ type: "error", code: "shutting-down", retryMs: 1000, message: "" })));
    await outbox.add(result(1));
    await outbox.flush();
    expect(shelf.kept.size).toBe(1);
    post.answer = () => ({ type: "error", code: "bad-token", retryMs: 0, message: "" });
    await outbox.flush();
    expect(shelf.kept.size).toBe(0);
    expect(verdicts).toEqual([[1, "refused"]]);
    await outbox.close();
  });

  it("asks again when the coordinator said, however much is added meanwhile, and at once after a new connection", async () => {
    vi.useFakeTimers();
    try {
      const { outbox, post } = scene(new Post(() => ({ type: "error", code: "too-fast", retryMs: 5_000, message: "" })));
      await outbox.add(result(0));
      await outbox.flush();
      expect(post.frames.length).toBe(1);
      for (let unit = 1; unit <= 200; unit++) await outbox.add(result(unit));
      await vi.advanceTimersByTimeAsync(4_900);
      expect(post.frames.length).toBe(1);
      post.answer = allOf("recorded");
      await vi.advanceTimersByTimeAsync(200);
      expect([post.frames.length > 1, outbox.count]).toEqual([true, 0]);
      post.answer = () => ({ type: "error", code: "shutting-down", retryMs: 60_000, message: "" });
      await outbox.add(result(201));
      await outbox.flush();
      post.answer = allOf("recorded");
      await outbox.flush();
      expect(outbox.count).toBe(0);
      await outbox.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("drops bytes that turn out not to be wanted", async () => {
    const { outbox, post } = scene();
    post.answer = (frame) =>
      frame.type === "submit" ? allOf("wanted")(frame) : { type: "error", code: "not-wanted", retryMs: 0, message: "" };
    await outbox.add(result(1, 5000));
    await outbox.flush();
    expect(outbox.count).toBe(0);
  });
});
