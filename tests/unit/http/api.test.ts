import { connect } from "node:net";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorSchema, JobListSchema, NetworkSchema } from "../../../shared/api.ts";
import { WIRE_VERSION } from "../../../shared/wire.ts";
import { formOf, packageOf, startServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    jobsPerOwner: 2,
    network: {
      name: "Testnet",
      operator: "The tests",
      purpose: "Testing",
      contact: "tests@example.org",
      source: "https://example.org/source",
    },
  });
});
afterAll(() => server.close());

async function expectError(response: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, code: body.code }).toEqual({ status, code });
  expect(Value.Check(ErrorSchema, body)).toBe(true);
  return body;
}

describe("everybody", () => {
  it("learns who runs the network and why", async () => {
    const network = await (await server.get("/api/network")).json();
    expect(Value.Check(NetworkSchema, network)).toBe(true);
    expect(network).toMatchObject({ name: "Testnet", operator: "The tests", wire: WIRE_VERSION, allowSoftware: false, volunteers: 0 });
  });

  it("sees jobs, and an empty list before there are any", async () => {
    expect(Value.Check(JobListSchema, await (await server.get("/api/jobs")).json())).toBe(true);
  });

  it("gets the schema of job.json and the API's description with every route", async () => {
    const schema = (await (await server.get("/schemas/job.json")).json()) as { properties: object };
    expect(Object.keys(schema.properties)).toContain("bindings");
    const api = (await (await server.get("/docs/json")).json()) as { paths: Record<string, object> };
    expect(Object.keys(api.paths)).toEqual(
      expect.arrayContaining([
        "/api/jobs",
        "/api/jobs/{id}",
        "/api/jobs/{id}/results",
        "/api/check",
        "/api/results",
        "/blobs/{hash}",
        "/api/tokens",
      ]),
    );
    expect(await (await server.get("/docs")).text()).toContain("swagger-ui");
  });

  it("is protected by a policy against framing and foreign scripts", async () => {
    const { headers } = await server.get("/api/network");
    const policy = headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "connect-src 'self'"])
      expect(policy).toContain(part);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("errors", () => {
  const cases: [string, string, string, number, string][] = [
    ["a page that there is not", "GET", "/nope", 404, "not-found"],
    ["a job that there is not", "GET", "/api/jobs/99", 404, "not-found"],
    ["a job that is no number", "GET", "/api/jobs/first", 400, "bad-request"],
    ["a job below 1", "GET", "/api/jobs/0", 400, "bad-request"],
    ["a picture since yesterday", "GET", "/api/jobs/1/picture?since=yesterday", 400, "bad-request"],
    ["a path that cannot be decoded", "GET", "/api/jobs/%ff", 400, "bad-request"],
    ["a blob that is no hash", "GET", "/blobs/..%2f..%2fidlewave.sqlite", 400, "bad-request"],
    ["a blob that there is not", "GET", `/blobs/${"a".repeat(64)}`, 404, "not-found"],
    ["a submission without a token", "POST", "/api/jobs", 401, "unauthorized"],
    ["a verb that there is not", "POST", "/api/jobs/1/delete", 404, "not-found"],
    ["bytes without a token", "PUT", "/api/results?unit=0", 403, "bad-token"],
    ["bytes of no unit and without a token", "PUT", "/api/results", 403, "bad-token"],
  ];
  it.each(cases)("for %s have the shape of all errors", async (_name, method, path, status, code) => {
    const body = await expectError(await fetch(server.url + path, { method }), status, code);
    expect(String(body.message).length).toBeGreaterThan(5);
    expect(String(body.todo).length).toBeGreaterThan(3);
  });

  it("answer bodies that are no JSON, of another type, or too large", async () => {
    const post = (body: string, type: string) =>
      fetch(`${server.url}/api/tokens`, {
        method: "POST",
        body,
        headers: { "content-type": type, authorization: `Bearer ${server.token}` },
      });
    await expectError(await post("{", "application/json"), 400, "bad-request");
    await expectError(await post("name=x", "application/x-www-form-urlencoded"), 415, "wrong-type");
    await expectError(await post(JSON.stringify({ name: "x".repeat(100_000) }), "application/json"), 413, "too-large");
    await expectError(await post(JSON.stringify({ name: "" }), "application/json"), 400, "bad-request");
    await expectError(await post(JSON.stringify({ name: "x", admin: "yes" }), "application/json"), 400, "bad-request");
    await expectError(await post('{"__proto__":{"name":"x"}}', "application/json"), 400, "bad-request");
  });

  const words: [string, string, string][] = [
    ["/api/jobs/abc", "", 'In the path, id is "abc"; it must be a whole number from 1 to 4294967295.'],
    ["/api/jobs/0", "", "In the path, id is 0; it must be a whole number from 1 to 4294967295."],
    ["/api/jobs/1/results?format=foo", "", 'In the query, format is "foo"; it must be raw, npy, csv, ndjson, png or json.'],
    ["/api/jobs/1/results?partial=2", "", 'In the query, partial is "2"; it must be 0 or 1.'],
    ["/blobs/xyz", "", 'In the path, hash is "xyz"; it must be 64 hexadecimal digits in lower case.'],
    ["/api/tokens", "{}", "The body needs name."],
    ["/api/tokens", "[1]", "The body is no JSON object with name, admin."],
    ["/api/tokens", '{"name":""}', 'In the body, name is ""; it must be text of 1 to 100 characters that can all be seen.'],
    [
      "/api/tokens",
      '{"name":"a\\u202eb"}',
      'In the body, name is "a\\u202eb"; it must be text of 1 to 100 characters that can all be seen.',
    ],
    ["/api/tokens", '{"name":" \u3164"}', 'In the body, name is " \\u3164"; it must be text of 1 to 100 characters that can all be seen.'],
    ["/api/tokens", '{"name":"  "}', 'In the body, name is "  "; it must be text of 1 to 100 characters that can all be seen.'],
    ["/api/tokens", '{"name":"x","root":true}', 'The body has an unknown field, "root"; it may have name, admin.'],
  ];
  it.each(words)("say of %s %s what it may be", async (path, body, message) => {
    const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
    const response = await fetch(
      server.url + path,
      body === "" ? { headers: { authorization: headers.authorization } } : { method: "POST", body, headers },
    );
    expect((await expectError(response, 400, "bad-request")).message).toBe(message);
  });

  it("say how large a body may be, and which type was not read", async () => {
    const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
    const large = await fetch(`${server.url}/api/tokens`, { method: "POST", body: JSON.stringify("x".repeat(70_000)), headers });
    expect((await expectError(large, 413, "too-large")).message).toBe("The request's body has 70002 bytes, at most 65536 are allowed.");
    const typed = await fetch(`${server.url}/api/tokens`, {
      method: "POST",
      body: "<a/>",
      headers: { ...headers, "content-type": "text/xml" },
    });
    expect((await expectError(typed, 415, "wrong-type")).message).toContain("text/xml");
  });

  it.each([66, 90, 2000])("answer an Authorization header of %i KiB", async (kib) => {
    const response = await fetch(`${server.url}/api/tokens`, { headers: { authorization: `Bearer ${"x".repeat(kib * 1024)}` } });
    if (kib > 80) await expectError(response, 431, "headers-too-large");
    else await expectError(response, 401, "unauthorized");
    expect((await server.get("/healthz")).status).toBe(200);
  });

  it("answer what is no HTTP", async () => {
    const { hostname, port } = new URL(server.url);
    const text = await new Promise<string>((resolve) => {
      let read = "";
      const socket = connect(Number(port), hostname, () => socket.write("\0\0 nonsense\r\n\r\n"));
      socket.on("data", (data) => {
        read += data;
      });
      socket.on("close", () => resolve(read));
    });
    expect(text).toContain("400");
    expect(Value.Check(ErrorSchema, JSON.parse(text.slice(text.indexOf("{"))))).toBe(true);
  });
});

describe("tokens", () => {
  it("are made, listed and revoked by the administrator alone", async () => {
    const made = (await (await server.post("/api/tokens", { name: "Ada" }, server.token)).json()) as {
      id: number;
      name: string;
      token: string;
    };
    expect(made.name).toBe("Ada");
    expect(made.token).toMatch(/^iw_[\w-]{43}$/);
    await expectError(await server.post("/api/tokens", { name: "Eve" }, made.token), 403, "forbidden");
    await expectError(await server.get("/api/tokens", made.token), 403, "forbidden");
    await expectError(await server.get("/api/tokens"), 401, "unauthorized");

    const list = await (await server.get("/api/tokens", server.token)).text();
    expect(list).toContain("Ada");
    expect(list).not.toContain(made.token);

    expect((await server.post("/api/check", formOf(packageOf(2)), made.token)).status).toBe(200);
    expect((await server.remove(`/api/tokens/${made.id}`, server.token)).status).toBe(204);
    await expectError(await server.post("/api/check", formOf(packageOf(2)), made.token), 401, "unauthorized");
    await expectError(await server.remove("/api/tokens/9999", server.token), 404, "not-found");
  });

  it.each(["iw_", "Bearer", `iw_${"A".repeat(43)}`, "iw_' OR 1=1 --", "x".repeat(5000)])(
    "that are none (%j) open nothing",
    async (token) => {
      await expectError(await server.get("/api/tokens", token), 401, "unauthorized");
    },
  );

  it("of another owner do not reach a job", async () => {
    const { token } = (await (await server.post("/api/tokens", { name: "Bob" }, server.token)).json()) as { token: string };
    const job = await server.submit(packageOf(5));
    for (const verb of ["pause", "resume", "cancel"])
      await expectError(await server.post(`/api/jobs/${job}/${verb}`, undefined, token), 403, "forbidden");
    await expectError(await server.get(`/api/jobs/${job}/results?partial=1`, token), 403, "forbidden");
    const own = await server.submit(packageOf(5), "", token);
    expect((await server.post(`/api/jobs/${own}/pause`, undefined, token)).status).toBe(200);
    expect((await server.post(`/api/jobs/${own}/cancel`, undefined, server.token)).status).toBe(200);
  });

  it("survive a restart; the first is told only once", async () => {
    const first = await startServer();
    const made = (await (await first.post("/api/tokens", { name: "Ada" }, first.token)).json()) as { token: string };
    const job = await first.submit(packageOf(3), "", made.token);
    await first.close(true);
    const second = await startServer({}, first.folder);
    expect(second.token).toBe("");
    expect((await second.post(`/api/jobs/${job}/pause`, undefined, made.token)).status).toBe(200);
    expect((await second.get("/api/tokens", first.token)).status).toBe(200);
    expect(await second.status(job)).toMatchObject({ state: "paused", owner: "Ada" });
    await second.close();
  });
});

describe("job packages", () => {
  it("become jobs, numbered and running, or drafts when asked", async () => {
    const running = await server.submit(packageOf(7));
    expect(await server.status(running)).toMatchObject({
      state: "running",
      name: "test-job",
      title: "A test",
      owner: "admin",
      noun: "sum",
    });
    expect((await server.status(running)).units).toEqual({ total: 7, final: 0, failed: 0, leased: 0, voted: 0 });
    const draft = await server.submit(packageOf(7), "?start=0");
    expect(await (await server.get(`/api/jobs/${draft}`, server.token)).json()).toMatchObject({ state: "draft" });
    expect(await (await server.post(`/api/jobs/${draft}/resume`, undefined, server.token)).json()).toMatchObject({ state: "running" });
  });

  it.each<[string, string, boolean]>([
    ["integers alone", "1u", false],
    ["what looks like floats in a comment alone", "1u /* 1.5f */", false],
    ["floats that no type names", "u32(length(unpack2x16float(counts[0])))", true],
  ])("are told of as admission has found them: of %s", async (_what, value, floats) => {
    const files = packageOf(2);
    files["kernel.wgsl"] = files["kernel.wgsl"]?.replace("= 1u", `= ${value}`) ?? "";
    const job = await server.submit(files);
    expect(await server.status(job)).toMatchObject({ floats });
  });

  it("that are drafts are there for their owner and administrators alone, until they start", async () => {
    const tokenOf = async (name: string) =>
      ((await (await server.post("/api/tokens", { name }, server.token)).json()) as { token: string }).token;
    const [ann, ben] = [await tokenOf("Ann"), await tokenOf("Ben")];
    const draft = await server.submit(packageOf(7), "?start=0", ann);
    const listed = async (token?: string) =>
      ((await (await server.get("/api/jobs", token)).json()) as { jobs: { id: number }[] }).jobs.some(({ id }) => id === draft);
    for (const stranger of [undefined, ben, `iw_${"A".repeat(43)}`]) {
      for (const what of ["", "/plan", "/picture", "/refused"])
        await expectError(await server.get(`/api/jobs/${draft}${what}`, stranger), 404, "not-found");
      expect(await listed(stranger)).toBe(false);
    }
    for (const verb of ["pause", "resume", "cancel"])
      await expectError(await server.post(`/api/jobs/${draft}/${verb}`, undefined, ben), 404, "not-found");
    await expectError(await server.get(`/api/jobs/${draft}/results?partial=1`, ben), 404, "not-found");
    for (const own of [ann, server.token]) {
      for (const what of ["", "/plan", "/picture", "/refused"])
        expect((await server.get(`/api/jobs/${draft}${what}`, own)).status).toBe(200);
      expect(await listed(own)).toBe(true);
    }
    expect((await server.get(`/api/jobs/${draft}/plan`, ann)).headers.get("cache-control")).toBe("no-store");
    await server.post(`/api/jobs/${draft}/resume`, undefined, ann);
    expect((await server.get(`/api/jobs/${draft}/plan`)).status).toBe(200);
    expect(await listed()).toBe(true);
  });

  it("are bounded for each owner while they have not ended, drafts too, and not for an administrator", async () => {
    const { token } = (await (await server.post("/api/tokens", { name: "Cyd" }, server.token)).json()) as { token: string };
    await server.submit(packageOf(1), "", token);
    const draft = await server.submit(packageOf(1), "?start=0", token);
    const refused = await expectError(await server.post("/api/jobs", formOf(packageOf(1)), token), 409, "too-many-jobs");
    expect(refused.message).toContain("2 jobs");
    for (let job = 0; job < 3; job++) await server.submit(packageOf(1));
    await server.post(`/api/jobs/${draft}/cancel`, undefined, token);
    await server.submit(packageOf(1), "", token);
  });

  it("that are cancelled before they started are nobody else's business", async () => {
    const draft = await server.submit(packageOf(7), "?start=0");
    const ran = await server.submit(packageOf(7));
    for (const job of [draft, ran]) await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
    await expectError(await server.get(`/api/jobs/${draft}`), 404, "not-found");
    expect(await (await server.get(`/api/jobs/${draft}`, server.token)).json()).toMatchObject({ state: "cancelled" });
    expect((await server.get(`/api/jobs/${ran}`)).status).toBe(200);
  });

  it("of a thousand million units are taken like small ones", async () => {
    const job = await server.submit(packageOf(1e9));
    expect((await server.status(job)).units.total).toBe(1e9);
    expect((await server.post(`/api/jobs/${job}/cancel`, undefined, server.token)).status).toBe(200);
  });

  it("move by verbs, and not out of their end", async () => {
    const job = await server.submit(packageOf(3));
    const verb = (name: string) => server.post(`/api/jobs/${job}/${name}`, undefined, server.token);
    expect(await (await verb("pause")).json()).toMatchObject({ state: "paused" });
    expect(await (await verb("resume")).json()).toMatchObject({ state: "running" });
    expect(await (await verb("cancel")).json()).toMatchObject({ state: "cancelled" });
    await expectError(await verb("resume"), 409, "wrong-state");
  });

  it("with faults are refused with all of them, and their places", async () => {
    const files = packageOf(3, 1, { bindings: { nothing: {} }, passes: [{ workgroups: [0] }], colour: "red" });
    for (const path of ["/api/jobs", "/api/check"]) {
      const body = await expectError(await server.post(path, formOf(files), server.token), 422, "refused");
      const faults = body.faults as { file: string; line?: number }[];
      expect(faults.length).toBeGreaterThan(1);
      for (const fault of faults) expect(fault.file).toBe("job.json");
    }
    expect(await (await server.post("/api/check", formOf(packageOf(1)), server.token)).json()).toEqual({ faults: [], warnings: [] });
  });

  it("are refused before they are parsed when a file is too large, has no path or comes twice", async () => {
    const send = (form: FormData) => server.post("/api/jobs", form, server.token);
    await expectError(await send(formOf({ ...packageOf(1), "job.json": " ".repeat(300 * 1024) })), 413, "too-large");
    await expectError(await send(formOf({ ...packageOf(1), "kernel.wgsl": "//".repeat(200 * 1024) })), 413, "too-large");
    await expectError(await send(formOf({ ...packageOf(1), "big.csv": "1\n".repeat(20 * 1024 * 1024) })), 413, "too-large");
    for (const path of ["../job.json", "/etc/passwd", "a//b", "a/./b", "", "__proto__", "x".repeat(300)])
      await expectError(await send(formOf({ ...packageOf(1), [path]: "x" })), 400, "bad-request");
    const twice = formOf(packageOf(1));
    twice.append("kernel.wgsl", new Blob(["x"]), "x");
    await expectError(await send(twice), 400, "bad-request");
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}.bin`, "x"]));
    const refused = await expectError(await send(formOf({ ...packageOf(1), ...many })), 413, "too-large");
    expect(refused.message).toContain("at most 256 files are allowed");
    await expectError(await server.post("/api/jobs", { name: "x" }, server.token), 400, "bad-request");
    expect((await server.get("/healthz")).status).toBe(200);
  });

  it("that end in the middle are no job", async () => {
    const body = '--b\r\ncontent-disposition: form-data; name="job.json"; filename="x"\r\n\r\n{"name":';
    const response = await fetch(`${server.url}/api/jobs`, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${server.token}`, "content-type": "multipart/form-data; boundary=b" },
    });
    await expectError(response, 400, "bad-request");
  });
});
