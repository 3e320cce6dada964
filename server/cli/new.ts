/** `new <dir>`: writes a small job that is admitted as it is and whose answer is known, to be changed into one's own. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { CliError, EXIT } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { connectionOf, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";
import { ONCE_IT_LASTS, working } from "./working.ts";

const KERNEL = `// Counts the numbers whose binary digits read the same both ways. A unit is 65,536 consecutive numbers.

struct Range {
  first: u32,
}

@group(0) @binding(0) var<uniform> range: Range;
@group(0) @binding(1) var<storage, read_write> found: array<u32>;

// Each invocation looks at 512 numbers.
const EACH = 512u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var count = 0u;
  for (var i = 0u; i < EACH; i++) {
    let n = range.first + id.x * EACH + i;
    if (n == 0u || reverseBits(n) >> countLeadingZeros(n) == n) {
      count++;
    }
  }
  found[id.x] = count;
}
`;

const README = `# A first job

Counts the numbers below 2^24 whose binary digits read the same both ways. The answer is 8191.

    ${invocation("check .")}
    ${invocation("submit . --watch")}
    ${invocation("results NAME --out answer.json")}

- \`kernel.wgsl\` is the compute shader. Bindings are filled by their variable's name.
- \`job.json\` says which units there are, what each binding holds, what is dispatched and what comes out. An editor that
  knows JSON Schema completes it from \`$schema\`; \`${invocation("schema")}\` prints the schema.

Every unit is computed by two volunteers who don't know each other, and counts when their bytes are equal: so keep to
integers, whose results are the same on every GPU.
`;

function manifest(name: string, url: string): string {
  const job = {
    $schema: `${url}/schemas/job.json`,
    name,
    title: "Binary palindromes below 2^24",
    for: "A first try",
    answer: "Binary palindromes below 2^24",
    kernel: ["kernel.wgsl"],
    units: { count: 256 },
    bindings: { range: { set: { first: { of: "$unit.index", scale: 65536 } } } },
    passes: [{ workgroups: [2] }],
    output: [{ binding: "found", dtype: "u32", shape: [128], reduce: { kind: "sum" } }],
    // 65,536 numbers, some 20 operations each.
    gflopPerUnit: 0.001,
  };
  return `${JSON.stringify(job, null, 2)}\n`;
}

/** Writes the job into `dir`, which must be empty or not exist. Resolves with the names of its files. */
export async function newJob(dir: string, url: string): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0) throw new CliError(EXIT.usage, "not-empty", `${dir} is not empty.`, "Name a new folder.");
  const name = nameOf(basename(resolve(dir)));
  const files = { "job.json": manifest(name, url), "kernel.wgsl": KERNEL, "README.md": README.replace("NAME", name) };
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text, { flag: "wx" });
  return Object.keys(files);
}

/** A folder's name as a job's: lower case, digits and dashes. */
function nameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
  return name || "first-job";
}

export function newVerb(program: Command): void {
  verb(program, "new <dir>", "write a small working job into a new folder").action(async (dir: string, options: VerbOptions) => {
    const { url } = connectionOf(options);
    const files = await working(`Writing ${dir}`, options.json, () => newJob(dir, url), ONCE_IT_LASTS);
    if (options.json) printJson({ dir, files, url });
    else
      note(
        `${dir} has ${files.join(", ")}. Try ${invocation(`check ${shellWord(dir)}`)}, then ${invocation(`submit ${shellWord(dir)}`)}. Editors find the schema of job.json at ${url}.`,
      );
  });
}

function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
