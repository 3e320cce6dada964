import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { siteOrigin } from "../../../shared/site.ts";
import { packageOf, startServer, type TestServer } from "./server.ts";

describe("a site's address", () => {
  const good: [string, string][] = [
    ["blog.example", "https://blog.example"],
    ["https://Blog.Example/page?x=1", "https://blog.example"],
    ["https://blog.example:8443", "https://blog.example:8443"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://127.0.0.1:80", "http://127.0.0.1"],
  ];
  it.each(good)("%s is %s", (typed, origin) => expect(siteOrigin(typed)).toEqual({ origin }));

  const bad = [
    "",
    "http://blog.example",
    "https://*.example",
    "ftp://blog.example",
    "javascript:alert(1)",
    "https://a:b@blog.example",
    "https://",
    "https://a;script-src",
    "https://a,b.example",
    "https://a'b.example",
    "null",
    "chrome-extension://aaaa",
    "about:blank",
    "blog\n.example",
    "blog.example\0.evil.example",
  ];
  it.each(bad)("%s is none", (typed) => expect(siteOrigin(typed)).toHaveProperty("why"));
});

describe("sites that may show the widget", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const policyOf = (response: Response) => response.headers.get("content-security-policy") ?? "";

  it("are an administrator's to register, list and switch off", async () => {
    expect((await server.post("/api/sites", { origin: "blog.example" })).status).toBe(401);
    const refused = await server.post("/api/sites", { origin: "http://blog.example" }, server.token);
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { message: string }).message).toContain("Browsers give WebGPU to https:// and to localhost alone.");
    const made = await server.post("/api/sites", { origin: "blog.example", name: " Tidal Atlas " }, server.token);
    expect(made.status).toBe(201);
    const site = (await made.json()) as { id: number };
    expect(site).toMatchObject({ origin: "https://blog.example", name: "Tidal Atlas", offAt: "" });
    expect(await (await server.get("/api/sites", server.token)).json()).toEqual({ sites: [site] });
    expect(await (await server.get("/api/widget?site=blog.example")).json()).toEqual({ on: true, job: null });
    expect((await server.remove(`/api/sites/${site.id}`, server.token)).status).toBe(204);
    expect((await server.remove(`/api/sites/${site.id}`, server.token)).status).toBe(404);
    expect(await (await server.get("/api/widget?site=blog.example")).json()).toEqual({ on: false, job: null });
  });

  it("alone may frame the widget, which names who asks and what is computed", async () => {
    await server.post("/api/sites", { origin: "https://tides.example", name: "</script><b>Tides" }, server.token);
    await server.submit(packageOf(3));
    const response = await server.get("/widget?site=tides.example");
    expect(response.status).toBe(200);
    expect(response.headers.get("x-frame-options")).toBeNull();
    expect(policyOf(response)).toMatch(/(^|;)frame-ancestors https:\/\/tides\.example$/);
    expect(policyOf(response)).toContain("default-src 'none'");
    const page = await response.text();
    expect(page).not.toContain("</script><b>");
    const facts: unknown = JSON.parse(/id="facts">(.*?)<\/script>/.exec(page)?.[1] ?? "");
    expect(facts).toMatchObject({ site: { name: "</script><b>Tides" }, job: { name: "test-job", units: 3, final: 0 } });
  });

  it.each(["/widget", "/widget?site=", "/widget?site=evil.example", "/widget?site=%00"])(
    "are told where they are none: %s",
    async (path) => {
      const response = await server.get(path);
      expect(response.status).toBe(403);
      expect(policyOf(response)).toContain("default-src 'none'");
      const page = await response.text();
      expect(page).not.toContain("<script");
      expect(page).toContain("This is Idlewave's widget");
      const style = createHash("sha256")
        .update(/<style>([^<]*)/.exec(page)?.[1] ?? "")
        .digest("base64");
      expect(policyOf(response)).toContain(`style-src 'sha256-${style}'`);
    },
  );

  it("cannot frame the window in which it is asked, nor the page", async () => {
    expect(policyOf(await server.get("/widget/window?site=tides.example"))).toContain("frame-ancestors 'none'");
    expect(policyOf(await server.get("/"))).toContain("frame-ancestors 'none'");
  });

  it("load a small loader from other origins, as a script or a module", async () => {
    for (const path of ["/widget.js", "/widget.mjs"]) {
      const response = await server.get(path);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("content-type")).toContain("text/javascript");
      expect(await response.text()).toContain("idlewave-widget");
    }
  });
});
