/** Kernels in a few lines of JavaScript, on states of bytes, instead of a GPU. */
import { describe, expect, it } from "vitest";
import { classOf, type RunOn } from "../../../client/canary/alone.ts";
import type { Engine, WorkgroupBox } from "../../../client/engine/seam.ts";
import type { JobPlan } from "../../../shared/plan.ts";

const WORKGROUPS = 8;
const BYTES = 32;

/** One workgroup of a kernel, on the bytes of its buffers. */
type Kernel = (workgroup: number, bytes: Uint8Array) => void;

interface World {
  /** Bytes that the output begins with, after the owner's file. */
  file?: boolean;
  /** What follows the output is no output. */
  outputBytes?: number;
  padding?: JobPlan["outputs"][number]["padding"];
}

async function found(kernel: Kernel, { file = false, outputBytes = BYTES, padding }: World = {}) {
  const init = file ? { kind: "file", blob: "", byteLength: BYTES } : { kind: "zero" };
  const plan = {
    buffers: [{ kind: "storage", byteLength: BYTES, init, writes: [] }],
    outputs: [{ buffer: 0, byteLength: outputBytes, ...(padding ? { padding } : {}) }],
  } as unknown as JobPlan;
  const engine = { plan, stateBytes: BYTES, stateSpans: [{ buffer: 0, from: 0, bytes: BYTES }] } as unknown as Engine;
  const boxes = [3, 0, 1, 2].map((quarter): WorkgroupBox => ({ from: [2 * quarter, 0, 0], size: [2, 1, 1] }));
  const begun = Uint8Array.from({ length: BYTES }, (_, at) => (file ? at + 1 : 0));
  const run: RunOn = async (_input, state, some) => {
    const bytes = (state ?? begun).slice() as Uint8Array<ArrayBuffer>;
    for (const { from, size } of some) for (let workgroup = from[0]; workgroup < from[0] + size[0]; workgroup++) kernel(workgroup, bytes);
    return bytes;
  };
  let seed = 1;
  const below = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % limit;
  };
  return classOf(engine, { index: 0 }, boxes, run, below);
}

const own = (workgroup: number) => Array.from({ length: BYTES / WORKGROUPS }, (_, at) => (workgroup * BYTES) / WORKGROUPS + at);

describe("a kernel whose slices", () => {
  it("write bytes of their own is of class T, whatever it leaves as it is", async () => {
    expect(
      await found((workgroup, bytes) => {
        for (const at of own(workgroup)) bytes[at] = at * 7;
      }),
    ).toBe("T");
    expect(
      await found((workgroup, bytes) => {
        if (workgroup % 2 === 0) bytes[own(workgroup)[0] as number] = 9;
      }),
    ).toBe("T");
  });

  it("read what they write over is of class R, with an input file or without", async () => {
    const doubles: Kernel = (workgroup, bytes) => {
      for (const at of own(workgroup)) bytes[at] = 2 * (bytes[at] as number) + at;
    };
    expect([await found(doubles), await found(doubles, { file: true })]).toEqual(["R", "R"]);
  });

  it("write the same bytes, and agree, is of class E", async () => {
    expect(
      await found((workgroup, bytes) => {
        for (const at of own(workgroup)) bytes[at] = at;
        bytes[0] = 0;
      }),
    ).toBe("E");
  });

  it("need each other is of none: sums, chains, and what the last one writes for all", async () => {
    const sums: Kernel = (workgroup, bytes) => {
      bytes[0] = (bytes[0] as number) + workgroup + 1;
    };
    const chain: Kernel = (workgroup, bytes) => {
      bytes[workgroup + 1] = (bytes[workgroup] as number) + 1;
    };
    const last: Kernel = (workgroup, bytes) => {
      bytes[31] = (bytes[31] as number) + 1;
      if (bytes[31] === WORKGROUPS) bytes[30] = 77;
      bytes[workgroup] = 1;
    };
    const lastWins: Kernel = (workgroup, bytes) => {
      bytes[5] = workgroup;
    };
    expect([await found(sums), await found(chain), await found(last, { outputBytes: 31 }), await found(lastWins)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

it("what is no output, and padding, does not count", async () => {
  const counts: Kernel = (workgroup, bytes) => {
    for (const at of own(workgroup)) if (at < 24) bytes[at] = at;
    bytes[31] = (bytes[31] as number) + 1;
  };
  expect([await found(counts), await found(counts, { outputBytes: 24 })]).toEqual([null, "T"]);
  const padded: Kernel = (workgroup, bytes) => {
    for (const at of own(workgroup)) bytes[at] = at % 4 === 3 ? (bytes[(at + 4) % BYTES] as number) + 1 : at;
  };
  expect([await found(padded), await found(padded, { padding: { stride: 4, ranges: [[3, 4]] } })]).toEqual([null, "T"]);
});
