/** What to do about what Tint says, where its words show it. */
import { list } from "../../shared/kernel/path.ts";

/** The inputs that a compute shader has without an extension. */
const BUILTINS = ["global_invocation_id", "local_invocation_id", "local_invocation_index", "workgroup_id", "num_workgroups"];
const COMPUTE = "A job's kernel is a compute shader: mark its function @compute @workgroup_size(64).";
const PLACE = "Write @group(0) @binding(0) before it, with a number of its own; a kernel gets no other values than by such variables.";

/** Tint's words, and the way out; the parts in brackets are handed to it. */
const DEEDS: [RegExp, string | ((...parts: string[]) => string)][] = [
  [/^'f16' type used without 'f16' extension/, 'Write "enable f16;" as the first line of the kernel, or use f32: not every GPU has f16.'],
  [
    /without extension '(\w+)'$/,
    (name) => `Write "enable ${name};" as the first line of the kernel; only hosts whose GPU has it get the job then.`,
  ],
  [
    /^cannot initialize '\w+' of type '([^']*)' with value of type '([^']*)'/,
    (to, from) => `Convert it, ${to}(…), or declare it as ${from}.`,
  ],
  [/returned '([^']*)', expected '([^']*)'/, (from, to) => `Convert it, return ${to}(…), or let the function return ${from}.`],
  [/^type mismatch for argument \d+ .* expected '(ptr<[^']*)'/, () => "Hand over where it lies: &name."],
  [
    /^type mismatch for argument \d+ .* expected '([^']*)', got/,
    (to) => `Convert it, ${to}(…), or let the function take what it is given.`,
  ],
  [
    /^cannot assign to (?:'let |value of)|^cannot modify 'let'/,
    "Declare it with var: a let, a parameter and a value of an expression stay as they are.",
  ],
  [
    /^cannot (?:assign|convert value of type) '[^']*' to (?:type )?'([^']*)'/,
    (to) => `Give it the type ${to}: by ${to}(…), or by another declaration.`,
  ],
  [/^cannot index into expression of type 'array</, "Index it with [i]: members such as .x are a vector's or a struct's."],
  [/^index must be of type/, "Convert it: u32(…)."],
  [/condition must be bool, got/, "Compare it, as in x != 0."],
  [/^expected builtin value name/, `A compute shader has ${list(BUILTINS)}.`],
  [/^store type of '@builtin\(\w+\)' must be '([^']*)'/, (type) => `Declare it as ${type}.`],
  [/^'@builtin\((?!global|local|workgroup|num)\w+\)' cannot be used for compute/, `A compute shader has ${list(BUILTINS)}.`],
  [/cannot be used for (?:fragment|vertex) shader/, COMPUTE],
  [/^missing entry point IO attribute/, "Write @builtin(global_invocation_id) before it, or another builtin: it gets its value by that."],
  [/^a compute shader must include '@workgroup_size'/, "Write @workgroup_size(64) beside @compute."],
  [/^expected attribute/, "Write one of WGSL's: @group, @binding, @builtin, @compute (not @stage(compute)), @workgroup_size."],
  [/^resource variables require '@group'/, PLACE],
  [/^unresolved address space 'push_constant'/, "Write @group(0) @binding(0) var<uniform>, and set it in job.json's bindings."],
  [/^unresolved address space/, "WGSL has var<uniform>, var<storage, read>, var<storage, read_write>, var<workgroup> and var<private>."],
  [/^cannot store into a read-only type/, "Declare it var<storage, read_write>, or store into another."],
  [/^access mode 'write' is not valid/, "Write var<storage, read_write>."],
  [/operator \S+ \([^)]*atomic</, "Read an atomic by atomicLoad(&x), change it by atomicStore(&x, v), atomicAdd(&x, v) and the like."],
  [
    /^no matching call to 'atomic\w+\(ptr<\w+, ([ui]32), read_write>/,
    (type) => `Declare it atomic<${type}>, an array array<atomic<${type}>, N>.`,
  ],
  [/^'atomic' only supports/, "Declare it atomic<u32> or atomic<i32>, and count in fixed point."],
  [/^type 'bool' cannot be used in address space/, "Store it as u32: select(0u, 1u, x)."],
  [
    /must only be called from uniform control flow/,
    "Call it where all invocations of a workgroup come: outside of conditions and loops that some leave or skip.",
  ],
  [
    /^variables in 'uniform' address space must have a fixed footprint/,
    "Give the array a length, array<vec4u, 16>, or make it var<storage, read>.",
  ],
  [/^missing return at end of function/, "Let every way through the function end with a return."],
  [/^cyclic dependency found/, "WGSL has no recursion: write a loop, with an array for a stack."],
  [/^value (?:\S+ )?cannot be represented as 'u32'/, "u32 holds 0 to 4294967295: use i32 for numbers below zero, two u32 for larger ones."],
  [/cannot be represented as 'i32'/, "i32 holds -2147483648 to 2147483647: write u after it for a u32, up to 4294967295."],
  [/^index -?\d+ out of bounds/, "Keep the index inside, or make the array longer."],
  [/^const initializer requires a const-expression/, "Write let: const is for what is known before the kernel runs."],
  [/^redeclaration of/, "Give one of the two another name."],
  [/^expected '<' for '(vec[234])'/, (name) => `Say of what: ${name}<f32> or ${name}f, ${name}<u32> or ${name}u.`],
  [/^expected '<' for '(\w+)'/, (name) => `Say of what: ${name}<…>.`],
  [/^integer division by zero/, "Divide by what is not zero at every place that gets here, or guard it."],
  [/^unresolved (?:value|type|identifier) '([^']*)'/, (name) => `Declare ${name}, or mend its name.`],
  [/^unresolved call target '([^']*)'/, (name) => `Declare the function ${name}, or mend its name.`],
];

/** One sentence; `message` may have Tint's candidates below its first line. */
export function deedFor(message: string): string {
  const [first = "", ...lines] = message.trim().split("\n");
  for (const [words, deed] of DEEDS) {
    const found = words.exec(first);
    if (found) return typeof deed === "string" ? deed : deed(...found.slice(1));
  }
  if (/^no matching /.test(first)) {
    const nearest = nearestOf(lines);
    const one = nearest && /\bT\b.*\bT\b/.test(nearest) ? ", each T one and the same type" : "";
    if (nearest) return `The nearest form is ${nearest}${one}: convert what does not fit, ${conversionFor(first)}.`;
  }
  return "Mend it: this is what every browser's WebGPU will say.";
}

/** How one of two numbers in the brackets of Tint's words becomes what the other is. */
function conversionFor(message: string): string {
  const [, left, right] = /\(([ui]32|f32|f16), ([ui]32|f32|f16)\)/.exec(message) ?? [];
  if (!left || !right || left === right) return "as u32(x) and f32(x) do";
  const isUpdate = /operator (?:[-+*/%&|^]|<<|>>)= /.test(message);
  return isUpdate ? `${left}(…) around what is on the right` : `${left}(…) around the second or ${right}(…) around the first`;
}

/** The candidate of which most fits: Tint marks what does not. */
function nearestOf(lines: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const [, form] = /^\s*\u2022\s*'(.*)'/.exec(line) ?? [];
    const misfits = line.split("\u2717").length - 1;
    if (form === undefined || misfits >= least) continue;
    least = misfits;
    nearest = form.replaceAll(/\s*[\u2713\u2717]\s*/g, "").trim();
  }
  return nearest;
}
