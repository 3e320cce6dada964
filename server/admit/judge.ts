/** The judge's process: packages on stdin, verdicts on descriptor 3, one after the other. */
import { writeSync } from "node:fs";
import { encodeMessage, type Message, MessageReader } from "./frames.ts";
import { MAX_REQUEST_BYTES } from "./limits.ts";
import { type Admission, MANIFEST_FILE, type Stage } from "./package.ts";
import { answerOf, packageOf } from "./request.ts";
import { openTint } from "./tint.ts";
import { judgePackage } from "./verdict.ts";

const ANSWERS_FD = 3;

// Libraries may print; stdout is nobody's.
console.log = console.error;

await openTint();
// The first judgement compiles our code and Tint's tables: an empty one now, so that no owner's time pays for it.
await judgePackage(warmUp(), () => {});
answer({ ready: true }, new Uint8Array());

const reader = new MessageReader(MAX_REQUEST_BYTES);
for await (const piece of process.stdin) {
  for (const message of reader.push(piece as Uint8Array)) {
    const { json, bytes } = answerOf(await judge(message));
    answer(json, bytes);
  }
}

/** A stack that overflows is the package's doing, at the stage it was at; everything else that is thrown ends the process. */
async function judge(message: Message): Promise<Admission> {
  let at: Stage = { file: MANIFEST_FILE, doing: "reading the manifest" };
  try {
    return await judgePackage(packageOf(message), (stage) => {
      at = stage;
      answer({ stage }, new Uint8Array());
    });
  } catch (error) {
    if (!(error instanceof RangeError && /call stack/i.test(error.message))) throw error;
    const wrong = `An expression, a block or a type is too long or nested too deeply: it ended while ${at.doing}.`;
    return { ok: false, faults: [{ file: at.file, wrong, right: "Break it up into several." }] };
  }
}

function answer(json: unknown, bytes: Uint8Array): void {
  const frame = encodeMessage({ json, bytes });
  let at = 0;
  while (at < frame.byteLength) {
    try {
      at += writeSync(ANSWERS_FD, frame, at);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

function warmUp() {
  const manifest = {
    name: "warm-up",
    kernel: ["kernel.wgsl"],
    units: { count: 2 },
    bindings: { first: { set: { "": "$unit.index" } } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "values", dtype: "u32", shape: [64] }],
  };
  const kernel = `@group(0) @binding(0) var<uniform> first: u32;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) { values[id.x] = first + id.x; }`;
  const texts = new Map([
    ["job.json", new TextEncoder().encode(JSON.stringify(manifest))],
    ["kernel.wgsl", new TextEncoder().encode(kernel)],
  ]);
  return packageOf({
    json: {
      texts: [...texts].map(([file, bytes]) => [file, bytes.byteLength]),
      files: [...texts].map(([file, bytes]) => [file, bytes.byteLength, "0".repeat(64)]),
    },
    bytes: Buffer.concat([...texts.values()]),
  });
}
