/** The outbox's way to the coordinator: frames by the socket, PUT of result bytes that are too long for it. */
import type { UnitIndex } from "../../../shared/ids.ts";
import { RESULT_TOKEN_HEADER } from "../../../shared/result.ts";
import type { VolunteerSocket } from "../socket.ts";
import type { OutboxPost } from "./outbox.ts";
import type { Signatures } from "./signatures.ts";

/** Statuses after which sending again changes nothing: stored, not wanted, not ours, too long, not the digest's bytes. */
const SETTLED = new Set([200, 204, 403, 404, 409, 413, 422]);

/** A PUT that is not answered after so long, and as its bytes take at the slowest line that is waited for, is tried again later. */
const ANSWER_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 8;

export function postOf(origin: string, socket: VolunteerSocket, signatures: Signatures): OutboxPost {
  return {
    get isUp() {
      return socket.isUp;
    },
    submit: (job, token, results) => signatures.submit(job, token, results),
    sign: () => signatures.sign(),
    signAll: () => signatures.signAll(),
    request: (frame) => socket.request(frame),
    upload: (token, unit, bytes) => uploadResult(origin, token, unit, bytes),
  };
}

async function uploadResult(origin: string, token: Uint8Array, unit: UnitIndex, bytes: Uint8Array): Promise<"settled" | "later"> {
  const response = await fetch(`${origin}/api/results?unit=${unit}`, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream", [RESULT_TOKEN_HEADER]: base64Url(token) },
    body: bytes as Uint8Array<ArrayBuffer>,
    signal: AbortSignal.timeout(ANSWER_MS + bytes.byteLength / SLOWEST_BYTES_PER_MS),
  });
  await response.body?.cancel();
  return SETTLED.has(response.status) ? "settled" : "later";
}

function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
