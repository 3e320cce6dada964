/** What is said of names that an import should have brought. */
import { expect, it } from "vitest";
import { readKernel } from "../../../shared/kernel/read.ts";

const LIBRARY = { path: "lib/words.wgsl", text: "fn rotr(a: u32) -> u32 { return a; }\n" };

function faultsOf(head: string, value: string): string[] {
  const code = `${head}\n@group(0) @binding(0) var<storage, read_write> v: array<u32>;\n@compute @workgroup_size(1) fn main() { v[0] = ${value}; }\n`;
  const { faults } = readKernel([{ path: "main.wgsl", text: code }, LIBRARY]);
  return faults.map(({ wrong }) => wrong);
}

it("a file that is missing is told once, however many names come from it", () => {
  for (const module of ["package::words", "super::words"])
    expect(faultsOf(`import ${module}::{ch, maj};`, "ch(1u) + maj(2u) + ch(3u)")).toEqual([
      `Nothing declares ${module}::ch: none of the kernel's files is package::words.`,
    ]);
});

it("each name that a file does not declare is told, and the file is not called missing", () => {
  for (const module of ["package::lib::words", "super::lib::words"])
    expect(faultsOf(`import ${module}::{rotr, ch, maj};`, "rotr(1u) + ch(2u) + maj(3u)")).toEqual([
      "lib/words.wgsl declares no ch.",
      "lib/words.wgsl declares no maj.",
    ]);
});
