/** Collects the faults and warnings of one judgement, each at its place. */
import type { Fault } from "../../shared/errors.ts";
import { Holes } from "./holes.ts";
import type { JsonPath, JsonText } from "./json.ts";
import { MANIFEST_FILE } from "./package.ts";
import { shortened } from "./shortened.ts";

/** More faults than this help nobody. */
const MAX_FAULTS = 100;
const MAX_WARNINGS = 50;

export class Faults {
  readonly list: Fault[] = [];
  readonly warnings: string[] = [];
  /** Parts of the manifest that could not be read. */
  readonly holes = new Holes();
  /** There were more than are kept. */
  isFull = false;
  private readonly manifest: JsonText | undefined;
  private readonly seen = new Set<string>();
  private readonly told = new Holes();

  constructor(manifest?: JsonText) {
    this.manifest = manifest;
  }

  add(fault: Fault): void {
    const key = JSON.stringify([fault.file, fault.line, fault.column, fault.field, fault.wrong]);
    if (this.seen.has(key)) return;
    if (this.list.length >= MAX_FAULTS) {
      this.isFull = true;
      return;
    }
    this.seen.add(key);
    this.list.push({ ...fault, wrong: shortened(fault.wrong), right: shortened(fault.right) });
  }

  /** A fault of the manifest's value at `path`; none where that could not be read, which is told. */
  at(path: JsonPath, wrong: string, right: string, more: Pick<Fault, "missing"> = {}): void {
    if (this.holes.covers(path)) return;
    this.told.add(path);
    this.tell(path, wrong, right, more);
  }

  /** A fault of the last name in `path`, whatever stands there. */
  named(path: JsonPath, wrong: string, right: string): void {
    if (this.holes.covers(path.slice(0, -1))) return;
    this.told.add(path);
    this.tell(path, wrong, right);
  }

  /** The manifest's value at `path`, a part of it or what holds it has a fault: what is computed from it may be another once that is mended. */
  isDoubtful(path: JsonPath): boolean {
    return this.holes.touches(path) || this.told.touches(path);
  }

  /** The same of a value whose form is wrong: which part of it is a hole then is said apart. */
  tell(path: JsonPath, wrong: string, right: string, more: Pick<Fault, "missing"> = {}): void {
    // Places are looked up in the text: not for what nobody reads.
    if (this.list.length >= MAX_FAULTS) {
      this.isFull = true;
      return;
    }
    const place = this.manifest?.placeOf(path);
    this.add({ file: MANIFEST_FILE, ...place, ...(path.length > 0 ? { field: fieldOf(path) } : {}), ...more, wrong, right });
  }

  /** The same, in the place of what was told of that value before. */
  only(path: JsonPath, wrong: string, right: string): void {
    const field = fieldOf(path);
    const others = this.list.filter((fault) => fault.file !== MANIFEST_FILE || fault.field !== field);
    this.list.splice(0, this.list.length, ...others);
    this.named(path, wrong, right);
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
