/** What judging a package may take: time and memory of the judge's process, and sizes that are checked before anything is parsed, here and there. */
import type { Fault } from "../../shared/errors.ts";
import { MAX_PATH_CHARACTERS } from "../../shared/manifest/file.ts";
import { type JobPackage, MANIFEST_FILE, MAX_FILES, MAX_TEXT_BYTES, textLimit } from "./package.ts";

/** Processor time of one judgement, then the process is killed. */
export const JUDGE_TIME_MS = 2_000;
/** How long a judgement may wait for a busy machine to give it that time: at first, and when it is tried once more. */
export const JUDGE_PATIENCE_MS: Patience = [10_000, 30_000];
export type Patience = readonly [first: number, second: number];
/** Address space of the judge's process: Node reserves about 1 GiB that it never touches. */
export const JUDGE_MEMORY_MIB = 2_048;
/** Compute entry points of a kernel: each is read, compiled and rewritten by itself. */
export const MAX_ENTRY_POINTS = 64;
/** A request: the texts, and names, sizes and hashes of all files. */
export const MAX_REQUEST_BYTES = MAX_TEXT_BYTES + 1024 * 1024;
/** An answer: 32 MiB of rows, and a plan whose kernel, writes and tables are bounded. */
export const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/** Faults told of one package whose sizes are wrong: as many as a person reads. */
const MAX_SIZE_FAULTS = 20;

/** What is too large to be judged at all. */
export function oversized(pkg: JobPackage): Fault[] {
  const faults: Fault[] = [];
  if (pkg.files.size > MAX_FILES) {
    faults.push({ file: MANIFEST_FILE, wrong: `The package has ${pkg.files.size} files.`, right: `At most ${MAX_FILES} are allowed.` });
  }
  for (const file of pkg.files.keys()) {
    if (file.length > MAX_PATH_CHARACTERS) {
      faults.push({
        file: `${file.slice(0, 40)}…`,
        wrong: `The name has ${file.length} characters.`,
        right: `At most ${MAX_PATH_CHARACTERS} are allowed.`,
      });
    }
  }
  let total = 0;
  for (const [file, bytes] of pkg.texts) {
    total += bytes.byteLength;
    const limit = textLimit(file) ?? 0;
    if (bytes.byteLength > limit) {
      faults.push({ file, wrong: `The file has ${bytes.byteLength} bytes.`, right: `At most ${limit} are allowed for such a file.` });
    }
  }
  if (total > MAX_TEXT_BYTES && faults.length === 0) {
    faults.push({ file: MANIFEST_FILE, wrong: `The texts have ${total} bytes together.`, right: `At most ${MAX_TEXT_BYTES} are allowed.` });
  }
  return faults.slice(0, MAX_SIZE_FAULTS);
}
