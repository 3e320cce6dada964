import fc from "fast-check";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ErrorSchema } from "../../../shared/api.ts";
import { formOf, packageOf, startServer, type TestServer } from "./server.ts";

vi.setConfig({ testTimeout: 600_000 }); // a hundred thousand inputs on a busy machine

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Answered by a fault or an error of the table, never by one of ours. */
async function expectRefused(response: Response): Promise<void> {
  const body: unknown = await response.json();
  expect(response.status).toBeLessThan(500);
  if (response.status >= 400) expect(Value.Check(ErrorSchema, body)).toBe(true);
}

describe("hostile packages", () => {
  it("of random values in random places are refused with faults while the server goes on", async () => {
    const manifest = JSON.parse(packageOf(4)["job.json"] as string) as Record<string, unknown>;
    const damaged = fc
      .tuple(
        fc.dictionary(fc.constantFrom(...Object.keys(manifest), "bindings", "verify", "x"), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }),
      )
      .map(([changes]) => JSON.stringify({ ...manifest, ...changes }));
    const text = fc.oneof(damaged, fc.json(), fc.string({ maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(text, async (job) => {
        await expectRefused(await server.post("/api/check", formOf({ ...packageOf(1), "job.json": job }), server.token));
      }),
      { numRuns: 300 },
    );
    expect((await server.get("/healthz")).status).toBe(200);
  });

  it("of random bytes for a body are refused", async () => {
    const body = fc.uint8Array({ maxLength: 400 });
    const type = fc.constantFrom(
      "multipart/form-data; boundary=b",
      "multipart/form-data",
      "application/json",
      "text/plain",
      "application/octet-stream",
    );
    await fc.assert(
      fc.asyncProperty(body, type, fc.boolean(), async (bytes, contentType, framed) => {
        const head = '--b\r\ncontent-disposition: form-data; name="job.json"; filename="x"\r\n\r\n';
        const content = framed ? Buffer.concat([Buffer.from(head), bytes, Buffer.from("\r\n--b--\r\n")]) : Buffer.from(bytes);
        const headers = { authorization: `Bearer ${server.token}`, "content-type": contentType };
        await expectRefused(await fetch(`${server.url}/api/jobs`, { method: "POST", body: content, headers }));
      }),
      { numRuns: 500 },
    );
    expect((await server.get("/healthz")).status).toBe(200);
  });

  it("of random requests are answered in the shape of all errors", async () => {
    const path = fc.array(
      fc.constantFrom(
        "api",
        "jobs",
        "1",
        "0",
        "-1",
        "results",
        "picture",
        "blobs",
        "..",
        "%2e%2e",
        "%00",
        "plan",
        "refused",
        "tokens",
        "docs",
      ),
      {
        maxLength: 5,
      },
    );
    const query = fc.constantFrom("", "?since=-1", "?since=1e9", "?format=x", "?unit=9007199254740993", "?partial=2", "?__proto__=1");
    await fc.assert(
      fc.asyncProperty(path, query, fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"), async (parts, search, method) => {
        const response = await fetch(`${server.url}/${parts.join("/")}${search}`, { method, redirect: "manual" });
        const text = await response.text();
        expect(response.status).toBeLessThan(500);
        if (response.status >= 400) expect(Value.Check(ErrorSchema, JSON.parse(text))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
