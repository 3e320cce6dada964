import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import multipart from "@fastify/multipart";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendError } from "../../../server/http/errors.ts";
import { type FileSink, measure, receivePackage } from "../../../server/http/upload.ts";
import { formOf, packageOf, SPARE_KERNEL, startServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const filesOf = () =>
  readdirSync(join(server.folder, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const kept = (bytes: Uint8Array) =>
  filesOf().filter((path) => statSync(path).size === bytes.byteLength && bytes.every((byte, i) => readFileSync(path)[i] === byte));

const KERNEL = `@group(0) @binding(0) var<storage, read> points: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@compute @workgroup_size(1) fn main() { counts[0] = points[0].x; }
`;
const withPoints = (count: number, init: Record<string, unknown>) => ({
  ...packageOf(count, 1, { bindings: { points: { init: { file: "points.bin", ...init } } } }),
  "kernel.wgsl": KERNEL,
});

describe("the files of a package", () => {
  it("that is refused or breaks off do not stay", async () => {
    const before = filesOf();
    const files = { ...packageOf(4), "kernel.wgsl": "broken(", "big.bin": new Uint8Array(300_000).fill(7) };
    const refused = await server.post("/api/jobs", formOf(files), server.token);
    expect(refused.status).toBe(422);
    expect(filesOf()).toEqual(before);
    const headers = { authorization: `Bearer ${server.token}`, "content-type": "multipart/form-data; boundary=b" };
    const body = `--b\r\ncontent-disposition: form-data; name="big.bin"; filename="x"\r\n\r\n${"7".repeat(300_000)}`;
    expect((await fetch(`${server.url}/api/jobs`, { method: "POST", headers, body })).status).toBe(400);
    expect(filesOf()).toEqual(before);
  });

  it("stay when volunteers fetch them, whole or in pieces, and only then", async () => {
    const points = new Uint8Array(64).map((_, i) => i + 1);
    const other = new Uint8Array(64).fill(9);
    const whole = await server.submit({ ...withPoints(4, {}), "points.bin": points, "other.bin": other });
    const { init } =
      ((await (await server.get(`/api/jobs/${whole}/plan`)).json()) as { buffers: { init: { blob: string } }[] }).buffers[0] ?? {};
    const served = await server.get(`/blobs/${init?.blob}`);
    expect(new Uint8Array(await served.arrayBuffer())).toEqual(points);
    expect(kept(other)).toEqual([]);

    const cut = new Uint8Array(5 * 1024 * 1024).fill(3); // two chunks
    await server.submit({ ...withPoints(1, { split: { recordBytes: 1024, recordsPerUnit: 1024 } }), "points.bin": cut });
    expect(filesOf().filter((path) => statSync(path).size === cut.byteLength)).toEqual([]);
    expect(filesOf().filter((path) => statSync(path).size === 4 * 1024 * 1024)).toHaveLength(1);
  });

  it("are told of with what a volunteer downloads: plan and whole files once, a piece with each unit", async () => {
    const told = async (job: number) => {
      const { plan, downloadBytes } = await server.status(job);
      const planBytes = (await (await server.get(`/blobs/${plan}`)).arrayBuffer()).byteLength;
      return { once: downloadBytes.once - planBytes, unit: downloadBytes.unit };
    };
    const points = new Uint8Array(64).fill(1);
    expect(await told(await server.submit({ ...withPoints(4, {}), "points.bin": points }))).toEqual({ once: 64, unit: 0 });
    const split = { split: { recordBytes: 16, recordsPerUnit: 1 } };
    expect(await told(await server.submit({ ...withPoints(4, split), "points.bin": points }))).toEqual({ once: 0, unit: 16 });
  });

  it("come with warnings of what may not be meant", async () => {
    const files = { ...packageOf(1), "kernel.wgsl": SPARE_KERNEL };
    for (const path of ["/api/jobs?start=0", "/api/check"]) {
      const response = await server.post(path, formOf(files), server.token);
      expect(response.ok).toBe(true);
      expect(await response.json()).toMatchObject({ warnings: [expect.stringContaining("spare")] });
    }
  });
});

describe("an upload that fails", () => {
  async function statusOf(sink: FileSink, body: string): Promise<number> {
    const app = Fastify();
    await app.register(multipart);
    app.setErrorHandler(sendError);
    app.post("/", async (request) => [...(await receivePackage(request, 1, sink)).files.keys()]);
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const { statusCode } = await app.inject({ method: "POST", url: "/", headers, payload: body });
    await app.close();
    return statusCode;
  }
  const part = '--b\r\ncontent-disposition: form-data; name="a.bin"; filename="x"\r\n\r\nhello';

  it("because of us is not the sender's fault, because of the sender not ours", async () => {
    const broken: FileSink = () => Promise.reject(new Error("the disk is dead"));
    expect(await statusOf(measure, `${part}\r\n--b--\r\n`)).toBe(200);
    expect(await statusOf(broken, `${part}\r\n--b--\r\n`)).toBe(500);
    expect(await statusOf(measure, part)).toBe(400);
  });
});
