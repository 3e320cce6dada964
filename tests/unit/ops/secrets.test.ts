import { afterAll, beforeAll, expect, it } from "vitest";
import { unitsOf } from "../../../shared/ids.ts";
import { idlewave } from "../cli/run.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const command = (...args: string[]) => idlewave([...args, "--url", server.url, "--token", server.token]);

/** A volunteer with one assignment, and the way to submit it. */
async function holder() {
  const job = await server.submit(packageOf(4));
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(4, job);
  const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit)));
  return { submit: () => volunteer.send({ type: "submit", token, results }), leave: () => volunteer.leave() };
}

it("what is claimed before a rotation of the key is submitted after it", async () => {
  const held = await holder();
  expect(await command("key", "rotate")).toMatchObject({ code: 0, stderr: expect.stringContaining("2 are good now") });
  expect(await held.submit()).toMatchObject({ type: "answer", verdicts: Array(4).fill("recorded") });
  held.leave();
});

it("under a revoked key nothing is believed, and volunteers claim again", async () => {
  const held = await holder();
  expect((await command("key", "rotate", "--revoke")).code).toBe(0);
  expect(await held.submit()).toMatchObject({ type: "error", code: "bad-token" });
  held.leave();
  const next = await holder();
  expect(await next.submit()).toMatchObject({ type: "answer" });
  next.leave();
});

it("an owner may not rotate it", async () => {
  const made = (await (await server.post("/api/tokens", { name: "owner" }, server.token)).json()) as { token: string };
  expect((await server.post("/api/keys/rotate", {}, made.token)).status).toBe(403);
  expect((await server.post("/api/keys/rotate", {})).status).toBe(401);
});

it("an administrator's token that leaked is replaced by another's, and revoked by it", async () => {
  const { stdout } = await command("token", "new", "second", "--admin");
  const second = stdout.trim();
  const listed = (await (await server.get("/api/tokens", second)).json()) as { tokens: { id: number; name: string }[] };
  const first = listed.tokens.find(({ name }) => name === "admin")?.id ?? 0;
  expect((await server.remove(`/api/tokens/${first}`, second)).status).toBe(204);
  expect((await server.get("/api/tokens", server.token)).status).toBe(401);
});
