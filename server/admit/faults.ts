/** Collects the faults and warnings of one judgement, each at its place. */
import type { Fault } from "../../shared/errors.ts";
import type { JsonPath, JsonText } from "./json.ts";
import { MANIFEST_FILE } from "./package.ts";
import { shortened } from "./shortened.ts";

/** More faults than this help nobody. */
const MAX_FAULTS = 100;
const MAX_WARNINGS = 50;

export class Faults {
  readonly list: Fault[] = [];
  readonly warnings: string[] = [];
  private readonly manifest: JsonText | undefined;
  private readonly seen = new Set<string>();

  constructor(manifest?: JsonText) {
    this.manifest = manifest;
  }

  add(fault: Fault): void {
    const key = JSON.stringify([fault.file, fault.line, fault.column, fault.field, fault.wrong]);
    if (this.list.length >= MAX_FAULTS || this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push({ ...fault, wrong: shortened(fault.wrong), right: shortened(fault.right) });
  }

  /** A fault of the manifest's value at `path`. */
  at(path: JsonPath, wrong: string, right: string, more: Pick<Fault, "missing"> = {}): void {
    const place = this.manifest?.placeOf(path);
    this.add({ file: MANIFEST_FILE, ...place, ...(path.length > 0 ? { field: fieldOf(path) } : {}), ...more, wrong, right });
  }

  /** The same, in the place of what was told of that value before. */
  only(path: JsonPath, wrong: string, right: string): void {
    const field = fieldOf(path);
    const others = this.list.filter((fault) => fault.file !== MANIFEST_FILE || fault.field !== field);
    this.list.splice(0, this.list.length, ...others);
    this.at(path, wrong, right);
  }

  /** In reading order: the manifest first, then file by file. */
  sorted(): Fault[] {
    const rank = (fault: Fault) => (fault.file === MANIFEST_FILE ? "" : fault.file);
    return [...this.list].sort((a, b) => {
      if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
      return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
    });
  }

  /** A warning about the manifest's value at `path`, with its place in front. */
  warnAt(path: JsonPath, text: string): void {
    this.warn(`${this.placeOf(path)} ${fieldOf(path)}: ${text}`);
  }

  /** `job.json:3:1` of the manifest's value at `path`, or of what holds it. */
  placeOf(path: JsonPath): string {
    const place = this.manifest?.placeOf(path);
    return place ? `${MANIFEST_FILE}:${place.line}:${place.column}` : MANIFEST_FILE;
  }

  warn(text: string): void {
    const warning = shortened(text);
    if (this.warnings.length < MAX_WARNINGS && !this.warnings.includes(warning)) this.warnings.push(warning);
  }
}

/** `bindings.params.set.width`, `passes[0].workgroups[2]`; a key that is no identifier stands between quotes. */
export function fieldOf(path: JsonPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step.slice(0, 60))}]`;
  }
  return text;
}
