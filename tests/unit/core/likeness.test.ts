/** Units whose results are compared within a tolerance: names of results are numbers, alike up to 1 apart, and NaN. */
import { describe, expect, it } from "vitest";
import { AUDITOR } from "../../../server/core/cluster.ts";
import type { JobSpec } from "../../../server/core/events.ts";
import { MAX_REPLICAS, WANTED_GRACE_MS } from "../../../server/core/verify.ts";
import { AUDITOR_ACCOUNT, audited } from "./audited.ts";
import { account, digestOf, JOB, unit, World } from "./world.ts";

const TOLERANT: Partial<JobSpec> = { units: 1, floats: true, tolerant: true };

/** Volunteers 1, 2, … answer the only unit, each with a result of this name. */
function answer(world: World, ...names: string[]): void {
  for (const [at, liar] of names.entries()) world.submit(world.assignment(world.join(at + 1)), { liar });
}

const finalOf = (world: World) => {
  const digest = world.ledger.finals(JOB).get(unit(0));
  return digest && world.nameOf(digest);
};
const paid = (world: World, ids: readonly number[]) => ids.filter((id) => (world.ledger.credit.get(account(id))?.final ?? 0) > 0);

describe("results that are alike", () => {
  it("are a quorum, and all of them are paid", () => {
    const world = new World(TOLERANT);
    answer(world, "0", "0.5");
    expect([finalOf(world), paid(world, [1, 2])]).toEqual(["0", [1, 2]]);
  });

  it("are none where the job compares byte for byte", () => {
    const world = new World({ units: 1, floats: true });
    answer(world, "0", "0.5");
    expect(finalOf(world)).toBeUndefined();
  });

  it("beyond the tolerance are none, and who is alone is refused", () => {
    const world = new World(TOLERANT);
    answer(world, "0", "1.5");
    expect(finalOf(world)).toBeUndefined();
    world.submit(world.assignment(world.join(3)), { liar: "-0.5" });
    expect([finalOf(world), paid(world, [1, 2, 3])]).toEqual(["0", [1, 3]]);
  });

  it("are compared with one of them, not in a chain", () => {
    const world = new World({ ...TOLERANT, quorum: 3 });
    answer(world, "0", "0.9", "1.8");
    // 0 and 1.8 differ; both are alike to what lies between.
    expect([finalOf(world), paid(world, [1, 2, 3])]).toEqual(["0.9", [1, 2, 3]]);
    const chained = new World({ ...TOLERANT, quorum: 4 });
    answer(chained, "0", "0.9", "1.8", "2.7");
    expect(finalOf(chained)).toBeUndefined();
  });

  it("the medoid is the unit's: most votes, and of those what is nearest to them", () => {
    const world = new World({ ...TOLERANT, quorum: 3 });
    answer(world, "0", "1", "0.4");
    expect(finalOf(world)).toBe("0.4");
  });
});

describe("the tolerance that results took", () => {
  it("is the largest part of it in any unit so far, of those who are paid alone", () => {
    const world = new World({ ...TOLERANT, units: 3 });
    const taken = [world.job().taken];
    for (const names of [
      ["0", "0.25"],
      ["0", "5", "0.75"],
      ["0", "0.5"],
    ]) {
      const left = new Set([0, 1, 2].filter((index) => !world.job().pages.isEnded(unit(index))));
      const [index = 0] = left;
      for (const [at, liar] of names.entries()) {
        const host = world.join(10 * taken.length + at);
        for (let reply = world.claim(host, 1); reply.type === "assigned"; reply = world.claim(host, 1)) {
          if (reply.assignment.runs[0]?.start !== index) continue;
          world.submit(reply.assignment, { liar });
          break;
        }
        world.leave(host);
        world.tick(7_200_000);
      }
      taken.push(world.job().taken);
    }
    expect(taken).toEqual([null, 0.25, 0.75, 0.75]);
  });
});

describe("what is not finite", () => {
  it("is no vote, however many tell the same, and the unit fails once its replicas are used up", () => {
    const world = new World({ ...TOLERANT, maxReplicas: 4 });
    answer(world, "NaN", "NaN", "NaN", "NaN");
    expect(world.job().pages.failed.has(unit(0))).toBe(true);
  });

  it("is refused where others agree", () => {
    const world = new World(TOLERANT);
    answer(world, "NaN", "0", "0");
    expect([finalOf(world), paid(world, [1, 2, 3]), world.job().refused]).toEqual(["0", [2, 3], 1]);
  });
});

describe("what could not be read", () => {
  it("is no vote, and whoever gave it is not refused", () => {
    const world = new World(TOLERANT);
    answer(world, "lost", "0", "0");
    expect([finalOf(world), paid(world, [1, 2, 3]), world.job().refused]).toEqual(["0", [2, 3], 0]);
  });
});

describe("while results are not compared yet", () => {
  it("nothing is concluded and nobody else is asked, until bytes have been waited for in vain", () => {
    const world = new World(TOLERANT);
    const [one, two] = [world.assignment(world.join(1)), world.assignment(world.join(2))];
    expect(world.submit(one, { liar: "0" })).toEqual(["recorded"]);
    expect(world.submit(two, { liar: "0.5", inline: false })).toEqual(["wanted"]);
    expect(world.claim(world.join(3)).type).toBe("idle");
    world.tick(WANTED_GRACE_MS);
    const three = world.assignment(world.join(4));
    world.submit(three, { liar: "0.25" });
    // Nobody can say what the second one computed.
    expect([finalOf(world), paid(world, [1, 2, 4]), world.job().refused]).toEqual(["0", [1, 4], 0]);
  });

  it("what is stored and not compared keeps the unit from its end, over a restart too", () => {
    const world = new World(TOLERANT);
    world.comparesLater = true;
    answer(world, "0", "0.5");
    expect(world.comparisons.map(({ digest, others }) => [digest, others])).toEqual([
      [digestOf(0, "0"), []],
      [digestOf(0, "0.5"), [digestOf(0, "0")]],
    ]);
    expect(finalOf(world)).toBeUndefined();
    world.restart();
    expect(world.comparisons).toHaveLength(2);
    world.compare();
    expect([finalOf(world), paid(world, [1, 2])]).toEqual(["0", [1, 2]]);
  });

  it("a unit that differs asks a third volunteer as soon as that is known", () => {
    const world = new World(TOLERANT);
    world.comparesLater = true;
    answer(world, "0", "5");
    const third = world.join(3);
    expect(world.claim(third).type).toBe("idle");
    world.compare();
    expect(world.claim(third).type).toBe("assigned");
  });

  it("what comes of a comparison after the unit's end, or the job's, changes nothing", () => {
    const world = new World(TOLERANT);
    answer(world, "0", "0.5");
    const late = { type: "compared", job: JOB, unit: unit(0), digest: digestOf(0, "0") } as const;
    expect(world.send({ ...late, distances: [] }).effects).toEqual([{ type: "reply", reply: { type: "done" } }]);
  });
});

describe("the auditor's result", () => {
  const decide = (...names: string[]) => {
    const { world, auditor } = audited({ ...TOLERANT, maxReplicas: MAX_REPLICAS });
    answer(world, ...names);
    return { world, auditor };
  };

  it("is the unit's where a volunteer is near it, and nobody is blamed", () => {
    const { world, auditor } = decide("0", "5");
    world.audit(auditor, 1, { liar: "0.5" });
    expect([finalOf(world), paid(world, [1, 2])]).toEqual(["0.5", [1]]);
    expect(world.ledger.watched.size).toBe(0);
  });

  it("is what others are compared with, though two of them are near each other", () => {
    const world = new World(TOLERANT);
    world.state.auditShare = 1;
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    answer(world, "0", "-0.9");
    world.audit(auditor, 1, { liar: "0.9" });
    expect([finalOf(world), paid(world, [1, 2])]).toEqual(["0.9", [1]]);
  });

  it("that is not finite is no vote: it takes one more to decide", () => {
    const { world, auditor } = decide("0", "5");
    world.audit(auditor, 1, { liar: "NaN" });
    world.submit(world.assignment(world.join(3)), { liar: "0" });
    world.submit(world.assignment(world.join(4)), { liar: "0.1" });
    expect([finalOf(world), paid(world, [1, 2, 3, 4])]).toEqual(["0", [1, 3, 4]]);
  });

  it("of the tier audited is compared with the one volunteer's", () => {
    const { world, auditor } = audited({ ...TOLERANT, check: { how: "whole" } });
    answer(world, "0.75");
    world.audit(auditor, 1, { liar: "0" });
    expect([finalOf(world), paid(world, [1, AUDITOR_ACCOUNT])]).toEqual(["0", [1]]);
    expect(world.job().audited).toBe(1);
  });

  it("by surprise is an audit passed for who is near it", () => {
    const world = new World(TOLERANT);
    world.state.auditShare = 1;
    const auditor = world.join(AUDITOR_ACCOUNT, AUDITOR);
    answer(world, "0", "0.5");
    world.audit(auditor, 1, { liar: "0.25" });
    expect([1, 2].map((id) => world.recordOf(id).passed)).toEqual([1, 1]);
  });
});
