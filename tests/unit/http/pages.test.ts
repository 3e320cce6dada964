import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARTICLES } from "../../../shared/articles.ts";
import { startServer, type TestServer } from "./server.ts";

const BROWSER = { headers: { accept: "text/html,application/xhtml+xml;q=0.9" } };

describe("pages for people", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const ask = (path: string, init: RequestInit = {}) => fetch(server.url + path, init);

  it.each(ARTICLES)("/%s is one, with a way back", async (name) => {
    const response = await ask(`/${name}`, BROWSER);
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/<a (class="home" )?href="\/"/);
  });

  it("an address that is not there is a page with a way back for a browser, and an error for a program", async () => {
    const page = await ask("/nonsense", BROWSER);
    expect(page.status).toBe(404);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain('<a href="/">');
    const error = await ask("/nonsense");
    expect(error.status).toBe(404);
    expect(await error.json()).toMatchObject({ code: "not-found" });
    expect(await (await ask("/api/nonsense", BROWSER)).json()).toMatchObject({ code: "not-found" });
  });

  it("an icon is there for whoever asks for none in particular", async () => {
    const icon = await ask("/favicon.ico");
    expect(icon.status).toBe(200);
    expect(icon.headers.get("content-type")).toContain("icon");
  });

  it("the description of the API is as wide as a phone", async () => {
    for (const path of ["/docs", "/docs/"]) {
      const page = await ask(path, BROWSER);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<meta name="viewport" content="width=device-width"');
    }
  });
});
