import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Judges } from "../../../server/admit/admit.ts";
import { intake } from "../../../server/admit/intake.ts";
import { DiskBlobs } from "../../../server/store/blobs.ts";
import { toHex } from "../../../shared/bytes.ts";
import { buffer, type Files, openJudges, packageOf } from "./package.ts";

let judges: Judges;
let blobs: DiskBlobs;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-intake-"));
  blobs = await DiskBlobs.open(folder);
  judges = await openJudges();
});
afterAll(async () => {
  await judges.close();
  await rm(folder, { recursive: true });
});

const KERNEL = `@group(0) @binding(0) var<storage, read> points: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@group(0) @binding(2) var<uniform> factor: u32;
@compute @workgroup_size(1) fn main() { sums[0] = points[0].x * factor; }`;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("intake", () => {
  it("cuts a split file into chunks of whole units that a volunteer can check", async () => {
    // 1.5 MiB a unit: two units a chunk, five units and a rest.
    const recordBytes = 16;
    const recordsPerUnit = 98_304;
    const data = new Uint8Array(5 * recordBytes * recordsPerUnit + 160);
    for (let i = 0; i < data.length; i += 4096) data[i] = i >> 12;
    const files: Files = {
      "job.json": {
        name: "split",
        kernel: ["kernel.wgsl"],
        units: { split: "points" },
        bindings: {
          points: { init: { file: "points.bin", split: { recordBytes, recordsPerUnit } } },
          factor: { set: { "": "$unit.index" } },
        },
        passes: [{ workgroups: [1] }],
        output: [{ binding: "sums", dtype: "u32", shape: [4] }],
      },
      "kernel.wgsl": KERNEL,
      "points.bin": data,
    };
    await blobs.put(data);
    const taken = await intake(packageOf(files), judges, blobs);
    if (!taken.ok) throw new Error(JSON.stringify(taken.faults));
    expect(taken.plan.units.count).toBe(6);
    const { init } = buffer(taken.plan, "points");
    if (init.kind !== "split") throw new Error("no split");
    expect(init.unitsPerChunk).toBe(2);
    const hashes = (await blobs.get(init.chunks)) ?? new Uint8Array();
    expect(hashes.byteLength).toBe(3 * 32);
    const chunkBytes = init.bytesPerUnit * init.unitsPerChunk;
    for (let chunk = 0; chunk < 3; chunk++) {
      const piece = data.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
      expect(toHex(hashes.subarray(32 * chunk, 32 * chunk + 32))).toBe(sha256(piece));
      expect(await blobs.size(sha256(piece) as typeof init.chunks)).toBe(piece.byteLength);
    }
    expect(JSON.parse(new TextDecoder().decode(await blobs.get(taken.planHash)))).toEqual(taken.plan);
    expect(new TextDecoder().decode(await blobs.get(taken.sourceHash))).toBe(KERNEL);
  });

  it("stores the rows of a table under their hash", async () => {
    const files: Files = {
      "job.json": {
        name: "rows",
        kernel: ["kernel.wgsl"],
        units: { rows: "r.csv" },
        bindings: { points: { init: { file: "p.bin" } }, factor: { set: { "": "$row.f" } } },
        passes: [{ workgroups: [1] }],
        output: [{ binding: "sums", dtype: "u32", shape: [4] }],
      },
      "kernel.wgsl": KERNEL,
      "r.csv": "f\n3\n4\n5\n",
      "p.bin": new Uint8Array(32),
    };
    const taken = await intake(packageOf(files), judges, blobs);
    if (!taken.ok || !taken.plan.rows) throw new Error("no rows");
    const rows = await blobs.get(taken.plan.rows.blob);
    expect([...new BigUint64Array(Uint8Array.from(rows ?? []).buffer)]).toEqual([3n, 4n, 5n]);
    expect(buffer(taken.plan, "points").init).toEqual({ kind: "file", blob: sha256(new Uint8Array(32)), byteLength: 32 });
  });

  it("hands on the faults and stores nothing", async () => {
    const taken = await intake(packageOf({ "job.json": "{" }), judges, blobs);
    expect(taken).toMatchObject({ ok: false, faults: [{ file: "job.json", line: 1 }] });
  });
});
