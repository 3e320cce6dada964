/** What an outbox of an earlier release left in IndexedDB, one file a release, is sent by this one. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { KEPT } from "../../../client/donor/kept.ts";
import { Outbox, type OutboxPost } from "../../../client/donor/outbox/outbox.ts";
import type { OutboxEntry } from "../../../client/donor/outbox/outbox-entry.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
import type { Frame } from "../../../shared/wire.ts";

interface Released {
  release: string;
  database: string;
  store: string;
  /** As they lay in IndexedDB, binary fields in base64. */
  entries: (Record<string, unknown> & { token: string; digest: string; bytes: string })[];
}

const FOLDER = fileURLToPath(new URL("../../fixtures/outbox/", import.meta.url));
const RELEASES = readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(FOLDER + file, "utf8")) as Released);

function shelved({ entries }: Released): OutboxEntry[] {
  const binary = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
  return entries.map((entry) => {
    const stored: unknown = { ...entry, token: binary(entry.token), digest: binary(entry.digest), bytes: binary(entry.bytes) };
    return stored as OutboxEntry;
  });
}

/** Loads the entries and sends them to a coordinator that answers with `answer`. */
async function send(released: Released, answer: (frame: Frame) => Frame) {
  const sent: Frame[] = [];
  const removed: string[] = [];
  const kept: OutboxEntry[] = shelved(released);
  const shelf = {
    load: async () => kept,
    write: async (_put: OutboxEntry[], remove: string[]) => {
      removed.push(...remove);
    },
  };
  const request = async (frame: Frame) => {
    const wired = decodeFrame(encodeFrame(frame));
    sent.push(wired);
    return answer(wired);
  };
  const post: OutboxPost = {
    isUp: true,
    request,
    submit: (_job, token, results) => request({ type: "submit", token, results }),
    sign: async () => undefined,
    signAll: async () => undefined,
    upload: async () => "settled",
  };
  const outbox = new Outbox(shelf, post, () => undefined);
  await outbox.load();
  await outbox.flush();
  const { count } = outbox;
  await outbox.close();
  return { sent, removed, count, kept };
}

it("there is an outbox of 0.1.0", () => {
  expect(RELEASES.map(({ release }) => release)).toContain("0.1.0");
});

it.each(RELEASES)("what $release left is found, submitted with its token, and its bytes are delivered", async (released) => {
  expect(KEPT.results).toEqual({ database: released.database, store: released.store });
  const { sent, removed, count, kept } = await send(released, (frame) =>
    frame.type === "submit" ? { type: "answer", verdicts: frame.results.map(() => "recorded") } : { type: "done" },
  );
  const submitted = sent.flatMap((frame) => (frame.type === "submit" ? frame.results : []));
  const open = kept.filter(({ stage }) => stage === "submit");
  expect(submitted.map(({ unit, status, digest }) => ({ unit, status, digest }))).toEqual(
    open.map(({ unit, status, digest }) => ({ unit, status, digest })),
  );
  const delivered = sent.flatMap((frame) => (frame.type === "bytes" ? [frame] : []));
  const wanted = kept.filter(({ stage }) => stage === "bytes");
  expect(delivered.map(({ unit, bytes }) => ({ unit, bytes }))).toEqual(wanted.map(({ unit, bytes }) => ({ unit, bytes })));
  for (const frame of sent) expect("token" in frame && frame.token).toEqual(kept[0]?.token);
  expect(count).toBe(0);
  expect(removed.sort()).toEqual(kept.map(({ key }) => key).sort());
});

it("a coordinator without room loses no result: it is asked again when it said", async () => {
  const [released] = RELEASES as [Released];
  const { count, removed, kept } = await send(released, () => ({ type: "error", code: "disk-full", retryMs: 60_000, message: "full" }));
  expect(count).toBe(kept.length);
  expect(removed).toEqual([]);
});
