import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Network, startNetwork } from "../../browser/network.ts";

let network: Network;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network.close());

interface Described {
  paths: Record<string, Record<string, Route>>;
}
interface Route {
  requestBody?: { content: Record<string, { schema: { required?: string[] } }> };
  responses: Record<string, { description: string }>;
}

it.each(["/api/jobs", "/api/check"])("the description of POST %s says what a package is", async (path) => {
  const { paths } = (await network.get("/docs/json")) as Described;
  expect(paths[path]?.post?.requestBody?.content["multipart/form-data"]?.schema.required).toEqual(["job.json"]);
});

describe("the description", () => {
  it("says of every route which errors it may answer with, and what they mean", async () => {
    const { paths } = (await network.get("/docs/json")) as Described;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        const statuses = Object.keys(responses);
        for (const status of ["429", "431", "500", "503"]) expect(statuses, `${method} ${path}`).toContain(status);
        if (path.includes("{")) expect(statuses, `${method} ${path}`).toEqual(expect.arrayContaining(["400", "404"]));
        // A coordinator that is not ready says why in an answer of its own.
        for (const status of statuses.filter((each) => Number(each) >= 400 && path !== "/readyz"))
          expect(responses[status]?.description, `${method} ${path} ${status}`).toMatch(/^`[a-z-]+`: /);
      }
    }
  });

  it.each([
    ["get", "/api/jobs/{id}/results", "/api/jobs/1/results?format=foo"],
    ["get", "/api/jobs/{id}/results", "/api/jobs/1/results"],
    ["get", "/api/jobs/{id}/picture", "/api/jobs/99/picture"],
    ["post", "/api/tokens", "/api/tokens"],
    ["post", "/api/jobs", "/api/jobs"],
    ["put", "/api/results", "/api/results?unit=1"],
    ["get", "/blobs/{hash}", `/blobs/${"a".repeat(64)}`],
  ])("names what %s %s answers", async (method, path, url) => {
    const { paths } = (await network.get("/docs/json")) as Described;
    const body = method === "get" ? {} : { body: "<a/>", headers: { "content-type": "text/xml" } };
    for (const init of [{}, body]) {
      const response = await fetch(network.url + url, { method: method.toUpperCase(), ...init });
      const { code } = (await response.json()) as { code: string };
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(paths[path]?.[method]?.responses[response.status]?.description).toContain(`\`${code}\``);
    }
  });
});
