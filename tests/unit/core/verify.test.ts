import { describe, expect, it } from "vitest";
import { THROTTLE_FAILED } from "../../../server/core/account.ts";
import type { Assignment } from "../../../server/core/events.ts";
import { HOST_GRACE_MS } from "../../../server/core/expiry.ts";
import { DECAY_MS } from "../../../server/core/standing.ts";
import { WANTED_GRACE_MS } from "../../../server/core/verify.ts";
import { GFLOP_PER_CREDIT, MAX_GFLOP_PER_UNIT } from "../../../shared/credit.ts";
import { type JobId, unitsOf } from "../../../shared/ids.ts";
import { account, digestOf, JOB, resultBytes, results, unit, World } from "./world.ts";

describe("a unit under quorum 2", () => {
  it("is final when two clusters agree, and both earn", () => {
    const world = new World({ units: 1, creditPerUnit: 3 });
    expect(world.submit(world.assignment(world.join(1)))).toEqual(["recorded"]);
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 3, final: 0 });
    expect(world.job().pages.final).toBe(0);
    expect(world.submit(world.assignment(world.join(2)))).toEqual(["recorded"]);
    expect(world.ledger.finals(JOB)).toEqual(new Map([[0, digestOf(0)]]));
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 3 });
    expect(world.ledger.credit.get(account(2))).toEqual({ escrow: 0, final: 3 });
    expect(world.job().state).toBe("done");
  });

  it("earns sums that are exact, whatever a unit is worth", () => {
    const world = new World({ units: 1000, creditPerUnit: 0.1 });
    for (const id of [1, 2]) world.work(world.join(id));
    const credit = world.ledger.credit.get(account(1));
    expect(credit?.escrow).toBe(0);
    expect(credit?.final).toBe(1000 * Math.round(0.1 * 2 ** 26) * 2 ** -26);
  });

  it("earns no more than a declared figure may be worth, whatever the job says", () => {
    const world = new World({ units: 1, quorum: 1, creditPerUnit: 1e9 });
    world.work(world.join(1));
    expect(world.ledger.credit.get(account(1))?.final).toBeCloseTo(MAX_GFLOP_PER_UNIT / GFLOP_PER_CREDIT, 6);
  });

  it("asks a third cluster after a mismatch: the liar loses and earns nothing", () => {
    const world = new World({ units: 1 });
    const [liar, one, two] = [world.join(1), world.join(2), world.join(3)];
    world.submit(world.assignment(liar), { liar: "!" });
    world.submit(world.assignment(one));
    expect(world.claim(liar).type).toBe("idle");
    expect(world.claim(one).type).toBe("idle");
    world.submit(world.assignment(two));
    expect(world.ledger.finals(JOB).get(unit(0))).toBe(digestOf(0));
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
    expect(world.ledger.credit.get(account(2))?.final).toBe(1);
    expect(world.job().refused).toBe(1);
  });

  it("tells who was right and who was not", () => {
    const world = new World({ units: 1 });
    const hosts = [1, 2, 3].map((id) => world.join(id));
    for (const [index, by] of hosts.entries()) {
      const assignment = world.assignment(by);
      if (index < 2) {
        world.submit(assignment, { liar: index === 0 ? "!" : "" });
        continue;
      }
      const { effects } = world.send({
        type: "submit",
        account: account(3),
        cluster: "account:3",
        assignment,
        results: [{ unit: unit(0), status: "ok", gpuMicros: 1, digest: digestOf(0), bytes: resultBytes(0) }],
        mark: world.mark(3),
      });
      expect(effects).toContainEqual({ type: "unit-final", job: JOB, unit: 0, accounts: [2, 3], refused: [1] });
    }
  });

  it("counts one vote a cluster: a second account of the same /24 decides nothing", () => {
    const world = new World({ units: 1 });
    const first = world.assignment(world.join(1, "net-a"));
    const second = world.assignment(world.join(2, "net-b"));
    world.submit(first, { liar: "x", cluster: "net-a" });
    // The second has moved into the first one's network since it claimed.
    expect(world.submit(second, { liar: "x", cluster: "net-a" })).toEqual(["recorded"]);
    expect(world.job().pages.final).toBe(0);
    world.submit(world.assignment(world.join(3, "net-c")), { cluster: "net-c" });
    world.submit(world.assignment(world.join(4, "net-d")), { cluster: "net-d" });
    expect(world.ledger.finals(JOB).get(unit(0))).toBe(digestOf(0));
    expect(world.job().refused).toBe(2);
  });

  it("pays one computation once: a second account of the same /24 with the same bytes earns nothing", () => {
    const world = new World({ units: 1 });
    const first = world.assignment(world.join(1, "net-a"));
    const second = world.assignment(world.join(2, "net-b"));
    world.submit(first, { cluster: "net-a" });
    world.submit(second, { cluster: "net-a" });
    expect(world.job().pages.final).toBe(0);
    world.submit(world.assignment(world.join(3, "net-c")), { cluster: "net-c" });
    expect(world.job().pages.final).toBe(1);
    const earned = [1, 2, 3].map((id) => world.ledger.credit.get(account(id)));
    expect(earned.map((credit) => credit?.escrow)).toEqual([0, 0, 0]);
    expect(earned[0]?.final).toBeGreaterThan(0);
    expect(earned[1]?.final).toBe(0);
    expect(earned[2]?.final).toBeGreaterThan(0);
  });

  it("fails when its replicas are used up, and the hole is listed", () => {
    const world = new World({ units: 1, maxReplicas: 3 });
    for (const id of [1, 2, 3]) world.submit(world.assignment(world.join(id)), { liar: String(id) });
    expect([...world.job().pages.failed]).toEqual([0]);
    expect(world.job().state).toBe("failed");
    for (const id of [1, 2, 3]) expect(world.ledger.credit.get(account(id))).toEqual({ escrow: 0, final: 0 });
  });

  it("asks another volunteer where the kernel could not run", () => {
    const world = new World({ units: 1 });
    world.submit(world.assignment(world.join(1)), { status: "failed" });
    world.submit(world.assignment(world.join(2)));
    world.submit(world.assignment(world.join(3)));
    expect(world.job().pages.final).toBe(1);
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
  });
});

describe("a cluster that had its try at a unit", () => {
  it("gets no second one, whatever became of the first", () => {
    const world = new World({ units: 1 });
    world.submit(world.assignment(world.join(1, "net:a")), { status: "failed", cluster: "net:a" });
    expect(world.claim(world.join(2, "net:a"))).toMatchObject({ type: "idle", reason: "waits-for-others" });
    expect(world.claim(world.join(3, "net:b")).type).toBe("assigned");
  });

  it("cannot use up the unit's replicas, not even with assignments of earlier keys", () => {
    const world = new World({ units: 1, maxReplicas: 3 });
    const tokens = [1, 2, 3, 4, 5].map((key) => {
      const by = world.join(key, "net:a");
      const assignment = world.assignment(by);
      world.leave(by);
      world.tick(HOST_GRACE_MS + 1);
      return assignment;
    });
    const verdicts = tokens.flatMap((token) => world.submit(token, { status: "failed", cluster: "net:a" }));
    expect(verdicts).toEqual(["recorded", "recorded", "refused", "refused", "refused"]);
    expect(world.job().pages.failed.size).toBe(0);
    for (const id of [6, 7]) world.submit(world.assignment(world.join(id)));
    expect(world.job().pages.final).toBe(1);
  });

  it("is known by any of its names, and kept under the first", () => {
    const world = new World({ units: 1 });
    const old = "net:1:x here:p";
    const { effects } = submitted(world, world.assignment(world.join(1, old)), old);
    expect(effects).toContainEqual({
      type: "store",
      op: expect.objectContaining({ replica: expect.objectContaining({ cluster: "net:1:x" }) }),
    });
    expect(world.claim(world.join(2, "net:2:y here:p")).type).toBe("idle");
    world.restart();
    expect(world.claim(world.join(3, "net:2:y here:q net:1:x")).type).toBe("idle");
    expect(world.claim(world.join(4, "net:2:z here:r net:1:z")).type).toBe("assigned");
  });

  it("is one after a restart too, when its names of two weeks were recorded", () => {
    const world = new World({ units: 1 });
    const first = world.assignment(world.join(1, "net:1:x here:p"));
    const second = world.assignment(world.join(2, "net:1:z here:z"));
    submitted(world, first, "net:1:x here:p");
    submitted(world, second, "net:2:y here:p"); // moved into the first one's network
    expect(world.job().pages.final).toBe(0);
    world.restart();
    expect(world.job().pages.final).toBe(0);
    expect(world.job().wanted.size).toBe(0);
  });
});

function submitted(world: World, assignment: Assignment, cluster: string) {
  const { account: by, runs } = assignment;
  return world.send({ type: "submit", account: by, cluster, assignment, results: results(unitsOf(runs)), mark: world.mark(by) });
}

describe("an account whose kernel fails", () => {
  it("gets no more units of that job for a while, and those of others at once", () => {
    const world = new World({ units: 1000, priority: 1 }, { id: 2 as JobId, units: 1000 });
    const by = world.join(1);
    for (let reply = world.claim(by, 4); reply.type === "assigned" && reply.assignment.job === JOB; reply = world.claim(by, 4))
      world.submit(reply.assignment, { status: "failed" });
    expect(world.job().open.size).toBe(THROTTLE_FAILED);
    expect(world.claim(by, 4, JOB)).toMatchObject({ type: "idle", reason: "quota" });
    expect(world.claim(by, 4)).toMatchObject({ type: "assigned", assignment: { job: 2 } });
    world.tick(DECAY_MS);
    expect(world.claim(by, 4, JOB).type).toBe("assigned");
  });

  it("is not held back while most of its units do run", () => {
    const world = new World({ units: 1000 });
    const by = world.join(1);
    for (let round = 0; round < 3 * THROTTLE_FAILED; round++)
      world.submit(world.assignment(by, 2), { status: round % 2 === 0 ? "failed" : "ok" });
    expect(world.claim(by).type).toBe("assigned");
  });
});

describe("bytes", () => {
  it("are asked for when there are none, and the unit is not final before they are there", () => {
    const world = new World({ units: 1 });
    const [one, two] = [world.assignment(world.join(1)), world.assignment(world.join(2))];
    expect(world.submit(one, { inline: false })).toEqual(["wanted"]);
    expect(world.submit(two, { inline: false })).toEqual(["wanted"]);
    expect(world.job().pages.final).toBe(0);
    const bytes = { type: "bytes", account: account(2), job: JOB, unit: unit(0), digest: digestOf(0), bytes: null } as const;
    expect(world.send(bytes).reply).toEqual({ type: "done" });
    expect(world.job().pages.final).toBe(1);
    expect(world.send(bytes).reply).toMatchObject({ type: "error", code: "not-wanted" });
  });

  it("are asked for on a mismatch with the same word", () => {
    const world = new World({ units: 1 });
    const [one, two] = [world.assignment(world.join(1)), world.assignment(world.join(2))];
    world.submit(one);
    expect(world.submit(two, { liar: "!", inline: false })).toEqual(["wanted"]);
  });

  it("are not asked for when the same bytes are there", () => {
    const world = new World({ units: 1 });
    const [one, two] = [world.assignment(world.join(1)), world.assignment(world.join(2))];
    world.submit(one);
    expect(world.submit(two, { inline: false })).toEqual(["recorded"]);
  });

  it("that nobody asked for are not taken", () => {
    const world = new World({ units: 1 });
    world.submit(world.assignment(world.join(1)));
    const stray = { type: "bytes", job: JOB, unit: unit(0), bytes: null } as const;
    expect(world.send({ ...stray, account: account(1), digest: digestOf(0) }).reply.type).toBe("error");
    expect(world.send({ ...stray, account: account(9), digest: digestOf(0) }).reply.type).toBe("error");
  });

  it("that never come are asked of another volunteer", () => {
    const world = new World({ units: 1 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { inline: false });
    const third = world.join(3);
    expect(world.claim(third).type).toBe("idle");
    world.tick(WANTED_GRACE_MS + 1);
    world.submit(world.assignment(third));
    expect(world.job().pages.final).toBe(1);
    expect(world.ledger.credit.get(account(1))?.final).toBe(1);
  });

  it("that a quorum keeps back do not stand in the way of a quorum that gives its own", () => {
    const world = new World({ units: 1 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { inline: false, liar: "!" });
    for (const id of [3, 4]) {
      world.tick(WANTED_GRACE_MS + 1);
      world.submit(world.assignment(world.join(id)));
    }
    expect(world.ledger.finals(JOB).get(unit(0))).toBe(digestOf(0));
  });

  it("that nobody has fail the unit in the end", () => {
    const world = new World({ units: 1, maxReplicas: 3 });
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { inline: false });
    world.tick(WANTED_GRACE_MS + 1);
    world.submit(world.assignment(world.join(3)), { inline: false });
    expect(world.job().pages.failed.size).toBe(0);
    world.tick(WANTED_GRACE_MS + 1);
    expect(world.job().pages.failed.size).toBe(1);
  });
});

describe("a submit", () => {
  it("counts once, however often it is sent", () => {
    const world = new World({ units: 2 });
    const assignment = world.assignment(world.join(1));
    expect(world.submit(assignment)).toEqual(["recorded", "recorded"]);
    expect(world.submit(assignment)).toEqual(["duplicate", "duplicate"]);
    expect(world.submit(assignment, { liar: "changed its mind" })).toEqual(["duplicate", "duplicate"]);
    expect(world.ledger.credit.get(account(1))?.escrow).toBe(2);
    const second = world.join(2);
    const first = world.assignment(second, 1);
    world.submit(first);
    expect(world.submit(first)).toEqual(["duplicate"]);
    world.work(second);
    expect(world.job().state).toBe("done");
    expect(world.submit(assignment)).toEqual(["duplicate", "duplicate"]);
  });

  it("that is repeated before the bytes came is asked for them again", () => {
    const world = new World({ units: 1 });
    const assignment = world.assignment(world.join(1));
    expect(world.submit(assignment, { inline: false })).toEqual(["wanted"]);
    expect(world.submit(assignment, { inline: false })).toEqual(["wanted"]);
    expect(world.submit(assignment)).toEqual(["duplicate"]);
  });

  it("that comes after the unit was final earns nothing", () => {
    const world = new World({ units: 1 });
    const slow = world.assignment(world.join(1));
    world.tick(10 * 60_000 + 1);
    for (const id of [2, 3]) world.submit(world.assignment(world.join(id)));
    expect(world.submit(slow)).toEqual(["late"]);
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
  });

  it("that comes after its deadline and before the unit is final is a vote", () => {
    const world = new World({ units: 1 });
    const slow = world.assignment(world.join(1));
    world.tick(10 * 60_000 + 1);
    expect(world.submit(slow)).toEqual(["recorded"]);
    world.submit(world.assignment(world.join(2)));
    expect(world.job().pages.final).toBe(1);
  });

  it("is refused for units that are not in its assignment", () => {
    const world = new World({ units: 1000 });
    const assignment = world.assignment(world.join(1), 4);
    expect(world.submit(assignment, { units: [0, 4, 999, 1000, 2 ** 52] })).toEqual([
      "recorded",
      "refused",
      "refused",
      "refused",
      "refused",
    ]);
  });

  it("is refused for a job that was cancelled, and its escrow is void", () => {
    const world = new World({ units: 4 });
    const assignment = world.assignment(world.join(1), 2);
    world.submit(assignment, { units: [0] });
    world.send({ type: "job-verb", job: JOB, verb: "cancel" });
    expect(world.submit(assignment, { units: [1] })).toEqual(["refused"]);
    expect(world.ledger.credit.get(account(1))).toEqual({ escrow: 0, final: 0 });
  });
});
