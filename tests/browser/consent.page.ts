/** Runs in Chromium: a button in a frame of this page, watched as the widget watches its own, by a clock that the test turns. */
import { ConsentButton, type Verdict } from "../../client/widget/consent.ts";
import { Sight } from "../../client/widget/sight.ts";

let clock = 10_000;
performance.now = () => clock;

const frame = document.body.appendChild(document.createElement("iframe"));
frame.style.cssText = "position: absolute; left: 50px; top: 50px; width: 300px; height: 200px; border: 0";
const inner = frame.contentDocument as Document;
let verdicts: (Verdict | "fault")[] = [];

/** A button that was clear to see all the time, in a page whose thread `confirm` looks into. */
function watch(own: boolean, confirm: () => Promise<"free">): void {
  const button = inner.createElement("button");
  button.style.cssText = "position: absolute; left: 20px; top: 20px; width: 200px; height: 100px";
  inner.body.replaceChildren(button);
  const consent = new ConsentButton(button, { tells: true, clearSince: 0 }, { heard: true, confirm }, own);
  verdicts = [];
  button.addEventListener("click", (click) => {
    consent
      .verdictOf(click, () => undefined)
      .then(
        (verdict) => verdicts.push(verdict),
        () => verdicts.push("fault"),
      );
  });
}

const api = {
  /** In a window of the coordinator's own. */
  watchOwn: () => watch(true, () => Promise.resolve("free")),
  /** The first look into the page's thread fails. */
  watchFaulty() {
    let looks = 0;
    watch(false, () => (looks++ === 0 ? Promise.reject(new Error("the page is gone")) : Promise.resolve("free")));
  },
  pass(millis: number) {
    clock += millis;
  },
  moveFrame(pixels: number) {
    frame.style.left = `${frame.offsetLeft + pixels}px`;
  },
  verdicts: () => verdicts,
  /** Looks of which the first cannot begin: how each ends, and whether one is under way afterwards. */
  async lookTwice() {
    const sight = new Sight(frame, () => undefined);
    const { observe } = IntersectionObserver.prototype;
    IntersectionObserver.prototype.observe = () => {
      IntersectionObserver.prototype.observe = observe;
      throw new Error("no observer");
    };
    const ends = await Promise.allSettled([sight.lookAnew(), sight.lookAnew()]);
    return { ends: ends.map(({ status }) => status), isLooking: sight.isLooking };
  },
};

Object.assign(globalThis, { api, ready: true });
