/** What the frame shows: one scene at a time, its words and its buttons. Knows no element. */

import { fill } from "../../shared/fill.ts";
import type { WidgetState } from "../../shared/widget.ts";
import type { HoldReason } from "../donor/manners/policy.ts";
import type { DonorPhase, Dose } from "../donor/state.ts";
import type { Language } from "./language.ts";
import type { Words } from "./words/en.ts";
import { unitsIn } from "./words/units.ts";

export type Scene =
  | { kind: "ask"; hint: AskHint; presses: number }
  /** No press counts here: the question is put in a window of its own. */
  | { kind: "window"; hint: WindowHint }
  | { kind: "declined" }
  | { kind: "never" }
  | { kind: "no-job" }
  | { kind: "off" }
  | { kind: "starting" }
  | { kind: "running" }
  /** As running, in another tab of this site that works for this one too. */
  | { kind: "another-tab" }
  | { kind: "waiting" }
  | { kind: "offline" }
  | { kind: "paused"; why: "away" | "hidden" | "covered" }
  /** The donor waits for the device: a charger, less load. */
  | { kind: "held"; why: "battery" | "data" | "busy" | "other" }
  | { kind: "stopped" }
  | { kind: "unable" }
  /** A newer one is there: the frame loads itself anew. */
  | { kind: "outdated" }
  /** The kernel does not end; nothing but closing the browser frees the card. */
  | { kind: "endless" }
  | { kind: "failed"; why: string }
  /** What lends did not come, or its worker is gone. The yes holds, and nothing runs. */
  | { kind: "not-loaded" }
  | { kind: "broken-off" }
  /** Key, account and answers go, are gone, or could not go yet. */
  | { kind: "forgetting" }
  | { kind: "forgotten" }
  | { kind: "not-forgotten"; why: string };

/** As it is put first. */
export const QUESTION: Scene = { kind: "ask", hint: "none", presses: 0 };

/** What lies over a scene, which goes on beneath. */
export type Overlay = { kind: "why" } | { kind: "forget"; hint: AskHint | WindowHint; presses: number };

/** What became of the last press of a button whose press must be a person's own. `presses` in a row were refused. */
export type AskHint = "none" | "judging" | "too-quick" | "busy" | "other-job";
/** Why another press would count no more: something covers the box, nobody can tell whether, or the page is always busy. */
export type WindowHint = "covered" | "untold" | "too-busy";

export type Action =
  | ("lend" | "less" | "more" | "no" | "stop" | "retry" | "open-window")
  | ("ask-again" | "never" | "back" | "account" | "forget" | "forget-sure");

export interface Facts {
  site: string;
  job: string;
  dose: Dose;
  /** Doses one step away; null at the ends. */
  less: Dose | null;
  more: Dose | null;
  software: boolean;
  units: number;
  verified: number;
  /** Something may run: Stop is always in sight then. */
  lent: boolean;
}

export interface Telling {
  /** What became of the last press; empty: nothing is to be said. The question stays in sight beside it. */
  notice: string;
  title: string;
  text: string;
  badge: string;
  buttons: { action: Action; label: string; main?: boolean; off?: boolean }[];
}

/** What is said of a press, and of one more that came to the same: whoever presses again sees that it was noticed. */
const NOTICES = {
  judging: ["judging", "judging"],
  "too-quick": ["tooQuick", "tooQuickAgain"],
  busy: ["pageBusy", "pageBusyAgain"],
  "other-job": ["otherJob", "otherJob"],
  covered: ["covered", "covered"],
  untold: ["untold", "untold"],
  "too-busy": ["tooBusy", "tooBusy"],
} as const satisfies Record<Exclude<AskHint, "none"> | WindowHint, readonly [keyof Words, keyof Words]>;

const DOSE_WORDS = { 0.1: "dose10", 0.25: "dose25", 0.5: "dose50", 0.9: "dose90" } as const satisfies Record<Dose, keyof Words>;

/** Characters of a job's title that the question has room for. */
const TITLE = 32;

function shortened(title: string): string {
  const characters = [...title];
  return characters.length <= TITLE ? title : `${characters.slice(0, TITLE - 1).join("")}…`;
}

export function tell(scene: Scene | Overlay, facts: Facts, { words, code }: Language): Telling {
  const count = new Intl.NumberFormat(code);
  const values = {
    site: facts.site,
    job: shortened(facts.job),
    dose: words[DOSE_WORDS[facts.dose]],
    units: unitsIn(code, facts.units),
    verified: count.format(facts.verified),
    why: "why" in scene ? scene.why : "",
  };
  const say = (text: string) => fill(text, values);
  const stop = { action: "stop", label: words.stop, main: true } as const;
  const retry = { action: "retry", label: words.retry, main: true } as const;
  const askAgain = { action: "ask-again", label: words.askAgain } as const;
  const no = { action: "no", label: words.no } as const;
  const less = { action: "less", label: words.less, off: facts.less === null } as const;
  const more = { action: "more", label: words.more, off: facts.more === null } as const;
  const made = (title: string, text: string, badge: string, buttons: Telling["buttons"]): Telling => ({
    ...{ title: say(title), text: say(text), badge: say(badge).replace(/\.$/, ""), buttons },
    notice: "hint" in scene ? noticeOf(scene.hint, "presses" in scene ? scene.presses : 0) : "",
  });
  const noticeOf = (hint: AskHint | WindowHint, presses: number): string => {
    if (hint === "none") return "";
    const [first, later] = NOTICES[hint];
    return fill(presses > 1 ? words[later] : words[first], { ...values, presses: count.format(presses) });
  };
  const question = facts.software ? words.askSoftware : words.ask;
  const openWindow = { action: "open-window", label: words.openWindow, main: true } as const;
  switch (scene.kind) {
    case "ask": {
      const lend = { action: "lend", label: say(words.lend), main: true } as const;
      // At the least there is no less: then the way back stands in its place.
      const turn = facts.less === null ? more : less;
      return made(question, words.askMore, words.badgeOff, [lend, turn, no]);
    }
    case "window":
      return made(question, words.askMore, words.badgeOff, [openWindow, no]);
    case "why":
      return made(words.whyTitle, words.whyMore, words.badgeOff, [
        { action: "back", label: words.back, main: true },
        ...(facts.lent ? [stop] : []),
        { action: "never", label: words.never },
      ]);
    case "forget": {
      const sure = { action: "forget-sure", label: words.forgetSure, main: true } as const;
      return made(words.forgetTitle, words.forgetMore, words.badgeOff, [
        scene.hint === "untold" || scene.hint === "too-busy" ? openWindow : sure,
        ...(facts.lent ? [stop] : []),
        { action: "back", label: words.no },
      ]);
    }
    case "forgetting":
      return made(words.forgetting, words.neverMore, words.badgeOff, []);
    case "forgotten":
      return made(words.forgotten, words.forgottenMore, words.badgeOff, []);
    case "not-forgotten":
      return made(words.notForgotten, words.failedMore, words.badgeOff, [{ action: "forget-sure", label: words.retry, main: true }]);
    case "declined":
      return made(words.declined, words.declinedMore, words.badgeOff, [askAgain]);
    case "never":
      return made(words.neverTitle, words.neverMore, words.badgeOff, [askAgain]);
    case "no-job":
      return made(words.noJob, words.noJobMore, words.badgeOff, []);
    case "off":
      return made(words.off, words.offMore, words.badgeOff, []);
    case "starting":
      return made(words.starting, words.startingMore, words.running, [stop, less, more]);
    case "running":
      return made(words.running, words.runningMore, words.running, [stop, less, more]);
    case "another-tab":
      return made(words.running, words.anotherTab, words.running, [stop, less, more]);
    case "outdated":
    case "waiting":
      return made(words.waiting, words.waitingMore, words.running, [stop]);
    case "offline":
      return made(words.offline, words.offlineMore, words.offline, [stop]);
    case "paused": {
      const title = { away: words.away, hidden: words.hidden, covered: words.hiddenBox }[scene.why];
      return made(title, words.pausedMore, words.badgePaused, [stop]);
    }
    case "held": {
      const title = { battery: words.onBattery, data: words.savingData, busy: words.busy, other: words.held }[scene.why];
      return made(title, words.heldMore, words.badgePaused, [stop]);
    }
    case "stopped":
      return made(words.stopped, words.stoppedMore, words.badgeOff, [askAgain]);
    case "unable":
      return made(words.unable, words.unableMore, words.unable, []);
    case "endless":
      return made(words.endless, words.endlessMore, words.failed, []);
    case "failed":
      return made(words.failed, words.failedMore, words.failed, [retry, no]);
    case "not-loaded":
      return made(words.notLoaded, words.notLoadedMore, words.failed, [retry, no]);
    case "broken-off":
      return made(words.brokenOff, words.brokenOffMore, words.failed, [retry, no]);
  }
}

/** The scene of a donor that was not told to pause. */
export function sceneOf(phase: DonorPhase): Scene {
  switch (phase.kind) {
    // It is off until its start is heard.
    case "off":
    case "starting":
      return { kind: "starting" };
    case "running":
    case "refused":
      return { kind: "running" };
    case "offline":
      return { kind: "offline" };
    case "waiting":
      return { kind: "waiting" };
    case "on-hold":
      return { kind: "held", why: heldBy(phase.reason) };
    case "another-tab":
      if (phase.hold) return { kind: "held", why: heldBy(phase.hold.reason) };
      return { kind: phase.running ? "another-tab" : "waiting" };
    case "no-webgpu":
    case "no-adapter":
    case "software-adapter":
      return { kind: "unable" };
    case "device-lost":
      return phase.final ? { kind: "unable" } : { kind: "starting" };
    case "endless":
      return { kind: "endless" };
    case "failed":
      return { kind: "failed", why: phase.message };
    case "job-done":
      return { kind: "no-job" };
    case "another-version":
      return { kind: "outdated" };
    case "stopped":
    case "forgotten":
      return { kind: "stopped" };
    default:
      return phase satisfies never;
  }
}

function heldBy(reason: HoldReason): Extract<Scene, { kind: "held" }>["why"] {
  if (reason === "battery" || reason === "battery-low") return "battery";
  if (reason === "save-data") return "data";
  return reason === "heat" ? "busy" : "other";
}

/** Whether the visitor's yes holds in this scene: it may compute now, or will again by itself. */
export function isLending({ kind }: Scene): boolean {
  return (
    kind === "starting" ||
    kind === "running" ||
    kind === "another-tab" ||
    kind === "waiting" ||
    kind === "offline" ||
    kind === "paused" ||
    kind === "held" ||
    kind === "outdated"
  );
}

/** Whether it waits for the person, or for a job: what it shows is as old as its document. */
export function isWaiting(scene: Scene): boolean {
  return scene.kind === "ask" ? scene.hint === "none" : scene.kind === "no-job" || scene.kind === "declined";
}

/** What the host page is told. */
export function hostState(scene: Scene): WidgetState {
  switch (scene.kind) {
    case "starting":
    case "running":
    case "paused":
    case "offline":
    case "stopped":
    case "unable":
      return scene.kind;
    case "another-tab":
    case "waiting":
    case "outdated":
      return "running";
    case "held":
      return "paused";
    case "failed":
    case "not-loaded":
    case "broken-off":
    case "endless":
      return "unable";
    case "ask":
    case "window":
    case "declined":
    case "never":
    case "no-job":
    case "off":
    case "forgetting":
    case "forgotten":
    case "not-forgotten":
      return "off";
    default:
      return scene satisfies never;
  }
}
