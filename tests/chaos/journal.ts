/** What was promised, kept outside the coordinator: a line is on disk before whoever got the answer sends anything more. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";

/** `mark`: by what the answer is found in a trace of the wire: `<socket> answer <n>`, `<socket> done <n>` or `port <client's>`. */
export type Acknowledged =
  /** The coordinator counted or knows this replica. */
  | { kind: "replica"; volunteer: number; job: number; unit: number; digest: string; mark: string }
  /** The result bytes of this digest are kept, or another digest is canonical. */
  | { kind: "bytes"; volunteer: number; job: number; unit: number; digest: string; mark: string }
  /** The volunteer's signature over what it had submitted was taken; `hash`: the end of the statement. */
  | { kind: "signed"; volunteer: number; hash: string; mark: string }
  /** The job was admitted. */
  | { kind: "job"; job: number }
  /** The account was told that the unit is final. */
  | { kind: "final"; job: number; unit: number };

export class Journal {
  readonly lines: Acknowledged[] = [];
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, "ax");
  }

  /** On disk when it returns. */
  note(...lines: Acknowledged[]): void {
    if (lines.length === 0) return;
    writeSync(this.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    fdatasyncSync(this.file);
    this.lines.push(...lines);
  }

  close(): void {
    closeSync(this.file);
  }
}
