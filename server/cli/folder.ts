/** A job package on disk: `job.json` and the files it names, nothing else of the folder. */
import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { MAX_MANIFEST_BYTES, PATH_PATTERN } from "../../shared/manifest.ts";
import { CliError, EXIT } from "./exit.ts";

export interface PackageFile {
  /** Path inside the package, with slashes. */
  path: string;
  /** Path on this machine. */
  place: string;
  bytes: number;
}

const PATH = new RegExp(PATH_PATTERN);

/**
 * `job.json` first, then the files it names and that exist inside `dir`. What is missing or misnamed is left out: admission
 * names it with its place. Throws `CliError` when there is no readable job.json.
 */
export async function packageFiles(dir: string): Promise<PackageFile[]> {
  const manifest = await fileOf(dir, "job.json");
  if (!manifest)
    throw new CliError(EXIT.usage, "no-package", `There is no job.json in ${dir}.`, "Make a first job with idlewave new <dir>.");
  const files = [manifest];
  if (manifest.bytes > MAX_MANIFEST_BYTES) return files;
  for (const path of referencesOf(await readFile(manifest.place, "utf8"))) {
    const file = await fileOf(dir, path);
    if (file) files.push(file);
  }
  return files;
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

async function fileOf(dir: string, path: string): Promise<PackageFile | undefined> {
  try {
    const root = await realpath(dir);
    const place = await realpath(join(root, path));
    const found = await stat(place);
    // A link may point out of the package: what lies there is not the owner's to send by accident.
    return found.isFile() && place.startsWith(root + sep) ? { path, place, bytes: found.size } : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
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
