/** What units say of the kinds of GPUs that computed them. */
import { describe, expect, it } from "vitest";
import type { Portability } from "../../../server/core/portability-store.ts";
import { type Bucket, bucketOf, bucketWords } from "../../../shared/bucket.ts";
import { AUDITOR_ACCOUNT, audited } from "./audited.ts";
import { digestOf, JOB, unit, World } from "./world.ts";

const NVIDIA = "nvidia/ampere/chromium/windows" as Bucket;
const INTEL = "intel/xe/chromium/linux" as Bucket;
const ARM = "arm/valhall/chromium/android" as Bucket;
const TOLERANT = { units: 1, floats: true, tolerant: true };

/** Volunteers 1, 2, … on these kinds answer the only unit, each with a result of this name. Returns what its end says. */
function answer(world: World, told: [name: string, bucket?: Bucket][]): Portability | undefined {
  let kinds: Portability | undefined;
  const { observe } = world.ledger;
  world.ledger.observe = (effects) => {
    for (const effect of effects)
      if (effect.type === "store" && (effect.op.type === "final" || effect.op.type === "unit-failed")) kinds = effect.op.kinds;
    observe.call(world.ledger, effects);
  };
  for (const [at, [liar, bucket]] of told.entries()) {
    if (bucket) world.buckets.set(at + 1, bucket);
    world.submit(world.assignment(world.join(at + 1)), { liar });
  }
  return kinds;
}

const pairsOf = (kinds: Portability | undefined) =>
  kinds?.pairs.map(({ bucket, other, how }) => `${bucket.split("/")[0]} ${other.split("/")[0]} ${how}`);

describe("kinds of GPUs", () => {
  it("that give the same bytes agree", () => {
    const kinds = answer(new World({ units: 1 }), [
      ["", NVIDIA],
      ["", INTEL],
    ]);
    expect(kinds?.hosts).toEqual([
      { bucket: NVIDIA, account: 1 },
      { bucket: INTEL, account: 2 },
    ]);
    expect(pairsOf(kinds)).toEqual(["intel nvidia same"]);
  });

  it("that give other bytes within the tolerance agree too, and it is told how much of it they took", () => {
    const kinds = answer(new World(TOLERANT), [
      ["0", NVIDIA],
      ["0.25", INTEL],
    ]);
    expect(kinds?.pairs).toEqual([{ bucket: INTEL, other: NVIDIA, how: "alike", taken: 0.25 }]);
  });

  it("differ where one is not the unit's result: it is the one that does, whoever came first", () => {
    const kinds = answer(new World({ units: 1 }), [
      ["other", INTEL],
      ["", NVIDIA],
      ["", ARM],
    ]);
    expect(pairsOf(kinds)).toEqual(["nvidia intel differed", "arm intel differed", "arm nvidia same"]);
    expect(kinds?.pairs.find(({ how }) => how === "differed")).toMatchObject({ account: 1, proven: false });
  });

  it("are compared with the unit's result, not with each other: two that are wrong in their own ways do not differ", () => {
    const kinds = answer(new World({ units: 1, quorum: 2 }), [
      ["one", INTEL],
      ["two", ARM],
      ["", NVIDIA],
      ["", NVIDIA],
    ]);
    expect(pairsOf(kinds)).toEqual(["nvidia intel differed", "nvidia arm differed", "nvidia nvidia same"]);
  });

  it("whose numbers are not finite differ from those whose are", () => {
    const kinds = answer(new World(TOLERANT), [
      ["NaN", ARM],
      ["0", NVIDIA],
      ["0", INTEL],
    ]);
    expect(pairsOf(kinds)).toEqual(["nvidia arm differed", "intel arm differed", "intel nvidia same"]);
  });

  it("of a unit that failed differ, and nobody says who is right", () => {
    const kinds = answer(new World({ units: 1, maxReplicas: 3 }), [
      ["one", NVIDIA],
      ["two", INTEL],
      ["three", ARM],
    ]);
    expect(pairsOf(kinds)).toEqual(["intel nvidia undecided", "arm nvidia undecided", "arm intel undecided"]);
  });

  it("that were not told, as after a restart, say nothing", () => {
    expect(answer(new World({ units: 1 }), [[""], ["", INTEL]])).toBeUndefined();
  });

  it("of one person count once", () => {
    const world = new World({ units: 1, quorum: 2 });
    world.buckets.set(1, NVIDIA);
    world.buckets.set(2, INTEL);
    const [one, two] = [world.assignment(world.join(1)), world.assignment(world.join(2))];
    world.submit(one, { liar: "one", cluster: "net:a" });
    world.submit(two, { liar: "two", cluster: "net:a" });
    expect(answer(world, [])).toBeUndefined();
    world.buckets.set(3, ARM);
    world.buckets.set(4, ARM);
    let kinds: Portability | undefined;
    for (const id of [3, 4]) {
      const { effects } = sent(world, () => world.submit(world.assignment(world.join(id))));
      kinds ??= effects;
    }
    expect(pairsOf(kinds)).toEqual(["arm nvidia differed", "arm arm same"]);
  });

  it("of liars are marked as soon as the auditor has proven them wrong", () => {
    const { world, auditor } = audited({ units: 1 });
    for (const [id, bucket] of [NVIDIA, NVIDIA].entries()) world.buckets.set(id + 1, bucket);
    world.buckets.set(AUDITOR_ACCOUNT, bucketOf({ vendor: "google", architecture: "swiftshader", browser: "chromium", os: "linux" }, true));
    for (const id of [1, 2]) world.submit(world.assignment(world.join(id)), { liar: "lie" });
    const { effects: kinds } = sent(world, () => world.audit(auditor));
    expect(pairsOf(kinds)).toEqual(["auditor nvidia differed", "auditor nvidia differed"]);
    // Of this unit the store takes it back with the sentence that follows; the next are marked at once.
    expect(world.recordOf(1).convictedAt).toBeGreaterThan(0);
    const next = new World({ units: 1 });
    next.ledger.records.set(1 as never, { passed: 0, proven: 0, convictedAt: 1 });
    const later = answer(next, [
      ["lie", NVIDIA],
      ["", INTEL],
      ["", ARM],
    ]);
    expect(later?.pairs.filter(({ how }) => how === "differed")).toMatchObject([{ proven: true }, { proven: true }]);
  });
});

/** What the end of a unit in `act` says. */
function sent(world: World, act: () => void): { effects: Portability | undefined } {
  let kinds: Portability | undefined;
  const { observe } = world.ledger;
  world.ledger.observe = (effects) => {
    for (const effect of effects) if (effect.type === "store" && effect.op.type === "final") kinds = effect.op.kinds;
    observe.call(world.ledger, effects);
  };
  act();
  world.ledger.observe = observe;
  return { effects: kinds };
}

describe("where results differ", () => {
  const element = { output: "out", dtype: "u32" as const, index: [3], mine: "1", theirs: "2" };

  it("is kept until the unit ends, and told with the value of who is right first", () => {
    const world = new World({ units: 1 });
    world.buckets.set(1, INTEL);
    world.submit(world.assignment(world.join(1)), { liar: "other" });
    world.buckets.set(2, NVIDIA);
    world.submit(world.assignment(world.join(2)));
    const difference = { byte: 20, element };
    world.send({
      type: "compared",
      job: JOB,
      unit: unit(0),
      digest: digestOf(0, "other"),
      distances: [],
      differences: [{ to: digestOf(0), difference }],
    });
    world.buckets.set(3, NVIDIA);
    const { effects: kinds } = sent(world, () => world.submit(world.assignment(world.join(3))));
    const differed = kinds?.pairs.find(({ how }) => how === "differed");
    expect(differed).toMatchObject({ bucket: NVIDIA, other: INTEL, difference: { byte: 20, element: { mine: "2", theirs: "1" } } });
  });

  it("is asked for where a second result comes, and not of those that agree", () => {
    for (const lie of ["", "lie"]) {
      const world = new World({ units: 1 });
      world.comparesLater = true;
      world.submit(world.assignment(world.join(1)));
      world.submit(world.assignment(world.join(2)), { liar: lie });
      expect(world.comparisons).toEqual(
        lie ? [{ job: JOB, unit: 0, digest: digestOf(0, lie), others: [digestOf(0)] }].map((each) => expect.objectContaining(each)) : [],
      );
    }
  });
});

describe("the words of a kind", () => {
  it("are those of a host, without what might tell more of it", () => {
    const bucket = bucketOf({ vendor: "nvidia", architecture: "NVIDIA GeForce RTX", browser: "firefox", os: "linux" }, false);
    expect(bucketWords(bucket)).toEqual({ vendor: "nvidia", architecture: "", browser: "firefox", os: "linux", auditor: false });
  });
});
