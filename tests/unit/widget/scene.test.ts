import { describe, expect, it } from "vitest";
import { languageFor } from "../../../client/widget/language.ts";
import { ANSWER_MS, Answers } from "../../../client/widget/remembered.ts";
import { hostState, isLending, type Overlay, type Scene, sceneOf, tell } from "../../../client/widget/scene.ts";
import { ar } from "../../../client/widget/words/ar.ts";
import { de } from "../../../client/widget/words/de.ts";
import { en } from "../../../client/widget/words/en.ts";
import { es } from "../../../client/widget/words/es.ts";
import { fr } from "../../../client/widget/words/fr.ts";
import { pt } from "../../../client/widget/words/pt.ts";
import { unitsIn } from "../../../client/widget/words/units.ts";

const FACTS = {
  site: "Tidal Atlas",
  job: "Deep Mandelbrot",
  dose: 0.25,
  less: 0.1,
  more: 0.5,
  software: false,
  units: 6,
  verified: 5,
  lent: false,
} as const;
const HINTS = ["none", "judging", "too-quick", "busy", "other-job"] as const;
const WINDOW_HINTS = ["covered", "untold", "too-busy"] as const;
const OVERLAYS: Overlay[] = [
  { kind: "why" },
  ...[...HINTS, ...WINDOW_HINTS].map((hint) => ({ kind: "forget" as const, hint, presses: 2 })),
];
const SCENES: Scene[] = [
  ...HINTS.flatMap((hint) => [1, 2].map((presses) => ({ kind: "ask" as const, hint, presses }))),
  ...WINDOW_HINTS.map((hint) => ({ kind: "window" as const, hint })),
  { kind: "declined" },
  { kind: "never" },
  { kind: "outdated" },
  { kind: "endless" },
  { kind: "no-job" },
  { kind: "off" },
  { kind: "starting" },
  { kind: "running" },
  { kind: "another-tab" },
  { kind: "waiting" },
  { kind: "offline" },
  { kind: "paused", why: "away" },
  { kind: "paused", why: "hidden" },
  { kind: "paused", why: "covered" },
  { kind: "held", why: "battery" },
  { kind: "held", why: "other" },
  { kind: "stopped" },
  { kind: "unable" },
  { kind: "failed", why: "it broke" },
  { kind: "not-loaded" },
  { kind: "broken-off" },
  { kind: "forgetting" },
  { kind: "forgotten" },
  { kind: "not-forgotten", why: "it broke" },
];

describe("the widget's words", () => {
  const placesOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

  it.each(Object.entries({ de, fr, es, pt, ar }))("say in %s all that English says, of the same things", (_code, words) => {
    for (const [key, text] of Object.entries(en) as [keyof typeof en, string][]) {
      expect(words[key], key).not.toBe("");
      const places = placesOf(words[key]);
      // A button may leave out how much: the question above it says it.
      if (key === "lend") expect(["", "{dose}"]).toContain(places.join());
      else expect(places, key).toEqual(placesOf(text));
    }
  });

  it("are of the reader's language, English where there is none of theirs", () => {
    expect(languageFor(["de-AT", "en"]).code).toBe("de");
    expect(languageFor(["xx", "pt-BR"]).code).toBe("pt");
    expect(languageFor(["ar-EG"]).direction).toBe("rtl");
    expect(languageFor(["xx", "constructor"]).code).toBe("en");
  });

  it("count units by the forms that each language has, and no form of it is missing", () => {
    const all = (code: string, counts: number[]) => counts.map((count) => unitsIn(code, count));
    expect(all("en", [0, 1, 6])).toEqual(["0 units", "1 unit", "6 units"]);
    expect(all("de", [1, 6])).toEqual(["1 Einheit", "6 Einheiten"]);
    expect(all("fr", [0, 1, 2, 1e6]).map((text) => text.replace(/\s/g, " "))).toEqual([
      "0 unité",
      "1 unité",
      "2 unités",
      "1 000 000 d’unités",
    ]);
    expect(all("pt", [0, 1, 2])).toEqual(["0 unidades", "1 unidade", "2 unidades"]);
    expect(all("ar", [0, 1, 2])).toEqual(["لا وحدات", "وحدة واحدة", "وحدتان"]);
    const noun = (count: number) => unitsIn("ar", count).replace(/^\S+ /, "");
    expect([noun(3), noun(10), noun(11), noun(100), noun(103)]).toEqual(["وحدات", "وحدات", "وحدة", "وحدة", "وحدات"]);
    const stopped = tell({ kind: "stopped" }, { ...FACTS, units: 1 }, languageFor(["en"]));
    expect(stopped.title).toBe("Stopped. You gave 1 unit.");
  });

  it("leave no place unfilled in any scene and language", () => {
    for (const code of ["en", "de", "fr", "es", "pt", "ar"]) {
      for (const scene of [...SCENES, ...OVERLAYS]) {
        const { notice, title, text, badge, buttons } = tell(scene, FACTS, languageFor([code]));
        for (const said of [notice, title, text, badge, ...buttons.map(({ label }) => label)]) expect(said).not.toMatch(/[{}]/);
      }
    }
  });
});

describe("the widget's scenes", () => {
  it("keep the question and its terms in sight whatever became of a press, and show that each press was noticed", () => {
    for (const code of ["en", "de", "fr", "es", "pt", "ar"]) {
      const said = (scene: Scene) => tell(scene, FACTS, languageFor([code]));
      const asked = said({ kind: "ask", hint: "none", presses: 0 });
      expect([asked.notice, asked.text.includes(FACTS.job)]).toEqual(["", true]);
      const refused: Scene[] = [
        ...([1, 2, 3] as const).map((presses) => ({ kind: "ask" as const, hint: "too-quick" as const, presses })),
        ...([1, 2] as const).map((presses) => ({ kind: "ask" as const, hint: "busy" as const, presses })),
        ...WINDOW_HINTS.map((hint) => ({ kind: "window" as const, hint })),
      ];
      for (const scene of refused) expect([said(scene).title, said(scene).text]).toEqual([asked.title, asked.text]);
      expect(new Set(["", ...refused.map((scene) => said(scene).notice)]).size).toBe(refused.length + 1);
    }
  });

  it("forget nobody with one click", () => {
    const actionsOf = (over: Overlay) => tell(over, FACTS, languageFor(["en"])).buttons.map(({ action }) => action);
    expect(actionsOf({ kind: "why" })).not.toContain("forget-sure");
    for (const hint of [...HINTS, "covered"] as const)
      expect(actionsOf({ kind: "forget", hint, presses: 1 })).toEqual(["forget-sure", "back"]);
    for (const hint of ["untold", "too-busy"] as const)
      expect(actionsOf({ kind: "forget", hint, presses: 1 })).toEqual(["open-window", "back"]);
    const failed = tell({ kind: "not-forgotten", why: "The coordinator does not answer." }, FACTS, languageFor(["en"]));
    expect([failed.text, failed.buttons[0]?.action]).toEqual(["Nothing runs here: The coordinator does not answer.", "forget-sure"]);
  });

  it("have Stop wherever something may run, and a yes only where it is asked for", () => {
    for (const scene of SCENES) {
      const actions = tell(scene, FACTS, languageFor(["en"])).buttons.map(({ action }) => action);
      expect(actions.includes("stop"), scene.kind).toBe(isLending(scene));
      expect(actions.includes("lend"), scene.kind).toBe(scene.kind === "ask");
      for (const each of OVERLAYS) {
        const over = tell(each, { ...FACTS, lent: isLending(scene) }, languageFor(["en"])).buttons;
        expect(over.some(({ action }) => action === "stop")).toBe(isLending(scene));
      }
      if (!isLending(scene)) expect(["off", "stopped", "unable"]).toContain(hostState(scene));
    }
  });

  it("follow the donor", () => {
    expect(sceneOf({ kind: "on-hold", reason: "battery-low", until: null })).toEqual({ kind: "held", why: "battery" });
    expect(sceneOf({ kind: "running" })).toEqual({ kind: "running" });
    expect(sceneOf({ kind: "another-tab", running: true, hold: null })).toEqual({ kind: "another-tab" });
    expect(sceneOf({ kind: "another-tab", running: false, hold: null })).toEqual({ kind: "waiting" });
    const hold = { reason: "battery", until: null } as const;
    expect(sceneOf({ kind: "another-tab", running: false, hold })).toEqual({ kind: "held", why: "battery" });
    expect(sceneOf({ kind: "another-version" })).toEqual({ kind: "outdated" });
    expect(sceneOf({ kind: "job-done", job: 1, final: true })).toEqual({ kind: "no-job" });
    expect(sceneOf({ kind: "no-adapter" })).toEqual({ kind: "unable" });
    expect(sceneOf({ kind: "stopped" })).toEqual({ kind: "stopped" });
    expect(sceneOf({ kind: "failed", message: "it broke" })).toEqual({ kind: "failed", why: "it broke" });
    expect(sceneOf({ kind: "device-lost", times: 3, final: true })).toEqual({ kind: "unable" });
  });
});

describe("an answer", () => {
  const storage = () => {
    const kept = new Map<string, string>();
    const { get, set, delete: drop } = { get: kept.get.bind(kept), set: kept.set.bind(kept), delete: kept.delete.bind(kept) };
    return {
      getItem: (key: string) => get(key) ?? null,
      setItem: (key: string, text: string) => void set(key, text),
      removeItem: (key: string) => void drop(key),
      clear: () => kept.clear(),
    } as unknown as Storage;
  };

  const SITE = "https://blog.example";
  const JOB = 7;

  it("of yes ends after a day, turned or not, and is none from the future", () => {
    const kept = storage();
    const answers = new Answers(SITE, kept);
    answers.agree(0.25, JOB, 1_000);
    answers.turn(0.1);
    expect(answers.isOver(1_000 + ANSWER_MS - 1)).toBe(false);
    expect(answers.isOver(1_000 + ANSWER_MS)).toBe(true);
    const later = new Answers(SITE, kept);
    expect(later.at(1_000 + ANSWER_MS - 1, JOB)).toEqual({ kind: "yes", dose: 0.1 });
    expect(later.isOver(1_000 + ANSWER_MS)).toBe(true);
    expect(later.at(1_000 + ANSWER_MS, JOB)).toEqual({ kind: "none" });
    expect(later.at(999, JOB)).toEqual({ kind: "none" });
    expect(new Answers(SITE, kept).at(1_001, JOB + 1), "to another job").toEqual({ kind: "none" });
    later.forget();
    expect(new Answers(SITE, kept).at(1_000, JOB)).toEqual({ kind: "none" });
  });

  it("is one site's alone, though the browser keeps both in one place", () => {
    const kept = storage();
    new Answers(SITE, kept).agree(0.25, JOB, 1_000);
    expect(new Answers("https://shop.blog.example", kept).at(1_001, JOB)).toEqual({ kind: "none" });
    new Answers("https://blog.example:8443", kept).keepNever();
    expect(new Answers(SITE, kept).at(1_001, JOB)).toEqual({ kind: "yes", dose: 0.25 });
  });

  it("goes with those to all other sites that are kept beside it when the visitor is forgotten", () => {
    const kept = storage();
    new Answers("https://shop.blog.example", kept).keepNever();
    const answers = new Answers(SITE, kept);
    answers.agree(0.25, JOB, 1_000);
    answers.forgetAll();
    expect(answers.isOver(1_001)).toBe(true);
    expect(new Answers("https://shop.blog.example", kept).at(1_001, JOB)).toEqual({ kind: "none" });
    expect(new Answers(SITE, kept).at(1_001, JOB)).toEqual({ kind: "none" });
  });

  it("of no holds for a day, of never until it is taken back", () => {
    const answers = new Answers(SITE, storage());
    answers.keepNo(1_000);
    expect(answers.at(999 + ANSWER_MS, JOB)).toEqual({ kind: "no" });
    expect(answers.at(1_000 + ANSWER_MS, JOB)).toEqual({ kind: "none" });
    answers.keepNever();
    expect(answers.at(10 * ANSWER_MS, JOB)).toEqual({ kind: "never" });
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    '{"answer":"yes","at":"now","dose":0.25}',
    '{"answer":"yes","at":1,"dose":7}',
    '{"answer":"yes","at":1}',
    '{"answer":"yes","at":1,"dose":0.25}',
  ])("that is damaged is none: %s", (text) => {
    const kept = storage();
    kept.setItem(`idlewave-widget ${SITE}`, text);
    expect(new Answers(SITE, kept).at(2, JOB)).toEqual({ kind: "none" });
  });

  it("of yes holds until the page is left where the browser keeps nothing for frames, and is not known to whoever asks again", () => {
    const answers = new Answers(SITE, null);
    answers.agree(0.25, JOB, 1);
    expect(answers.isOver(2)).toBe(false);
    expect(answers.at(2, JOB)).toEqual({ kind: "none" });
  });
});
