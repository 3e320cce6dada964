import { afterAll, beforeAll, expect, it } from "vitest";
import { type Network, startNetwork } from "../../browser/network.ts";

let network: Network;
beforeAll(async () => {
  network = await startNetwork();
});
afterAll(() => network.close());

interface Described {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: { required?: string[] } }> } }>>;
}

it.each(["/api/jobs", "/api/check"])("the description of POST %s says what a package is", async (path) => {
  const { paths } = (await network.get("/docs/json")) as Described;
  expect(paths[path]?.post?.requestBody?.content["multipart/form-data"]?.schema.required).toEqual(["job.json"]);
});
