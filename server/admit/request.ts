/** The package and the verdict as messages of `frames.ts`. */

import { concatBytes } from "../../shared/bytes.ts";
import type { BlobHash } from "../../shared/ids.ts";
import type { Message } from "./frames.ts";
import type { Admission, JobPackage } from "./package.ts";

interface RequestJson {
  texts: [file: string, bytes: number][];
  files: [file: string, bytes: number, sha256: BlobHash][];
}

export function requestOf(pkg: JobPackage): Message {
  const json: RequestJson = {
    texts: [...pkg.texts].map(([file, bytes]) => [file, bytes.byteLength]),
    files: [...pkg.files].map(([file, { bytes, sha256 }]) => [file, bytes, sha256]),
  };
  return { json, bytes: concatBytes([...pkg.texts.values()]) };
}

export function packageOf(message: Message): JobPackage {
  const json = message.json as RequestJson;
  const texts = new Map<string, Uint8Array>();
  let offset = 0;
  for (const [file, length] of json.texts) {
    texts.set(file, message.bytes.subarray(offset, offset + length));
    offset += length;
  }
  return { texts, files: new Map(json.files.map(([file, bytes, sha256]) => [file, { bytes, sha256 }])) };
}

export function answerOf(admission: Admission): Message {
  if (!admission.ok) return { json: admission, bytes: new Uint8Array() };
  const { rows, ...json } = admission;
  return { json: { ...json, hasRows: rows !== null }, bytes: rows ?? new Uint8Array() };
}

/** True for what a judge of ours answers. */
export function isVerdict(message: Message): boolean {
  const json = message.json as {
    ok?: unknown;
    faults?: unknown;
    plan?: { kernel?: unknown };
    source?: unknown;
    splits?: unknown;
    entryPoints?: unknown;
  } | null;
  if (json?.ok === false) return Array.isArray(json.faults) && json.faults.length > 0;
  return (
    json?.ok === true &&
    typeof json.plan?.kernel === "string" &&
    typeof json.source === "string" &&
    Array.isArray(json.splits) &&
    Array.isArray(json.entryPoints)
  );
}

/** The verdict in an answer for which `isVerdict` holds. */
export function admissionOf(message: Message): Admission {
  const json = message.json as Admission & { hasRows?: boolean };
  if (!json.ok) return { ok: false, faults: json.faults, ...(json.more === true ? { more: true } : {}) };
  const { hasRows, ...rest } = json;
  return { ...rest, rows: hasRows ? message.bytes : null };
}
