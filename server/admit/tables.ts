/** The package's files as the judge sees them: sizes and hashes of all, bytes of the small texts, tables read once. */
import type { BlobHash } from "../../shared/ids.ts";
import { list } from "../../shared/kernel/path.ts";
import { PATH_PATTERN } from "../../shared/manifest/file.ts";
import { type CsvTable, readCsv } from "./csv.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";
import { type JobPackage, MANIFEST_FILE, type Progress } from "./package.ts";
import type { UnreadTable } from "./sources.ts";

const PATH = new RegExp(PATH_PATTERN);

export class PackageFiles {
  private readonly pkg: JobPackage;
  private readonly named: ReadonlySet<string>;
  private readonly faults: Faults;
  private readonly used: ReadonlySet<string>;
  private readonly progress: Progress;
  private readonly tables = new Map<string, CsvTable | undefined>();
  private readonly unread = new Map<string, UnreadTable>();

  /**
   * `named`: files that the manifest names somewhere; none of them is what another name was meant for. `used`: columns that it
   * names somewhere; others may hold text.
   */
  constructor(pkg: JobPackage, named: readonly string[], used: ReadonlySet<string>, faults: Faults, progress: Progress) {
    this.used = used;
    this.named = new Set([MANIFEST_FILE, ...named]);
    this.progress = progress;
    this.pkg = pkg;
    this.faults = faults;
  }

  /** Size and hash of a file that the manifest names at `path`; undefined, with a fault, when it is not there. */
  stat(file: string, path: JsonPath): { bytes: number; sha256: BlobHash } | undefined {
    const found = this.pkg.files.get(file);
    // A path of another form is told as such.
    if (!found && PATH.test(file)) {
      const names = [...this.pkg.files.keys()];
      const free = names.filter((name) => !this.named.has(name));
      const right = suggest(file, free, `Its files are ${names.slice(0, 12).join(", ")}.`);
      this.faults.at(path, `The package has no file ${file}.`, right, { missing: file });
    }
    return found;
  }

  /** The same of a file whose bytes a binding gets as they are. */
  input(file: string, path: JsonPath): { bytes: number; sha256: BlobHash } | undefined {
    const found = this.stat(file, path);
    if (!found) return undefined;
    if (/\.np[yz]$/i.test(file)) {
      const right = 'Write the values alone, in NumPy by array.tofile("values.bin"), and name that file.';
      this.faults.at(path, `${file} is a NumPy file by its name: its header would be read as values.`, right);
      return undefined;
    }
    if (/\.(csv|tsv|txt|json)$/i.test(file))
      this.faults.warnAt(
        path,
        `${file} is text by its name: the binding gets its characters as they are, not the numbers that they write.`,
      );
    return found;
  }

  /** Bytes of a text file that the manifest names at `path`. */
  text(file: string, path: JsonPath, extensions: readonly string[]): Uint8Array | undefined {
    if (!this.stat(file, path)) return undefined;
    const bytes = this.pkg.texts.get(file);
    if (!bytes) this.faults.at(path, `${file} is no ${extensions.join(" or ")} file.`, `Give it the ending ${extensions.join(" or ")}.`);
    return bytes;
  }

  /** The table in a CSV file that the manifest names at `path`. */
  table(file: string, path: JsonPath): CsvTable | undefined {
    if (this.tables.has(file)) return this.tables.get(file);
    const bytes = this.text(file, path, [".csv"]);
    this.progress({ file, doing: "reading the table" });
    const read = bytes && readCsv(file, bytes, (name, names) => this.uses(name, names));
    if (read && "faults" in read) {
      for (const fault of read.faults) this.faults.add(fault);
      this.unread.set(file, { unread: read.names, ...(read.part ? { part: read.part } : {}) });
    }
    const table = read && !("faults" in read) ? read : undefined;
    for (const name of table?.texts ?? []) this.faults.warn(`${file}: ${name} holds text and nothing uses it: it is left out.`);
    const unused = table?.columns.filter(({ name }) => !this.used.has(name)).map(({ name }) => name) ?? [];
    if (unused.length > 0) {
      const way = `set a number of the kernel to "$${path[0] === "passes" ? "pass" : "row"}.${unused[0]}", or leave ${unused.length === 1 ? "it" : "them"} out`;
      this.faults.warn(`${file}: nothing uses ${list(unused)}: no result depends on ${unused.length === 1 ? "it" : "them"}; ${way}.`);
    }
    this.tables.set(file, table);
    return table;
  }

  /** What is known of a table that has faults, or is not there. */
  unreadOf(file: string): UnreadTable {
    return this.unread.get(file) ?? { unread: undefined };
  }

  /** The manifest names the column, or one that was meant for it. */
  private uses(name: string, names: readonly string[]): boolean {
    return this.used.has(name) || [...this.used].some((other) => !names.includes(other) && nearest(other, names) === name);
  }
}
