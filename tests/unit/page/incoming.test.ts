import { describe, expect, it, test } from "vitest";
import type { DonorPhase } from "../../../client/donor/state.ts";
import { afterDonor, afterElsewhere, afterJobs, computedJob, isTold, wordOf } from "../../../client/page/incoming.ts";
import { firstSituation, type Lending, type Situation } from "../../../client/page/situation.ts";
import { donorState, job, primes } from "../../browser/page-fixtures.ts";

const LONG = 60_000;
const situation = (changes: Partial<Situation> = {}): Situation => ({
  ...firstSituation({ webgpu: "there", saveData: false, chosenJob: 0, dose: 0.25, pool: undefined }),
  ...changes,
});
const on = { kind: "on" } as const;
const offline: DonorPhase = { kind: "offline", running: false };

it.each<[DonorPhase["kind"], Lending["kind"], ReturnType<typeof wordOf>]>([
  ["running", "on", "news"],
  ["running", "asking", "news"],
  ["running", "stopped", "late"],
  ["running", "off", "late"],
  ["stopped", "on", "stopped"],
  // Of the run before: this one has not begun.
  ["stopped", "asking", "news"],
  ["stopped", "stopped", "late"],
  ["forgotten", "on", "forgotten"],
  ["forgotten", "stopped", "forgotten"],
])("a donor that is %s is, while %s here, %s", (phase, lending, word) => {
  expect(wordOf({ phase: { kind: phase } as DonorPhase }, situation({ lending: { kind: lending } as Lending }))).toBe(word);
});

describe("a donor's state", () => {
  it("is taken with the steady count; the first word of a phase ends the asking", () => {
    const asking = situation({ lending: { kind: "asking" } });
    expect(afterDonor(asking, donorState(), 3, LONG)).toMatchObject({ donor: { running: 3 }, lending: on });
    expect(afterDonor(asking, donorState({ phase: { kind: "off" } }), 0, LONG)).not.toHaveProperty("lending");
  });

  it("tells of a lost device until something runs again", () => {
    const lost: DonorPhase = { kind: "device-lost", times: 1, final: false };
    expect(afterDonor(situation(), donorState({ phase: lost }), 0, LONG)).toMatchObject({ wasLost: true });
    expect(afterDonor(situation(), donorState({ phase: offline }), 0, LONG)).not.toHaveProperty("wasLost");
    expect(afterDonor(situation(), donorState(), 0, LONG)).toMatchObject({ wasLost: false });
  });

  test.each([
    ["another tab turned it", {}, 0.5, LONG, 0.5],
    ["it was turned here just now", {}, 0.5, 100, 0.25],
    ["it was told before", { donor: donorState({ dose: 0.5 }) }, 0.5, LONG, 0.25],
  ] as const)("brings its dose: %s", (_what, before, told, turnedMs, dose) => {
    expect(afterDonor(situation(before), donorState({ dose: told }), 0, turnedMs).dose).toBe(dose);
  });

  it("brings no dose while it is off; another tab's is the first one here", () => {
    expect(afterDonor(situation(), donorState({ phase: { kind: "off" } }), 0, LONG).dose).toBe(0.25);
    expect(afterElsewhere(situation(), donorState({ dose: 0.1 }), LONG)).toMatchObject({ dose: 0.1, firstDose: 0.1 });
  });

  it("tells of the shown job while it is connected and computes that one", () => {
    const told = { lending: on, donor: donorState(), job: job() };
    expect(isTold(situation(told))).toBe(true);
    for (const changes of [
      { offline: true },
      { lending: { kind: "asking" } as const },
      { job: primes() },
      { donor: donorState({ phase: offline }) },
    ]) {
      expect(isTold(situation({ ...told, ...changes }))).toBe(false);
    }
  });
});

describe("jobs", () => {
  it("that are told say whether another one runs", () => {
    expect(afterJobs([job(), primes()], job())).toMatchObject({ network: "reached", nextJob: { id: 2 } });
    const urgent = primes({ id: 3, priority: 5 });
    expect(afterJobs([job(), primes(), urgent], job())).toMatchObject({ nextJob: { id: 3 } });
    expect(afterJobs([job(), primes({ state: "paused" })], job())).toMatchObject({ nextJob: null });
  });

  it("that are computed are told as fresh as is known", () => {
    const donor = donorState({ job: job({ volunteers: 1 }) });
    expect(computedJob(situation({ donor }), [job({ volunteers: 7 })])?.volunteers).toBe(7);
    expect(computedJob(situation({ donor }), [primes()])?.volunteers).toBe(1);
    expect(computedJob(situation(), [job()])).toBeNull();
  });
});
