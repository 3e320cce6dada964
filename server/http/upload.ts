/** A job package out of a multipart request: every size is checked while it streams, nothing large is held in memory. */
import type { FastifyRequest } from "fastify";
import { concatBytes } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { MAX_PATH_CHARACTERS, PATH_PATTERN } from "../../shared/manifest/file.ts";
import { MAX_MANIFEST_BYTES } from "../../shared/manifest.ts";
import { type JobPackage, MAX_FILES, MAX_TEXT_BYTES, textLimit } from "../admit/package.ts";
import { hashed } from "../hashed.ts";
import { Pace } from "./pace.ts";

const MAX_FILE_BYTES = 4 * 1024 ** 3;
/** All files of a package, with what stands around them in a body. */
export const MAX_PACKAGE_BYTES = MAX_FILES * (MAX_FILE_BYTES + 64 * 1024);
/** Packages received at a time, by all owners together and by one. */
const MAX_UPLOADS = 8;
const MAX_PER_OWNER = 2;
const PATH = new RegExp(PATH_PATTERN);

/** Where the file `path`, which is no text, goes: held, or only measured. */
export type FileSink = (source: AsyncIterable<Uint8Array>, limit: number, path: string) => Promise<{ hash: BlobHash; bytes: number }>;

/** Which packages are being received, each number its owner's. */
const uploads: number[] = [];

/** Throws `too-large` when the body is longer than any package, before any of it is read. */
export function refuseTooLong({ headers }: FastifyRequest): void {
  const bytes = Number(headers["content-length"] ?? 0);
  if (bytes > MAX_PACKAGE_BYTES) throw new IdlewaveError("too-large", { what: "The package", bytes, limit: MAX_PACKAGE_BYTES });
}

/**
 * One part a file, the field's name its path. Throws `bad-request` on parts that are no such thing, `too-large` on a file
 * above its limit, `too-fast` when others are being received already. `owner`: number of the owner's token.
 */
export async function receivePackage(request: FastifyRequest, owner: number, sink: FileSink, pace = new Pace()): Promise<JobPackage> {
  if (!request.isMultipart())
    throw new IdlewaveError("bad-request", { why: "A job package comes as multipart/form-data, one part a file." });
  if (uploads.filter((each) => each === owner).length >= MAX_PER_OWNER)
    throw new IdlewaveError("too-fast", { limit: `${MAX_PER_OWNER} uploads of one owner at a time`, retrySeconds: 5 });
  if (uploads.length >= MAX_UPLOADS) throw new IdlewaveError("too-fast", { limit: `${MAX_UPLOADS} uploads at a time`, retrySeconds: 5 });
  uploads.push(owner);
  try {
    return await receive(request, sink, pace);
  } finally {
    uploads.splice(uploads.indexOf(owner), 1);
  }
}

async function receive(request: FastifyRequest, sink: FileSink, pace: Pace): Promise<JobPackage> {
  const pkg: JobPackage = { texts: new Map(), files: new Map() };
  let textBytes = 0;
  const limits = { files: MAX_FILES, fields: MAX_FILES, parts: MAX_FILES, fileSize: MAX_FILE_BYTES + 1, fieldSize: MAX_MANIFEST_BYTES + 1 };
  const parts = request.parts({ limits: { ...limits, fieldNameSize: MAX_PATH_CHARACTERS + 1, headerPairs: 32 } });
  for await (const part of parsed(pace.of(parts, (each) => (each.type === "field" ? String(each.value).length : 0)))) {
    const path = part.fieldname;
    if (path.length > MAX_PATH_CHARACTERS || !PATH.test(path))
      throw new IdlewaveError("bad-request", { why: `"${path.slice(0, 80)}" is no path of a package.` });
    if (pkg.files.has(path)) throw new IdlewaveError("bad-request", { why: `${path} comes twice.` });
    if (pkg.files.size >= MAX_FILES) throw tooMany();
    const source =
      part.type === "file" ? parsed(pace.of<Uint8Array>(part.file, (each) => each.byteLength)) : once(Buffer.from(String(part.value)));
    const limit = textLimit(path);
    if (limit === null) {
      const { hash, bytes } = await sink(source, MAX_FILE_BYTES, path);
      pkg.files.set(path, { bytes, sha256: hash });
      continue;
    }
    const text: Uint8Array[] = [];
    const { hash, bytes } = await hashed(source, Math.min(limit, MAX_TEXT_BYTES - textBytes), path, (part) => void text.push(part));
    textBytes += bytes;
    pkg.texts.set(path, concatBytes(text));
    pkg.files.set(path, { bytes, sha256: hash });
  }
  return pkg;
}

function tooMany(): IdlewaveError {
  return new IdlewaveError("too-large", {
    what: "The package",
    bytes: `more than ${MAX_FILES} files and more`,
    limit: `${MAX_FILES} files`,
  });
}

/** The multipart parser's words for more parts than it was allowed. */
const TOO_MANY = ["FST_PARTS_LIMIT", "FST_FILES_LIMIT", "FST_FIELDS_LIMIT"];

/** What the multipart parser gives. Its own errors without a code tell of the sender, not of us. */
async function* parsed<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof Error && "code" in error && TOO_MANY.includes(String(error.code))) throw tooMany();
    const malformed = error instanceof Error && !("code" in error);
    throw malformed ? new IdlewaveError("bad-request", { why: `The upload is malformed: ${error.message}.` }) : error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Measures and hashes a file without keeping it. */
export const measure: FileSink = (source, limit, path) => hashed(source, limit, path);
