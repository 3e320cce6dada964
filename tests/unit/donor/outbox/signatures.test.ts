/** The donor's signatures: of what was answered, and of what a connection that broke may have been heard to say. */
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { type Left, Signatures, type StatementShelf } from "../../../../client/donor/outbox/signatures.ts";
import { toHex } from "../../../../shared/bytes.ts";
import type { UnitIndex } from "../../../../shared/ids.ts";
import { linkBytes, SIGN_EVERY_MS, SIGN_RESULTS } from "../../../../shared/statement.ts";
import type { Frame, ReplicaResult } from "../../../../shared/wire.ts";

const JOB = 3;
const TOKEN = Uint8Array.of(1);
const START = new Uint8Array(32).fill(9);

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

function results(count: number, from = 0): ReplicaResult[] {
  return Array.from({ length: count }, (_, at) => ({
    ...{ unit: (from + at) as UnitIndex, status: "ok", gpuMicros: 1 },
    ...{ digest: new Uint8Array(32).fill(at), bytes: new Uint8Array(0) },
  }));
}

/** The coordinator's half: it takes submits into a hash of its own, and knows which end of a statement is unsigned. */
class Coordinator {
  hash: Uint8Array = START;
  readonly unsigned = new Set<string>();
  readonly signed: string[] = [];
  restarts = 0;
  /** What it answers instead; null: it takes the frame, and the connection breaks. */
  instead: ((frame: Frame) => Frame | null | undefined) | undefined;

  async request(frame: Frame): Promise<Frame> {
    const other = this.instead?.(frame);
    if (other) return other;
    const answer = this.answer(frame);
    if (other === null) throw new Error("the connection broke");
    return answer;
  }

  restart(): void {
    this.restarts++;
  }

  private answer(frame: Frame): Frame {
    if (frame.type === "submit") {
      this.unsigned.delete(toHex(this.hash));
      this.hash = sha256(linkBytes(this.hash, JOB, frame.results));
      this.unsigned.add(toHex(this.hash));
      return { type: "answer", verdicts: frame.results.map(() => "recorded") };
    }
    if (frame.type !== "sign") throw new Error(frame.type);
    const end = toHex(frame.hash);
    if (!this.unsigned.delete(end)) return { type: "error", code: "unknown-statement", retryMs: 0, message: "" };
    this.signed.push(end);
    return { type: "done" };
  }
}

function memory(left: Left[] = []): StatementShelf & { left: Left[] } {
  const shelf = {
    left,
    load: async () => shelf.left,
    save: async (kept: Left[]) => {
      shelf.left = structuredClone(kept);
    },
  };
  return shelf;
}

async function scene(shelf = memory(), coordinator = new Coordinator()) {
  const onDue = vi.fn();
  const signatures = new Signatures({ sign: async () => new Uint8Array(64) }, shelf, coordinator, onDue);
  await signatures.load();
  return { signatures, shelf, coordinator, onDue };
}

async function begun(...parts: Parameters<typeof scene>) {
  const begin = await scene(...parts);
  begin.signatures.begin(START);
  return begin;
}

describe("a session's results", () => {
  it("are signed once there are enough of them, and not before", async () => {
    const { signatures, coordinator } = await begun();
    await signatures.submit(JOB, TOKEN, results(SIGN_RESULTS - 1));
    await signatures.sign();
    expect(coordinator.signed).toEqual([]);
    await signatures.submit(JOB, TOKEN, results(1));
    await signatures.sign();
    expect(coordinator.signed).toEqual([toHex(coordinator.hash)]);
    await signatures.sign();
    expect(coordinator.signed).toHaveLength(1);
  });

  it("are signed after a while, however few they are", async () => {
    vi.useFakeTimers();
    try {
      const { signatures, coordinator, onDue } = await begun();
      await signatures.submit(JOB, TOKEN, results(1));
      vi.advanceTimersByTime(SIGN_EVERY_MS - 1);
      expect(onDue).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(onDue).toHaveBeenCalledOnce();
      await signatures.sign();
      expect(coordinator.signed).toHaveLength(1);
      vi.advanceTimersByTime(SIGN_EVERY_MS);
      expect(onDue).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it("are signed at the end, if there are any", async () => {
    const { signatures, coordinator, shelf } = await begun();
    await signatures.signAll();
    expect(coordinator.signed).toEqual([]);
    await signatures.submit(JOB, TOKEN, results(1));
    await signatures.signAll();
    expect(coordinator.signed).toHaveLength(1);
    expect(shelf.left).toEqual([]);
  });

  it("that were answered by an error are not among what is signed", async () => {
    const { signatures, coordinator } = await begun();
    await signatures.submit(JOB, TOKEN, results(1));
    coordinator.instead = () => ({ type: "error", code: "too-fast", retryMs: 1, message: "" });
    await signatures.submit(JOB, TOKEN, results(1, 1));
    coordinator.instead = undefined;
    await signatures.submit(JOB, TOKEN, results(1, 2));
    await signatures.signAll();
    expect(coordinator.signed).toEqual([toHex(coordinator.hash)]);
  });

  it("whose signature must wait are signed later", async () => {
    const { signatures, coordinator } = await begun();
    await signatures.submit(JOB, TOKEN, results(1));
    coordinator.instead = () => ({ type: "error", code: "too-fast", retryMs: 700, message: "" });
    await expect(signatures.signAll()).rejects.toMatchObject({ afterMs: 700 });
    coordinator.instead = undefined;
    await signatures.signAll();
    expect(coordinator.signed).toHaveLength(1);
  });

  it("of which the two sides have other hashes make it begin anew", async () => {
    const { signatures, coordinator } = await begun();
    await signatures.submit(JOB, TOKEN, results(1));
    coordinator.unsigned.clear();
    await signatures.signAll();
    expect(coordinator.restarts).toBe(1);
  });
});

describe("after a connection broke", () => {
  it.each([true, false])("in the middle of a submit, what was heard is signed on the next (the submit was: %s)", async (heard) => {
    const { signatures, coordinator, shelf } = await begun();
    await signatures.submit(JOB, TOKEN, results(1));
    const before = toHex(coordinator.hash);
    coordinator.instead = () => {
      if (!heard) throw new Error("the connection broke");
      return null;
    };
    await expect(signatures.submit(JOB, TOKEN, results(1, 1))).rejects.toThrow("broke");
    expect(coordinator.restarts).toBe(1);
    await expect(signatures.submit(JOB, TOKEN, results(1, 2))).rejects.toThrow("no connection");
    coordinator.instead = undefined;
    const end = toHex(coordinator.hash);
    expect(end === before).toBe(!heard);
    signatures.begin(START);
    await signatures.sign();
    expect(coordinator.signed).toEqual([end]);
    expect(shelf.left).toEqual([]);
  });

  it("and the page was closed, the next page signs: the hash was kept before the submit was sent", async () => {
    const { signatures, coordinator, shelf } = await begun();
    coordinator.instead = (frame) => {
      expect(shelf.left.flat().map(toHex)).toEqual([toHex(sha256(linkBytes(START, JOB, results(1))))]);
      return frame.type === "submit" ? null : undefined;
    };
    await expect(signatures.submit(JOB, TOKEN, results(1))).rejects.toThrow("broke");
    coordinator.instead = undefined;
    const next = await begun(shelf, coordinator);
    await next.signatures.sign();
    expect(coordinator.signed).toHaveLength(1);
    expect(coordinator.unsigned.size).toBe(0);
  });

  it("what is left is signed again where the answer to the signature was lost", async () => {
    const { signatures, coordinator } = await begun();
    await signatures.submit(JOB, TOKEN, results(1));
    coordinator.instead = () => null;
    await expect(signatures.signAll()).rejects.toThrow("broke");
    coordinator.instead = undefined;
    signatures.begin(START);
    await signatures.sign();
    expect(coordinator.signed).toHaveLength(1);
  });

  it("no more than 32 statements are remembered, the newest", async () => {
    const { shelf } = await begun(memory(Array.from({ length: 40 }, (_, at) => [new Uint8Array(32).fill(at)])));
    const { signatures, coordinator } = await begun(shelf);
    coordinator.instead = () => ({ type: "error", code: "too-fast", retryMs: 1, message: "" });
    await signatures.submit(JOB, TOKEN, results(1));
    expect(shelf.left).toHaveLength(32);
    expect(shelf.left.at(-2)?.[0]?.[0]).toBe(39);
  });

  it("a shelf without room costs no signature of this run", async () => {
    const full = { load: async () => [], save: async () => Promise.reject(new DOMException("no room", "QuotaExceededError")) };
    const coordinator = new Coordinator();
    const signatures = new Signatures({ sign: async () => new Uint8Array(64) }, full, coordinator, () => undefined);
    signatures.begin(START);
    await signatures.submit(JOB, TOKEN, results(1));
    signatures.begin(START);
    await signatures.sign();
    expect(coordinator.signed).toHaveLength(1);
  });
});
