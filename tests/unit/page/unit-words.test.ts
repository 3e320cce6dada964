import { expect, it } from "vitest";
import { plainText } from "../../../client/page/part.ts";
import type { Found } from "../../../client/page/unit/lookup.ts";
import type { Run } from "../../../client/page/unit/runner.ts";
import { absentWords, type Device, doubts, outcomeWords, ruleWords, titleOf, wordsOf } from "../../../client/page/unit/unit-words.ts";
import type { Checked } from "../../../client/proof/check.ts";
import type { Difference } from "../../../shared/difference.ts";
import type { Unit } from "../../../shared/unit.ts";
import { job, primes } from "../../browser/page-fixtures.ts";

const [OURS, OTHER] = ["a".repeat(64), "b".repeat(64)];
const replica = (changes: Partial<Unit["replicas"][number]> = {}): Unit["replicas"][number] => ({
  ...{ volunteer: "0123456789ab", auditor: false, outcome: "final", ran: true, digest: OURS, bytes: true, gpuMicros: 1, credit: 1 },
  ...changes,
});
const unit = (changes: Partial<Unit> = {}): Unit => ({
  ...{ job: 1, unit: 305, state: "final", endedAt: "", plan: "", inputs: [], inputCount: 0, digest: OURS, resultBytes: 2_056 },
  ...{ rule: "quorum", quorum: 2, replicas: [replica(), replica()] },
  ...changes,
});
const found = (changes: Partial<Unit> = {}): Found => ({ job: job(), unit: unit(changes), network: null });
const checked = (changes: Partial<Checked> = {}): Checked => ({
  ...{ kind: "checked", digest: OURS, gpu: "nvidia ampere", software: false, gpuMicros: 420_000, told: { kind: "kept" } },
  ...changes,
});
const say = (of: Found, run: Run = { kind: "idle" }, device: Device = "graphics card") => {
  const { headline, lead } = wordsOf(of, run, device);
  return `${plainText(headline)} ${plainText(lead)}`;
};
const difference = { byte: 20, element: { output: "sums", dtype: "u32", index: [3], mine: "7", theirs: "8" } } satisfies Difference;

it.each<[string, Partial<Unit>, Run, RegExp]>([
  ["final", {}, { kind: "idle" }, /^Unit 305 is verified\. It is part of “Deep Mandelbrot” for good\./],
  ["not final", { state: "open", digest: "" }, { kind: "idle" }, /^Unit 305 is not final yet\. .*Come back later\.$/],
  ["failed", { state: "failed", digest: "" }, { kind: "idle" }, /^Unit 305 failed\. .*no result/],
  ["dropped", { state: "dropped", digest: "" }, { kind: "idle" }, /^Unit 305 has no result\. Its job ended before it did/],
  ["fetching", {}, { kind: "fetching", bytes: 1_200_000 }, /^Getting unit 305\. Downloading .*, 1\.2 MB, and compiling it\.$/],
  [
    "computing",
    {},
    { kind: "computing", share: 0.5, gpu: "nvidia", sliced: true },
    /^Computing unit 305 again\. On nvidia, in short slices\./,
  ],
  [
    "computing whole",
    {},
    { kind: "computing", share: 0, gpu: "nvidia", sliced: false },
    /cannot be cut into slices, so the screen may stutter\.$/,
  ],
  ["stopped", {}, { kind: "stopped" }, /^Stopped\. .*nothing was compared\.$/],
  [
    "the same",
    {},
    checked(),
    /^Your graphics card got the same bytes\. All 2,056 of them, in 0\.4 s of GPU time, on nvidia ampere\. Nothing of it was sent/,
  ],
  [
    "the same within the tolerance",
    {},
    checked({ digest: OTHER, told: { kind: "kept", difference: { ...difference, distance: 0.25 } } }),
    /^Your graphics card got the same, within the tolerance\. .*than the job's owner allows: exact\. They differ from byte 20 on\..*Nothing of it was sent/,
  ],
  [
    "the same, on a processor",
    {},
    checked({ software: true, gpu: "google swiftshader" }),
    /^Your processor got the same bytes\. .*in 0\.4 s of your processor's time/,
  ],
  [
    "the same, where other bytes are given out",
    {},
    checked({ told: { kind: "forged", digest: OTHER } }),
    /^✕ The coordinator gives out other bytes\. .*not what volunteers agreed on\. Tell its operator\. Your graphics card got the digest that it tells, in/,
  ],
  [
    "the same, where the bytes are gone",
    {},
    checked({ told: { kind: "gone", why: "The coordinator has no result of unit 305." } }),
    /could not be fetched: the coordinator has no result of unit 305\.$/,
  ],
  [
    "others",
    {},
    checked({ digest: OTHER, told: { kind: "kept", difference } }),
    /^✕ Your graphics card got different bytes\. They differ from byte 20 on\. The first value that does, sums\[3\], u32, is 7 here and 8 there\./,
  ],
  [
    "others, where the same others are given out",
    {},
    checked({ digest: OTHER, told: { kind: "forged", digest: OTHER } }),
    /^✕ The coordinator gives out other bytes\. .*Your graphics card got the bytes that it gives out,/,
  ],
  [
    "others, where still others are given out",
    {},
    checked({ digest: OTHER, told: { kind: "forged", digest: "c".repeat(64) } }),
    /^✕ The coordinator gives out other bytes\. .*Your graphics card got neither of the two,/,
  ],
  [
    "others, where the bytes are gone",
    {},
    checked({ digest: OTHER, told: { kind: "gone", why: "It answered 404." } }),
    /got different bytes\. It took .* 404\.$/,
  ],
  [
    "of a failed unit",
    { state: "failed", digest: "", replicas: [replica(), replica({ digest: OTHER, outcome: "void" })] },
    checked({ told: { kind: "none" } }),
    /^Your graphics card computed it\. There is no verified result to compare with\. One of those below got the same bytes\./,
  ],
  ["no WebGPU", {}, { kind: "no-webgpu" }, /^This browser can't check it\. It has no WebGPU/],
  ["plain HTTP", {}, { kind: "insecure" }, /^This address can't use graphics cards\./],
  ["no adapter", {}, { kind: "no-adapter" }, /^This browser finds no graphics card\./],
  ["a software adapter", {}, { kind: "software-adapter" }, /^No graphics card here\. .*Your processor can do the work/],
  [
    "no input",
    {},
    { kind: "no-input", why: "Blob abc arrived damaged." },
    /^What this unit reads is not there\. Blob abc arrived damaged\./,
  ],
  ["device lost", {}, { kind: "device-lost" }, /^Your graphics card restarted\. .*Try again\.$/],
  ["no memory", {}, { kind: "no-memory" }, /^Your graphics card has no room for this unit\./],
  ["endless", {}, { kind: "endless" }, /^This kernel does not end here\. .*close the browser/],
  ["unable", {}, { kind: "unable", why: "no shader-f16" }, /^Your graphics card can't run this kernel\. The browser says: no shader-f16\./],
  ["broken", {}, { kind: "broken", why: "out of luck" }, /^The check did not run\. The browser says: out of luck\./],
])("%s has words of its own", (_, changes, run, words) => {
  expect(say(found(changes), run)).toMatch(words);
});

it("calls what computes by its name once the reader let their processor do it", () => {
  for (const run of [{ kind: "device-lost" }, { kind: "no-memory" }, { kind: "endless" }, { kind: "unable", why: "" }] as const) {
    expect(say(found(), run)).toMatch(/[Yy]our graphics card/);
    expect(say(found(), run, "processor")).toMatch(/[Yy]our (processor|browser's driver)/);
    expect(say(found(), run, "processor")).not.toMatch(/graphics card/);
  }
});

it("names the unit in the document's title", () => {
  expect(titleOf({ kind: "found", ...found({ unit: 1_234_567 }) })).toBe("Unit 1,234,567 of Deep Mandelbrot · Idlewave");
  expect(titleOf({ kind: "no-job", job: 3 })).toBeUndefined();
});

it("says what another result proves, of a kernel with floats and of one without", () => {
  expect(doubts(job({ floats: true }), checked())[0]).toContain("Two honest GPUs may round them differently");
  expect(doubts(job(), checked())[0]).toContain("honest GPUs should agree");
  expect(doubts(job(), checked({ software: true }))[1]).toContain("a machine with a graphics card");
});

it.each<[Partial<Unit>, RegExp]>([
  [{}, /^Two volunteers who don't know each other got the same bytes\.$/],
  [{ rule: "audit" }, /auditor computed it too/],
  [{ rule: "slices" }, /ran parts of it again/],
  [{ rule: "checker" }, /the checker that its owner wrote, run by the coordinator's auditor, accepted it/],
  [{ rule: "not-kept" }, /^It passed the check of its job\. .*kept only until/],
  [{ rule: "none" }, /not final/],
])("tells why a unit counts: %o", (changes, words) => {
  expect(ruleWords(unit(changes), job())).toMatch(words);
});

it("a pool's members are believed, or agree", () => {
  const pooled = job({ pool: { id: 3, name: "Physics lab" } });
  expect(ruleWords(unit(), pooled)).toBe("Two members of the pool got the same bytes.");
  const near = job({ verification: { ...job().verification, compare: "field within 4 ulps" } });
  expect(ruleWords(unit(), near)).toBe("Two volunteers who don't know each other got the same, within the tolerance.");
  const trusted = { ...pooled, verification: { ...pooled.verification, tier: "trusted" as const, quorum: 1 } };
  expect(ruleWords(unit(), trusted)).toBe("A member of the pool computed it, and its members are believed.");
  expect(say({ ...found(), job: trusted })).toMatch(/^Unit 305 is computed\./);
});

it("whose result lost, and which is the auditor's, is told", () => {
  expect(outcomeWords(replica({ outcome: "refused" }))).toBe("refused, it differed");
  expect(outcomeWords(replica({ auditor: true }))).toBe("taken; the auditor's");
});

it.each<[Parameters<typeof absentWords>[0], RegExp]>([
  [{ kind: "unnamed", job: null }, /^Which unit of which job\? Every job here is cut into units\. Name one/],
  [{ kind: "unnamed", job: primes() }, /^Which unit\? Primes below 10¹² has the units 0 to 999,999\. Name one/],
  [{ kind: "no-job", job: 99 }, /^There is no job 99\./],
  [
    { kind: "no-unit", job: job({ units: { ...job().units, total: 1 } }), unit: 4 },
    /^This job has no unit 4\. Deep Mandelbrot has one unit, number 0\.$/,
  ],
  [
    { kind: "unreachable", why: "The coordinator does not answer." },
    /^Nothing is known of this unit now\. The coordinator does not answer\.$/,
  ],
])("of what is not there: %o", (absent, words) => {
  const { headline, lead } = absentWords(absent);
  expect(`${plainText(headline)} ${plainText(lead)}`).toMatch(words);
});
