import { describe, expect, test } from "vitest";
import type { DonorPhase } from "../../../client/donor/state.ts";
import { dockLines } from "../../../client/page/dock-words.ts";
import { plainText } from "../../../client/page/part.ts";
import { nameOf, purposeOf, whoOwns, whoRuns } from "../../../client/page/sections.ts";
import { finalOf, finalOfAll, isLent, leftOf, momentOf, type Situation } from "../../../client/page/situation.ts";
import { type Manner, wordsOf } from "../../../client/page/words.ts";
import { donorState, job, network, primes } from "../../browser/page-fixtures.ts";

const shown = job({ units: { total: 380, final: 236, failed: 0, leased: 11, voted: 9 } });

function situation(changes: Partial<Situation> = {}): Situation {
  return {
    lending: { kind: "off" },
    network: "reached",
    offline: false,
    saveData: false,
    webgpu: "there",
    job: shown,
    chosenJob: 0,
    kept: 0,
    allowSoftware: false,
    donor: null,
    elsewhere: null,
    seen: { job: 1, units: 380, final: 236, mine: { running: 2, waiting: 0, final: 14 }, share: 0.48 },
    dose: 0.5,
    firstDose: 0.5,
    fresh: null,
    nextJob: null,
    aside: false,
    idle: false,
    wasLost: false,
    ...changes,
  };
}

const lent = (phase: DonorPhase, changes: Partial<Situation> = {}) =>
  situation({ lending: { kind: "on" }, donor: donorState({ phase, unsent: 2 }), ...changes });

const SAVING: DonorPhase = { kind: "on-hold", reason: "save-data", until: null };

const POINTER: Manner = { touch: false, still: false, narrow: false };

function say(of: Situation, manner: Manner = POINTER): [string, string] {
  const words = wordsOf(of, manner);
  return [plainText(words.headline), plainText(words.lead)];
}

describe("the page's words", () => {
  test.each<[string, Situation, string, RegExp]>([
    ["before", situation(), "144 units of this picture are missing.", /^Volunteers' GPUs compute units, one square each\./],
    [
      "a count with an answer",
      situation({ job: primes() }),
      "Primes below 10¹² so far: 37,607,912,018",
      /876,544 units of this count are missing/,
    ],
    ["starting", lent({ kind: "starting", bytes: 1_200_000 }), "Getting your first unit.", /1\.2 MB\.$/],
    [
      "running",
      lent({ kind: "running" }),
      "14 units of this picture are yours.",
      /^Two more are running on your graphics card\. Move the pointer/,
    ],
    [
      "less",
      lent({ kind: "running" }, { dose: 0.25 }),
      "14 units of this picture are yours.",
      /at most a quarter of your graphics card, on average\. .* twice as long\.$/,
    ],
    [
      "a unit verified",
      lent({ kind: "running" }, { fresh: { unit: 305 } }),
      "Unit 305 of this picture is yours.",
      /^A stranger's graphics card got the same bytes, so your square is now part of it\. 144\u00a0to\u00a0go\.$/,
    ],
    [
      "saving data",
      lent(SAVING),
      "Waiting: you asked to save data.",
      /so nothing is running on your graphics card\. Kernel and inputs are 12 MB\.$/,
    ],
    [
      "saving data, of a job that is cut into pieces",
      lent(SAVING, { job: job({ downloadBytes: { once: 3_100, unit: 40_000 } }) }),
      "Waiting: you asked to save data.",
      /Kernel and inputs are 3\.1 KB, and 40 KB more a unit\.$/,
    ],
    ["stopped", situation({ lending: { kind: "stopped" } }), "Stopped. You gave 14 units.", /^Nothing is running/],
    ["offline", lent({ kind: "offline", running: true }), "No connection. 2 units are safe here.", /keeps working/],
    [
      "no WebGPU",
      situation({ webgpu: "absent" }),
      "This browser can't compute units yet.",
      /nine volunteers have units of it right now\.$/,
    ],
    [
      "offline as the browser says, before the donor knows",
      lent({ kind: "waiting", reason: "all-assigned", retryMs: 2_000 }, { offline: true }),
      "No connection. 2 units are safe here.",
      /keeps working/,
    ],
    [
      "offline with one unit",
      situation({ lending: { kind: "on" }, donor: donorState({ phase: { kind: "offline", running: false }, unsent: 1 }) }),
      "No connection. 1 unit is safe here.",
      /^It is finished and kept on this device\. It will be sent/,
    ],
    [
      "before, with units of one's own that wait",
      situation({ seen: { job: 1, units: 380, final: 236, mine: { running: 0, waiting: 42, final: 0 }, share: 0 } }),
      "144 units of this picture are missing.",
      /^42 units of these are yours and wait for a stranger\. Reading/,
    ],
    [
      "held up before a device is known",
      lent(
        { kind: "on-hold", reason: "battery", until: null },
        { donor: donorState({ phase: { kind: "on-hold", reason: "battery", until: null }, adapter: "" }) },
      ),
      "Waiting for your charger.",
      /^This device is on battery, so nothing is running on your device\./,
    ],
    ["plain HTTP", situation({ webgpu: "insecure" }), "This address can't use graphics cards.", /HTTPS/],
    ["software adapter", lent({ kind: "software-adapter" }), "No graphics card here.", /only pretends/],
    ["another version", lent({ kind: "another-version" }), "This page has a newer version.", /reloads by itself/],
    ["device lost", lent({ kind: "device-lost", times: 1, final: false }), "Your graphics card restarted.", /starts again/],
    [
      "a kernel that does not end",
      lent({ kind: "endless", job: 1, title: "Mandelbrot", compiling: false }),
      "The kernel of “Mandelbrot” does not end.",
      /^Your graphics card may still be busy .* close the browser, then open it again\./,
    ],
    [
      "a compilation that does not end",
      lent({ kind: "endless", job: 1, title: "Mandelbrot", compiling: true }),
      "Compiling the kernel of “Mandelbrot” does not end.",
      /^Your graphics card may still be busy .* close the browser, then open it again\./,
    ],
    ["refused", lent({ kind: "refused", job: 1, unit: 77 }), "Your graphics card got different bytes.", /unit 77/],
    [
      "no work",
      lent({ kind: "waiting", reason: "all-assigned", retryMs: 15_000 }),
      "Every unit is handed out.",
      /when a job needs you\. This page asks again every 15 seconds\.$/,
    ],
    ["job done", lent({ kind: "job-done", job: 1, final: false }), "This picture is finished.", /^Volunteers made it, 14 units by you\.$/],
    [
      "a count that is done",
      situation({ job: primes({ state: "done", answer: "Ways to place 10 queens", answerSoFar: "724" }) }),
      "Ways to place 10 queens: 724",
      /^This count is finished\. Volunteers made it\.$/,
    ],
    ["another tab", lent({ kind: "another-tab", running: true, hold: null }), "Running in another tab.", /One tab works/],
    [
      "another tab, before a click in this one",
      situation({ elsewhere: donorState({ phase: { kind: "waiting", reason: "all-assigned", retryMs: 1_000 } }) }),
      "Waiting in another tab.",
      /no unit to work on right now\.$/,
    ],
    [
      "no adapter",
      lent({ kind: "no-adapter" }),
      "This browser finds no graphics card.",
      /^It has WebGPU, but no graphics card that it may use: .* You can still watch/,
    ],
    [
      "no adapter, where processors are taken",
      lent({ kind: "no-adapter" }, { allowSoftware: true }),
      "This browser finds no graphics card.",
      /neither a graphics card nor its software driver, so your processor can't compute in it\. You can still watch/,
    ],
    [
      "nothing open for a while",
      lent({ kind: "running" }, { idle: true }),
      "14 units of this picture are yours.",
      /^Nothing runs just now: it waits for its next unit\.$/,
    ],
    ["a job that is not there", situation({ job: null, chosenJob: 77 }), "There is no job 77.", /listed below/],
    ["no job", situation({ job: null }), "No job needs you yet.", /looks again every ten seconds/],
    [
      "unreachable",
      situation({ network: "unreachable", job: null }),
      "The coordinator does not answer.",
      /Nothing runs .* every five seconds/,
    ],
  ])("%s", (_, of, headline, lead) => {
    const [saidHeadline, saidLead] = say(of);
    expect(saidHeadline).toBe(headline);
    expect(saidLead).toMatch(lead);
  });

  test("say the size of a download where it is known", () => {
    expect(say(lent({ kind: "starting", bytes: 7_100 }))[1]).toBe("Downloading the kernel and its data, 7.1 KB.");
    expect(say(lent({ kind: "starting", bytes: 0 }))[1]).toBe("Downloading the kernel and its data.");
  });

  test.each<["cancelled" | "failed" | "canary" | "paused", string, RegExp]>([
    ["cancelled", "This picture was cancelled.", /^It does not go on\. What was verified stays/],
    ["failed", "This picture failed.", /^Too many units failed\. It does not go on\./],
    ["canary", "This picture has not begun.", /^Nobody can lend to it yet\.$/],
    ["paused", "This picture is paused.", /goes on when its owner says so\.$/],
  ])("say of a job that is %s what it is", (state, headline, lead) => {
    const [h1, more] = say(situation({ job: job({ state, reason: state === "failed" ? "too many units failed" : "" }) }));
    expect(h1).toBe(headline);
    expect(more).toMatch(lead);
  });

  test("count after Stop what the squares show to be verified since", () => {
    const own = { job: 1, waiting: 15, final: 0 };
    const units = { submitted: 15, final: 0, refused: 0 };
    const seen = (final: number) => ({ job: 1, units: 380, final: 236, mine: { running: 0, waiting: 15 - final, final }, share: 0 });
    const stoppedWith = (final: number) =>
      situation({ lending: { kind: "stopped" }, donor: donorState({ own, units, running: 0 }), seen: seen(final) });
    expect(say(stoppedWith(0))[0]).toBe("Stopped. 15 units of yours wait for a stranger.");
    expect(say(stoppedWith(15))[0]).toBe("Stopped. You gave 15 units.");
    expect(finalOfAll(stoppedWith(15))).toBe(15);
  });

  test("say after Stop what waits for a stranger, beside what is verified", () => {
    const stopped = (waiting: number, final: number) =>
      say(situation({ lending: { kind: "stopped" }, seen: null, donor: donorState({ own: { job: 1, waiting, final } }) }));
    expect(stopped(42, 0)[0]).toBe("Stopped. 42 units of yours wait for a stranger.");
    expect(stopped(42, 0)[1]).toMatch(/^Nothing is running .* They join the picture when a stranger gets the same bytes/);
    expect(stopped(1, 14)).toEqual([
      "Stopped. You gave 14 units.",
      expect.stringMatching(/stays in the picture for good\. 1 unit of yours waits for a stranger\. $/),
    ]);
    expect(stopped(0, 0)[0]).toBe("Stopped.");
  });

  test("lay no blame on a driver right after the graphics card was lost, and say the way out", () => {
    for (const of of [lent({ kind: "no-adapter" }, { wasLost: true }), lent({ kind: "device-lost", times: 3, final: true })]) {
      expect(say(of)[1]).toMatch(/for some minutes, sometimes until the browser itself is restarted/);
      expect(say(of)[1]).not.toMatch(/driver/);
    }
    expect(say(lent({ kind: "no-adapter" }, { wasLost: true }))[0]).toBe("Your graphics card is held back.");
    const again = (times: number) => say(lent({ kind: "device-lost", times, final: false }))[1];
    expect(again(1)).toBe("The unit it was on starts again. Nothing finished was lost.");
    expect(again(2)).toMatch(/the browser may hold it back for some minutes\. The unit it was on starts again by itself\./);
  });

  test("say in the dock that it steps aside while something would run", () => {
    const first = (phase: DonorPhase) => dockLines(lent(phase, { aside: true }))[0];
    expect(first({ kind: "running" })).toBe("Stepping aside");
    expect(first({ kind: "another-tab", running: true, hold: null })).toBe("Stepping aside");
    expect(first({ kind: "on-hold", reason: "battery", until: null })).toBe("Paused, on battery");
    expect(dockLines(lent({ kind: "running" }))[0]).toBe("Lending half");
  });

  test("say that a job is finished before the donor's having none left", () => {
    const none: DonorPhase = { kind: "waiting", reason: "no-jobs", retryMs: 2_000 };
    expect(say(lent(none, { job: { ...shown, state: "done" } }))[0]).toBe("This picture is finished.");
    expect(say(lent(none))).toEqual([
      "No job needs you right now.",
      "Yours will start when one does. This page asks again every two seconds.",
    ]);
  });

  test.each(["all-assigned", "waits-for-others"] as const)("%s: call units the visitor's only when all that are left are", (reason) => {
    const phase: DonorPhase = { kind: "waiting", reason, retryMs: 2_000 };
    const told = (waiting: number) => say(lent(phase, { donor: donorState({ phase, own: { job: 1, waiting, final: 0 } }) }));
    expect(told(144)[0]).toBe("Every unit left needs somebody else.");
    expect(told(144)[1]).toMatch(/^You computed them;/);
    expect(told(6)[0]).toBe("Nothing is left for you now.");
    expect(told(6)[1]).toMatch(/^The rest is with others or needs a second volunteer\./);
  });

  test("say that the coordinator checks what is computed once, and that of a stranger's or a member's where it is not", () => {
    const sampled = { ...shown, verification: { ...shown.verification, tier: "sampled" as const, quorum: 1 } };
    const phase: DonorPhase = { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 };
    const told = (of: typeof shown, waiting: number) =>
      say(lent(phase, { job: of, donor: donorState({ phase, own: { job: 1, waiting, final: 0 } }) }));
    expect(told(sampled, 144)[0]).toBe("Every unit left waits for its check.");
    expect(told(sampled, 144)[1]).toMatch(/^You computed them; the coordinator checks them\./);
    expect(told(sampled, 6)[1]).toMatch(/^The rest is with others or waits for its check\./);
    expect(told({ ...shown, pool: { id: 1, name: "A class" } }, 144)[1]).toMatch(
      /^You computed them; another member must get the same bytes\./,
    );
    const stopped = (of: typeof shown) =>
      say(situation({ job: of, lending: { kind: "stopped" }, seen: null, donor: donorState({ own: { job: 1, waiting: 42, final: 0 } }) }));
    expect(stopped(sampled)[0]).toBe("Stopped. 42 units of yours wait for a check.");
    expect(stopped(sampled)[1]).toMatch(/They join the picture when the coordinator has checked them, also/);
  });

  test("say before consent that a processor computes where there is no graphics card, and call no stranger's machine one", () => {
    expect(say(situation())[1]).not.toMatch(/CPU/);
    expect(say(situation({ allowSoftware: true }))[1]).toMatch(/: with a GPU or, in some browsers, a CPU\.$/);
    const verified = lent({ kind: "running" }, { fresh: { unit: 305 }, allowSoftware: true });
    expect(say(verified)[1]).toMatch(/^A stranger's GPU or CPU got the same bytes/);
  });

  test("call a unit that somebody computed already not missing", () => {
    const voted = (count: number) => situation({ job: { ...shown, units: { ...shown.units, leased: 0, voted: count } } });
    expect(say(voted(144))[0]).toBe("144 units need a second volunteer.");
    expect(say(voted(143))[0]).toBe("144 units of this picture are missing.");
  });

  test("tell how many of those that are missing were computed once, where they are many", () => {
    const voted = (count: number) => situation({ job: { ...shown, units: { ...shown.units, leased: 0, voted: count } } });
    expect(say(voted(143))[1]).toBe("One square each; 143 of them wait for a second volunteer.");
    expect(say(voted(144))[1]).not.toMatch(/of them/);
    expect(say(voted(71))[1]).not.toMatch(/of them/);
  });

  test("say who shares what a newcomer may draw, and when there is more; members of a pool share nothing", () => {
    const waits = (changes: Partial<Situation>) => say(lent({ kind: "waiting", reason: "quota", retryMs: 2_000 }, changes));
    expect(waits({})).toEqual([
      "You have your share of units for now.",
      "New browsers at one address share it. More come as units are checked, and every ten minutes.",
    ]);
    expect(waits({ pool: "Physics 9b" })[1]).toMatch(/^More are yours as what you sent is checked\. This page asks again/);
  });

  test("call no time that is spent what is left, while there is no connection", () => {
    expect(
      dockLines(
        lent({ kind: "offline", running: true }, { donor: donorState({ phase: { kind: "offline", running: true }, gpuSeconds: 16 }) }),
      ),
    ).toEqual(["Offline, still running", ""]);
  });

  test("say how many made what is done, where that was counted", () => {
    const lead = (madeBy?: number) => say(situation({ job: { ...shown, state: "done", ...(madeBy === undefined ? {} : { madeBy }) } }))[1];
    expect([lead(), lead(1), lead(2), lead(31)]).toEqual([
      "Volunteers made it, 14 units by you.",
      "One volunteer made it, 14 units by you.",
      "Two volunteers made it, 14 units by you.",
      "31 volunteers made it, 14 units by you.",
    ]);
  });

  test("say in the dock of a refused unit that nothing runs where nothing does", () => {
    const phase: DonorPhase = { kind: "refused", job: 1, unit: 77 };
    const dock = (running: number) => dockLines(lent(phase, { donor: donorState({ phase, running }) }))[0];
    expect([dock(1), dock(0)]).toEqual(["Lending half", "Waiting for a unit"]);
  });

  test("say who got other bytes, and what can cause it", () => {
    const phase: DonorPhase = { kind: "refused", job: 1, unit: 77 };
    const lead = (of: Partial<typeof shown>, software = false) =>
      say(lent(phase, { job: { ...shown, ...of }, donor: donorState({ phase, software }) }))[1];
    expect(lead({})).toBe("Two strangers got other bytes on unit 77, so yours gives no credit. Old drivers can cause this.");
    expect(lead({}, true)).toMatch(/An old browser can cause this\.$/);
    expect(lead({ verification: { ...shown.verification, tier: "sampled", quorum: 1 } })).toMatch(/^The coordinator's own check got/);
    expect(lead({ pool: { id: 1, name: "A class" } })).toMatch(/^Two members got/);
  });

  test("say how many were refused where it was more than one, and name a unit by all its digits", () => {
    const phase: DonorPhase = { kind: "refused", job: 1, unit: 1_234_567 };
    const lead = (refused: number) => say(lent(phase, { donor: donorState({ phase, units: { submitted: 31, final: 14, refused } }) }))[1];
    expect(lead(11)).toBe(
      "Two strangers got other bytes on unit 1,234,567, so yours gives no credit. Of 31 units that you sent, 11 were refused. Old drivers can cause this.",
    );
    expect(lead(1)).not.toMatch(/31/);
  });

  test("say of the one job that a visitor came for that it has nothing to do", () => {
    const phase: DonorPhase = { kind: "waiting", reason: "waits-for-others", retryMs: 2_000 };
    const told = (waiting: number, chosenJob: number) =>
      say(lent(phase, { chosenJob, donor: donorState({ phase, own: { job: 1, waiting, final: 0 } }) }))[0];
    expect([told(144, 1), told(6, 1)]).toEqual([
      "Every unit left of this job needs somebody else.",
      "Nothing of this job is left for you now.",
    ]);
    expect([told(144, 0), told(6, 0)]).toEqual(["Every unit left needs somebody else.", "Nothing is left for you now."]);
  });

  test("call what restarted a driver where the processor computes", () => {
    const phase: DonorPhase = { kind: "device-lost", times: 3, final: true };
    const [headline, lead] = say(lent(phase, { donor: donorState({ phase, software: true }) }));
    expect(headline).toBe("Your browser's driver restarted.");
    expect(lead).toMatch(/^Nothing is running on your processor now\./);
    const none = say(lent({ kind: "no-adapter" }, { wasLost: true, donor: donorState({ phase: { kind: "no-adapter" }, software: true }) }));
    expect(none[0]).toBe("Your processor is held back.");
    expect(none[1]).toMatch(/^Your browser's driver restarted/);
  });

  test("keep to what the visitor gave when another job comes, and name that job", () => {
    const donor = donorState({ own: { job: 2, waiting: 3, final: 0 }, units: { submitted: 60, final: 52, refused: 0 } });
    const [headline, lead] = say(lent({ kind: "running" }, { job: primes(), seen: null, donor }));
    expect(headline).toBe("52 units are yours so far.");
    expect(lead).toMatch(/^Now: Primes below 10¹²\. Two are running/);
  });

  test("say to a lone volunteer that units wait for a stranger", () => {
    const donor = donorState({ own: { job: 1, waiting: 234, final: 0 }, units: { submitted: 234, final: 0, refused: 0 } });
    const [headline, lead] = say(lent({ kind: "running" }, { donor, seen: null }));
    expect(headline).toBe("234 units of yours wait for a stranger.");
    expect(lead).toMatch(/^They join the picture when a stranger gets the same bytes\. Two are running/);
  });

  test("say what waits on this device to be sent, before the click and after Stop", () => {
    expect(say(situation({ kept: 2 }))[1]).toMatch(/^2 units wait here; they are sent when you lend again\. Reading/);
    expect(say(situation({ kept: 1, lending: { kind: "stopped" } }))[1]).toMatch(/ 1 unit waits here; it is sent when you lend again\.$/);
    expect(say(situation())[1]).not.toMatch(/wait/);
  });

  test("name the network where somebody named it", () => {
    expect(nameOf({ ...network, name: "Tidal Network" })).toBe("Tidal Network");
    expect(nameOf(network)).toBe("");
    expect(nameOf(null)).toBe("");
  });

  test("count the visitor's units where the donor's other figures are counted, not where squares are drawn", () => {
    const seen = { job: 1, units: 380, final: 236, mine: { running: 0, waiting: 0, final: 9 }, share: 0 };
    expect(say(lent({ kind: "running" }, { seen }))[0]).toBe("14 units of this picture are yours.");
    expect(say(lent({ kind: "running" }, { seen, donor: donorState({ own: null }) }))[0]).toBe("9 units of this picture are yours.");
  });

  test("say that another tab waits for work when it does", () =>
    expect(say(lent({ kind: "another-tab", running: false, hold: null }))[0]).toBe("Waiting in another tab."));

  test("say once that it goes on when the connection is back", () =>
    expect(say(lent({ kind: "offline", running: false }))[1].match(/as soon as you are back/g)).toHaveLength(1));

  test("say who runs the network, or that nobody said so", () => {
    const unset = { operator: "not stated", purpose: "not stated", contact: "not stated" };
    expect(whoRuns({ ...network, ...unset })).toBe("Whoever runs this network has not said who they are.");
    expect(whoRuns({ ...network, operator: "Tidal Atlas", purpose: "Maps", contact: "a@b.example" })).toBe(
      "Run by Tidal Atlas. Maps. a@b.example",
    );
  });

  test("call a processor a processor, which a software adapter is", () => {
    const phases: DonorPhase[] = [{ kind: "running" }, { kind: "refused", job: 1, unit: 1 }, { kind: "offline", running: true }];
    phases.push({ kind: "on-hold", reason: "battery", until: null });
    for (const phase of phases) {
      const of = lent(phase, { donor: donorState({ phase, software: true, gflops: null, secondsPerUnit: null }) });
      const told = [...say(of), ...dockLines(of)].join(" ");
      expect(told).toMatch(/processor/);
      expect(told).not.toMatch(/graphics card|GPU|drivers/);
    }
  });

  test("ask nobody to watch a wave that stands still or is not there", () => {
    for (const touch of [false, true])
      expect(say(lent({ kind: "running" }), { touch, still: true, narrow: false })[1]).not.toMatch(/watch/);
  });

  test("count a unit that the donor knows to be final before the picture shows it", () => {
    const job = { ...shown, units: { ...shown.units, final: 0 } };
    const seen = { job: 1, units: 380, final: 0, mine: { running: 0, waiting: 0, final: 0 }, share: 0 };
    const of = lent({ kind: "running" }, { job, seen });
    expect([finalOf(of), leftOf(of)]).toEqual([14, 366]);
  });

  test("name an owner, and the operator where the token is the coordinator's first", () => {
    expect(whoOwns("Tidal Atlas", network)).toBe("Tidal Atlas");
    expect(whoOwns("admin", network)).toBe("the Idlewave demo");
    expect(whoOwns("admin", { ...network, operator: "not stated" })).toBe("whoever runs this network");
  });

  test.each([
    ["An open atlas of the Mandelbrot set", "an open atlas of the Mandelbrot set"],
    ["The On-Line Encyclopedia, A000170", "the On-Line Encyclopedia, A000170"],
    ["Andromeda, below 10^12", "Andromeda, below 10¹²"],
  ])("what a job is for goes on in a sentence: %s", (purpose, said) => {
    expect(purposeOf(job({ for: purpose }))).toBe(said);
  });

  test("are shorter on a phone while there is no connection: figures stand between them and the dock", () => {
    const told = (narrow: boolean) => say(lent({ kind: "offline", running: true }), { ...POINTER, narrow });
    expect(told(true)).toEqual(["No connection. 2 units are safe here.", "They are kept here and sent as soon as you are back."]);
    expect(told(false)[1]).toMatch(/^They are finished and kept on this device\./);
  });

  test("ask a phone to touch", () =>
    expect(say(lent({ kind: "running" }), { touch: true, still: false, narrow: true })[1]).toMatch(/Touch the page and/));

  test("never call out, and never use the words that promise or blame", () => {
    const phases: DonorPhase["kind"][] = [
      "running",
      "offline",
      "no-webgpu",
      "no-adapter",
      "software-adapter",
      "another-version",
      "refused",
      "another-tab",
    ];
    for (const kind of phases) {
      const phase = { kind, running: true, job: 1, unit: 1 } as DonorPhase;
      expect(say(lent(phase)).join(" ")).not.toMatch(/!|\b(piece|task|mine|earn|oops)\b/i);
    }
  });

  test("claim no measured figure that was not measured", () => {
    const unmeasured = lent({ kind: "running" });
    unmeasured.donor = donorState({ gflops: null, secondsPerUnit: null, gpuSeconds: 0, running: 0 });
    expect(dockLines(unmeasured)).toEqual(["Lending half", ""]);
    expect(say(unmeasured)[1]).not.toMatch(/running on/);
  });
});

describe("the dock", () => {
  test("is there from the click until Stop, and not where nothing can run", () => {
    expect(isLent(situation())).toBe(false);
    expect(isLent(situation({ lending: { kind: "asking" } }))).toBe(true);
    expect(isLent(lent({ kind: "waiting", reason: "all-assigned", retryMs: 0 }))).toBe(true);
    expect(isLent(lent({ kind: "software-adapter" }))).toBe(false);
    expect(isLent(lent({ kind: "job-done", job: 1, final: false }))).toBe(true);
    expect(isLent(lent({ kind: "job-done", job: 1, final: true }))).toBe(false);
    expect(isLent(situation({ lending: { kind: "stopped" }, donor: donorState() }))).toBe(false);
  });

  test("tells what another tab does, and that what waits starts by itself", () => {
    expect(dockLines(lent({ kind: "another-tab", running: true, hold: null }))).toEqual(["Lending half", "In another tab"]);
    expect(dockLines(lent({ kind: "running" }, { idle: true }))).toEqual(["Waiting for a unit", "Starts by itself"]);
    expect(dockLines(lent({ kind: "running" }, { donor: donorState({ gflops: 0.00088, secondsPerUnit: 2 }) }))).toEqual([
      "Lending half",
      "two seconds a unit",
    ]);
    expect(dockLines(lent({ kind: "another-tab", running: false, hold: null }))).toEqual(["Waiting", "Starts by itself"]);
    const done = lent({ kind: "job-done", job: 1, final: false });
    expect(dockLines(done)).toEqual(["Waiting for a job", "Starts by itself"]);
    // The wave moves, and no unit runs.
    const measuring = (phase: DonorPhase) => dockLines(lent(phase, { donor: donorState({ phase, measuring: true }) }));
    expect(measuring({ kind: "waiting", reason: "no-jobs", retryMs: 9 })).toEqual(["Measuring your GPU", "Once, to know its speed"]);
    expect(measuring({ kind: "running" })[0]).toBe("Lending half");
    // Who came for that one alone has the next one by a click.
    expect(dockLines({ ...done, chosenJob: 1, nextJob: primes() })).toEqual(["Nothing runs", "This job is done"]);
  });

  test("says nothing of a donor that was stopped", () => {
    expect(momentOf(situation({ lending: { kind: "stopped" }, donor: donorState() }))).toEqual({ kind: "stopped" });
  });
});
