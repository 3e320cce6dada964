/** What the demo claims, and its cheats against a coordinator. */
import { afterEach, describe, expect, it } from "vitest";
import { agreed, byLot, type Liar, startLiar } from "../../../server/cli/demo/liar.ts";
import { claimsOf, type DemoReport, type DemoVolunteer } from "../../../server/cli/demo/report.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";

const honest = (id: string): DemoVolunteer => ({ id, kind: "honest", credit: 1, accepted: 5, refused: 0 });
const liar = (id: string, lies: "alone" | "together"): DemoVolunteer => ({ id, kind: "liar", lies, credit: 0, accepted: 0, refused: 3 });

function reportWith(change: (report: DemoReport) => void = () => undefined): DemoReport {
  const report: DemoReport = {
    jobs: [{ name: "primes", units: 4, verified: 4, matchesReference: true, executionsPerUnit: 2.1 }],
    volunteers: [honest("a"), honest("b"), liar("c", "alone"), liar("d", "together"), liar("e", "together")],
    audits: { audited: 4, agreedLies: 3 },
    seconds: 1,
  };
  change(report);
  return report;
}

const falseIn = (report: DemoReport, strangers = 0) =>
  claimsOf(report, strangers)
    .filter(({ holds }) => !holds)
    .map(({ says }) => says);

describe("the demo's claims", () => {
  it("hold of a run in which all went well", () => {
    expect(falseIn(reportWith())).toEqual([]);
  });

  const volunteer = (report: DemoReport, at: number) => report.volunteers[at] as DemoVolunteer;
  it.each<[string, (report: DemoReport) => void, string]>([
    ["a unit is not verified", ({ jobs: [job] }) => Object.assign(job ?? {}, { verified: 3 }), "all 4 units are verified"],
    ["an answer is wrong", ({ jobs: [job] }) => Object.assign(job ?? {}, { matchesReference: false }), "the public reference"],
    ["an honest volunteer did nothing", (report) => (volunteer(report, 0).accepted = 0), "two honest volunteers worked"],
    ["an honest result was refused", (report) => (volunteer(report, 1).refused = 1), "no honest result was refused"],
    ["the liar was not caught", (report) => (volunteer(report, 2).refused = 0), "the liar was caught in 0 results"],
    ["an accomplice is missing", (report) => report.volunteers.pop(), "the two accomplices"],
    ["the accomplices never met", (report) => (report.audits.agreedLies = 0), "the two accomplices"],
    ["nothing was audited", (report) => (report.audits.audited = 0), "the two accomplices"],
    ["an accomplice has something accepted", (report) => (volunteer(report, 4).accepted = 1), "no liar has credit"],
    ["the liar has credit", (report) => (volunteer(report, 2).credit = 0.1), "no liar has credit"],
  ])("do not all hold where %s", (_, change, words) => {
    expect(falseIn(reportWith(change))).toEqual([expect.stringContaining(words)]);
  });
});

describe("the demo's accomplices", () => {
  let server: TestServer | undefined;
  const liars: Liar[] = [];
  afterEach(async () => {
    for (const each of liars.splice(0)) await each.stop();
    await server?.close();
  });

  it("are a quorum for a lie, which becomes final without an auditor, and does not with one", async () => {
    for (const isAudited of [false, true]) {
      server = await startServer({ allowSoftware: true });
      const job = await server.submit(packageOf(1));
      const auditor = new Volunteer(server.url);
      if (isAudited) expect(await auditor.hello({ audit: server.token })).toMatchObject({ ok: true });
      for (let each = 0; each < 2; each++) liars.push(await startLiar(server.url, agreed, 1));
      const final = async () => (await server?.status(job))?.units.final;
      if (isAudited) {
        await expect.poll(async () => (await server?.status(job))?.verification.held, { timeout: 20_000 }).toBe(1);
        const { token, runs } = await auditor.claim(1, job);
        await auditor.send({ type: "submit", token, results: [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit))) });
      }
      await expect.poll(final, { timeout: 20_000 }).toBe(1);
      const { replicas } = (await (await server.get(`/api/jobs/${job}/units/0`)).json()) as {
        replicas: { volunteer: string; outcome: string }[];
      };
      const outcomes = liars.map(({ id }) => replicas.find(({ volunteer }) => volunteer === id)?.outcome);
      expect(outcomes).toEqual(isAudited ? ["refused", "refused"] : ["final", "final"]);
      expect(liars.map((each) => each.lies())).toEqual([1, 1]);
      for (const each of liars.splice(0)) await each.stop();
      auditor.leave();
      await server.close();
      server = undefined;
    }
  }, 60_000);

  it("tell the same of a unit, and others of others; who lies alone does not", () => {
    expect(agreed(1, 2, 100)).toEqual(agreed(1, 2, 100));
    expect(agreed(1, 2, 100)).not.toEqual(agreed(1, 3, 100));
    expect(agreed(1, 2, 100)).toHaveLength(100);
    expect(byLot(1, 2, 100)).not.toEqual(byLot(1, 2, 100));
  });
});
