/** Names that are declared once more further in: what each means, and what is found behind it. */

import { describe, expect, it } from "vitest";
import { visitAst } from "wesl/core";
import { floatOperation } from "../../../shared/kernel/floats.ts";
import { tooManyInlined } from "../../../shared/kernel/inlined.ts";
import { type Kernel, readText } from "../../../shared/kernel/read.ts";
import { reflect } from "../../../shared/kernel/reflect.ts";

function kernelOf(text: string): Kernel {
  const kernel = readText(text);
  if (!kernel) throw new Error("the kernel could not be read");
  return kernel;
}

/** The line of the declaration that each `v` means, "-" for none, in the order of the text. */
function meant(text: string): string {
  const kernel = kernelOf(text);
  const found: [at: number, line: string][] = [];
  visitAst(kernel.ast.moduleElem, (elem) => {
    if (elem.kind !== "ref" || elem.ident.originalName !== "v") return;
    const decl = kernel.bindings.refersTo.get(elem.ident);
    const start = decl && decl !== "std" ? decl.declElem?.start : undefined;
    found.push([elem.start, start === undefined ? "-" : String(text.slice(0, start).split("\n").length)]);
  });
  return found
    .sort(([a], [b]) => a - b)
    .map(([, line]) => line)
    .join(" ");
}

describe("a name means", () => {
  it.each([
    ["the outer one in its own value", "fn f() { let v = 1;\n{\nlet v = v + v;\n_ = v; } _ = v; }", "1 1 3 1"],
    ["the outer one before its declaration", "fn f() { let v = 1;\n{ _ = v;\nlet v = 2;\n_ = v; } }", "1 3"],
    ["a parameter in the value of a local one", "fn f(v: u32) { {\nlet v = v;\n_ = v; } _ = v; }", "1 2 1"],
    ["a constant of the module", "const v = 1;\nfn f() { _ = v;\nlet v = v;\n_ = v; }", "1 1 3"],
    ["a function in a call that gives its name to a value", "fn v() -> u32 { return 1; }\nfn f() {\nlet v = v();\n_ = v; }", "1 3"],
    [
      "a loop's own variable",
      "fn f() { var v = 1;\nfor (var v = v; v < 9; v++) { let w = v;\nlet v = v; _ = v; }\n_ = v; }",
      "1 2 2 2 2 3 1",
    ],
    [
      "what a loop's body declares, where it goes on",
      "fn f() { let v = 1;\nloop { let v = v;\ncontinuing { break if v > 1; } }\n_ = v; }",
      "1 2 1",
    ],
    ["a clause's own", "fn f() { let v = 1;\nswitch v { case 1: { let v = v; _ = v; }\ndefault: { _ = v; } } }", "1 1 2 1"],
    ["nothing of the kernel's where a built-in name is taken", "fn f() { let x = 1.0;\nlet v = v(x); _ = v; }", "- 2"],
  ])("%s", (_, text, expected) => {
    expect(meant(text)).toBe(expected);
  });
});

const BUFFER = "@group(0) @binding(0) var<storage, read_write> out: array<f32>;\n";

describe("behind a name that hides another", () => {
  it("floats are found", () => {
    const kernel = kernelOf(`${BUFFER}@compute @workgroup_size(1) fn main() { let q = out[0]; { let q = sin(q) / 3.0; out[1] = q; } }`);
    expect(floatOperation(kernel, ["main"])?.name).toBe("sin");
  });

  it("calls are counted", () => {
    const functions = ["fn f0(v: u32) -> u32 { return v; }"];
    for (let at = 1; at <= 20; at++) {
      const before = `f${at - 1}`;
      functions.push(`fn f${at}(v: u32) -> u32 { var r = v; { let ${before} = ${before}(r); r += ${before}; } return r + ${before}(r); }`);
    }
    const kernel = kernelOf(`${functions.join("\n")}\n@compute @workgroup_size(1) fn main() { _ = f20(1); }`);
    expect(tooManyInlined(kernel, ["main"], 100_000)?.calls).toBe(2 ** 17 - 2);
  });

  it("bindings are reached", () => {
    const kernel = kernelOf(
      `${BUFFER}fn dist() -> f32 { return out[0]; }\n@compute @workgroup_size(1) fn main() { let dist = dist(); _ = dist; }`,
    );
    expect([...(reflect(kernel).entryPoints.get("main")?.uses ?? [])]).toEqual(["out"]);
  });
});
