import { afterAll, beforeAll, expect, it } from "vitest";
import { unitsOf } from "../../../shared/ids.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";

const SCRAPER = "a-token-for-prometheus";
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ metricsToken: SCRAPER });
  await server.submit(packageOf(1), "?start=0"); // so that the first scrape finds blobs
});
afterAll(() => server.close());

/** Figures by name and labels, as they are written. */
async function scrape(): Promise<Map<string, number>> {
  const response = await server.get("/metrics", SCRAPER);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

it("figures are for the scraper's token and administrators, not for strangers or owners", async () => {
  expect((await server.get("/metrics")).status).toBe(401);
  expect((await server.get("/metrics", "a-token-for-prometheuz")).status).toBe(401);
  const made = (await (await server.post("/api/tokens", { name: "owner" }, server.token)).json()) as { token: string };
  expect((await server.get("/metrics", made.token)).status).toBe(403);
  expect((await server.get("/metrics", server.token)).status).toBe(200);
});

it("figures follow what volunteers do", async () => {
  const job = await server.submit(packageOf(8));
  const before = await scrape();
  expect(before.get(`idlewave_units{job="${job}",state="left"}`)).toBe(8);
  const volunteer = await new Volunteer(server.url).join();
  const { token, runs } = await volunteer.claim(3, job);
  await volunteer.send({ type: "submit", token, results: [...unitsOf(runs)].slice(1).map((unit) => resultOf(unit, bytesOf(unit))) });
  expect(await volunteer.sign()).toEqual({ type: "done" });
  const bad = await volunteer.send({
    type: "release",
    token: Uint8Array.from(token, (byte, i) => (i === 60 ? byte ^ 1 : byte)),
    units: [],
  });
  expect(bad).toMatchObject({ type: "error", code: "bad-token" });
  const after = await scrape();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown("idlewave_hosts")).toBe(1);
  expect(grown("idlewave_accounts")).toBe(1);
  expect(grown("idlewave_leases")).toBe(1);
  expect(grown('idlewave_claims_total{answer="assigned"}')).toBe(1);
  expect(grown("idlewave_units_assigned_total")).toBe(3);
  expect(grown('idlewave_results_total{verdict="recorded"}') + grown('idlewave_results_total{verdict="wanted"}')).toBe(2);
  expect(grown("idlewave_signatures_total")).toBe(1);
  expect(grown('idlewave_refusals_total{code="bad-token"}')).toBe(1);
  expect(grown("idlewave_commit_seconds_count")).toBeGreaterThanOrEqual(1);
  expect(grown("idlewave_committed_operations_total")).toBeGreaterThanOrEqual(2);
  expect(after.get(`idlewave_units{job="${job}",state="voted"}`)).toBe(2);
  expect(after.get(`idlewave_replicas{job="${job}",outcome="counted"}`)).toBe(2);
  expect(after.get("idlewave_pending_operations")).toBe(0);
  for (const name of ["disk_free_bytes", "disk_writable", "database_bytes", "blob_bytes", "judge_processes"])
    expect(after.get(`idlewave_${name}`), name).toBeGreaterThan(0);
  for (const name of ["nodejs_eventloop_lag_p99_seconds", "process_resident_memory_bytes"]) expect(after.get(name), name).toBeDefined();
  volunteer.leave();
});

it("HTTP errors are counted by code", async () => {
  const name = 'idlewave_refusals_total{code="not-found"}';
  const before = (await scrape()).get(name) ?? 0;
  await server.get("/api/jobs/999999");
  expect((await scrape()).get(name)).toBe(before + 1);
});

it("many jobs have one sum beyond the newest fifty, and a finished job none", async () => {
  for (let i = 0; i < 60; i++) await server.submit(packageOf(10), "?start=0");
  const cancelled = await server.submit(packageOf(10));
  expect((await server.post(`/api/jobs/${cancelled}/cancel`, undefined, server.token)).status).toBe(200);
  const names = [...(await scrape()).keys()].filter((name) => name.startsWith("idlewave_units{"));
  const jobs = new Set(names.map((name) => /job="([^"]+)"/.exec(name)?.[1]));
  expect(jobs.size).toBe(51);
  expect(jobs).toContain("other");
  expect(jobs).not.toContain(String(cancelled));
});
