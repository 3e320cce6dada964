import { once } from "node:events";
import { request } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageOf, startServer, type TestServer } from "./server.ts";

interface Described {
  paths: Record<string, Record<string, { security?: unknown; tags?: string[]; responses: Record<string, unknown> }>>;
}

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startServer();
  owner = ((await (await server.post("/api/tokens", { name: "ada" }, server.token)).json()) as { token: string }).token;
  await server.submit(packageOf(2));
});
afterAll(() => server.close());

/** A request whose path, query and body are wrong, to each route that may answer `status`. */
async function answersOf(status: string, token?: string): Promise<Record<string, string>> {
  const { paths } = (await (await server.get("/docs/json")).json()) as Described;
  const answers: Record<string, string> = {};
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security, responses }] of Object.entries(methods)) {
      if (!security || !(status in responses)) continue;
      const url = `${server.url}${path.replace(/\{[^}]*\}/g, "x")}?start=7&format=x&maxGpuHours=x`;
      const hasBody = method === "post" || method === "put";
      const headers: Record<string, string> = { ...(token ? { authorization: `Bearer ${token}` } : {}) };
      if (hasBody) headers["content-type"] = "application/json";
      const response = await fetch(url, { method: method.toUpperCase(), headers, ...(hasBody ? { body: "{]" } : {}) });
      answers[`${method} ${path}`] = `${response.status} ${((await response.json()) as { code: string }).code}`;
    }
  }
  return answers;
}

describe("who may ask is looked at before what is asked", () => {
  it("of strangers, on each route for owners, administrators and auditors", async () => {
    const answers = await answersOf("401");
    // A member's pass is as good there as a token: a stranger is told of no pool.
    delete answers["get /api/pools/{id}/members"];
    expect(Object.keys(answers).length).toBeGreaterThan(20);
    expect(Object.entries(answers).filter(([, answer]) => answer !== "401 unauthorized")).toEqual([]);
  });

  it("of owners, on each route for administrators and auditors", async () => {
    const answers = Object.entries(await answersOf("403", owner)).filter(([route]) =>
      /tokens|sites|canary|checks|keys|backup|metrics/.test(route),
    );
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter(([, answer]) => answer !== "403 forbidden")).toEqual([]);
  });

  it("of volunteers, where results come", async () => {
    const response = await fetch(`${server.url}/api/results?unit=x`, { method: "PUT" });
    expect(((await response.json()) as { code: string }).code).toBe("bad-token");
  });
});

describe("a body that is longer than any package", () => {
  /** The answer to the head of a request whose body never comes. */
  async function answerTo(path: string, type: string, token?: string): Promise<[number | undefined, string]> {
    const headers = { "content-type": type, "content-length": "99999999999999", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const sent = request(`${server.url}${path}`, { method: "POST", headers });
    sent.flushHeaders();
    const [response] = await once(sent, "response");
    const { code } = (await json(response)) as { code: string };
    sent.destroy();
    return [response.statusCode, code];
  }

  it.each(["/api/jobs", "/api/check"])("is refused before it comes: %s", async (path) => {
    expect(await answerTo(path, "multipart/form-data; boundary=b", server.token)).toEqual([413, "too-large"]);
    expect(await answerTo(path, "multipart/form-data; boundary=b")).toEqual([401, "unauthorized"]);
  });

  it("is refused where JSON is wanted too", async () => {
    expect(await answerTo("/api/tokens", "application/json", server.token)).toEqual([413, "too-large"]);
  });
});

it("an address that leads out of the site is told as one that there is not", async () => {
  const { hostname, port } = new URL(server.url);
  const sent = request({ hostname, port, path: "/../../etc/passwd" }).end();
  const [response] = await once(sent, "response");
  expect([response.statusCode, await json(response)]).toMatchObject([404, { code: "not-found", message: "There is no such page." }]);
});

it("no sentence about a wrong value ends twice", async () => {
  const response = await server.post("/api/canary/12/alive", { run: "x" }, server.token);
  const { message } = (await response.json()) as { message: string };
  expect(message).toBe('In the body, run is "x"; it must be `run` of the answer to the claim.');
});

it("of a resume and a cancellation that meet, the resume is not told as done", async () => {
  for (let tries = 0; tries < 5; tries++) {
    const job = await server.submit(packageOf(2));
    const verb = (name: string) => server.post(`/api/jobs/${job}/${name}`, undefined, server.token);
    await verb("pause");
    const [resumed, cancelled] = await Promise.all([verb("resume"), verb("cancel")]);
    expect([cancelled.status, await cancelled.json()]).toMatchObject([200, { state: "cancelled" }]);
    const told = (await resumed.json()) as { code?: string; state?: string; message?: string };
    if (resumed.status === 200) expect(told.state).toBe("running");
    else expect(told).toMatchObject({ code: "wrong-state", message: `Job ${job} is cancelled: it cannot be resumed.` });
  }
});
