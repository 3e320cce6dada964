/** A job package on disk: `job.json` and the files it names, nothing else of the folder. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, sep } from "node:path";
import { counted } from "../../shared/counted.ts";
import type { Fault } from "../../shared/errors.ts";
import { list } from "../../shared/kernel/path.ts";
import { PATH_PATTERN } from "../../shared/manifest/file.ts";
import { nearest } from "../admit/nearest.ts";
import { MAX_FILES, textLimit } from "../admit/package.ts";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";

export interface PackageFile {
  /** Path inside the package, with slashes. */
  path: string;
  /** Path on this machine. */
  place: string;
  bytes: number;
  /** A link leads out of the folder: it is never opened. */
  outside: boolean;
}

const PATH = new RegExp(PATH_PATTERN);

/**
 * `job.json` first, then the files it names and that exist inside `dir`. What is missing or misnamed is left out: admission
 * names it with its place. Throws `CliError`: usage when there is no readable job.json, refused when a file is larger than
 * admission reads, leads out of the folder, or there are too many; nothing of those is read.
 */
export async function packageFiles(dir: string): Promise<PackageFile[]> {
  const manifest = await fileOf(dir, "job.json");
  if (!manifest) {
    const near = basename(dir) === "job.json" ? undefined : nearest("job.json", await neighboursOf(dir, ".", new Set()));
    const todo = near
      ? `Did you mean ${near}? Rename it job.json.`
      : basename(dir) === "job.json"
        ? `Name the folder that it is in: ${dirname(dir)}.`
        : `Name the folder of a job, or make one with ${invocation("new <dir>")}.`;
    throw new CliError(EXIT.usage, "no-package", `There is no job.json in ${dir}.`, todo);
  }
  refuse(faultsOf([manifest]));
  const named = referencesOf(await readFile(manifest.place, "utf8"));
  if (named.length >= MAX_FILES) {
    const wrong = `It names ${named.length.toLocaleString("en")} files.`;
    refuse([{ file: "job.json", wrong, right: `At most ${MAX_FILES - 1} are allowed beside it.` }]);
  }
  const files = [manifest];
  for (const path of named) {
    const file = await fileOf(dir, path);
    if (file) files.push(file);
  }
  refuse(faultsOf(files));
  return files;
}

function faultsOf(files: readonly PackageFile[]): Fault[] {
  const faults: Fault[] = [];
  for (const { path, bytes, outside } of files) {
    const limit = textLimit(path);
    if (outside) {
      // What lies there is not the owner's to send by accident.
      faults.push({ file: path, wrong: "It is a link that leads out of the folder.", right: "Put a copy of the file in its place." });
    } else if (limit !== null && bytes > limit) {
      const wrong = `It has ${bytes.toLocaleString("en")} bytes.`;
      faults.push({ file: path, wrong, right: `At most ${limit.toLocaleString("en")} are allowed for such a file.` });
    }
  }
  return faults;
}

function refuse(faults: Fault[]): void {
  if (faults.length === 0) return;
  const message = `The job package was refused: ${counted(faults.length, "fault")}.`;
  throw new CliError(EXIT.refused, "refused", message, `Mend ${faults.length === 1 ? "it" : "them"} and try again.`, faults);
}

/** Paths that a manifest names, each once; of text that is no manifest, none. */
export function referencesOf(text: string): string[] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return [];
  }
  const named = [
    ...listed(field(manifest, "kernel")),
    field(field(manifest, "units"), "rows"),
    ...listed(field(manifest, "passes")).map((pass) => field(pass, "table")),
    ...Object.values(record(field(manifest, "bindings"))).map((binding) => field(field(binding, "init"), "file")),
  ];
  const paths = new Set(named.filter((path): path is string => typeof path === "string" && PATH.test(path)));
  paths.delete("job.json");
  return [...paths];
}

/** The same faults; where a file is missing, the one of the folder that is meant is named, else those that job.json does not name. */
export async function nameNeighbours(dir: string, faults: readonly Fault[], files: readonly PackageFile[]): Promise<Fault[]> {
  const taken = new Set(files.map(({ path }) => path));
  const named: Fault[] = [];
  for (const fault of faults) {
    const { missing } = fault;
    const there = missing === undefined || !PATH.test(missing) ? [] : await neighboursOf(dir, dirname(missing), taken);
    named.push(missing === undefined || there.length === 0 ? fault : { ...fault, right: meantBy(missing, there, fault.right) });
  }
  return named;
}

/** Of `there`, files that job.json does not name, the nearest, or the only one of that kind. */
function meantBy(missing: string, there: readonly string[], right: string): string {
  const alike = there.filter((path) => extname(path) === extname(missing));
  const near = nearest(missing, there) ?? (alike.length === 1 ? alike[0] : undefined);
  if (near !== undefined) return `Did you mean ${near}?`;
  return right.startsWith("Did you mean") ? right : `${right} Its folder has ${list(there)} too, which job.json does not name.`;
}

/** Files in a folder of the package, by their path in it, that it does not name. */
async function neighboursOf(dir: string, folder: string, taken: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map(({ name }) => (folder === "." ? name : `${folder}/${name}`));
  return paths.filter((path) => !taken.has(path));
}

async function fileOf(dir: string, path: string): Promise<PackageFile | undefined> {
  try {
    const root = await realpath(dir);
    const place = await realpath(join(root, path));
    const found = await stat(place);
    return found.isFile() ? { path, place, bytes: found.size, outside: !place.startsWith(root + sep) } : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "ELOOP")
      throw new CliError(EXIT.usage, "unreadable", `${join(dir, path)} cannot be read: ${code}.`, "Check its permissions and links.");
    throw error;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function field(value: unknown, name: string): unknown {
  return record(value)[name];
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
