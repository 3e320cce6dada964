/**
 * The widget's frame: asks, and lends after a yes. Stands alone in the document: until a yes it makes no request but one for
 * the picture. In a window of its own (`own`) it only asks, and tells the frame that opened it.
 * It is in one scene at a time (scene.ts):
 *
 *   ask         a click that came too soon, or while the page was busy ──▶ ask; one that something may lie over, of which nobody
 *               can tell, or that found the page busy once too often ──▶ window, in which the same is asked
 *               yes ──▶ starting, or ask, if its job has ended meanwhile and another one runs, else no-job · no ──▶ declined · never ──▶ never
 *   lending     starting ──▶ running, another-tab, waiting, offline, held, outdated, as the donor's phases say (sceneOf)
 *               out of sight ──▶ paused ──in sight──▶ starting
 *               Stop ──▶ stopped · the yes has run out ──▶ ask · the site is none of this network's any more ──▶ off
 *               the donor has ended ──▶ no-job, unable, endless, failed, stopped · its worker has ──▶ not-loaded, broken-off
 *   the others  declined, never, stopped ──asked for──▶ ask
 *               not-loaded, broken-off, failed ──retry──▶ starting, if the yes holds, else ask · no ──▶ declined
 *               no-job ──another one runs──▶ ask · unable, off, endless: the end
 *   any of them ──forget me──▶ forgetting ──▶ forgotten, the end · it could not ──▶ not-forgotten ──retry──▶ forgetting
 *
 * "Why is this here?" and "Forget you here?" lie over any of them, which goes on beneath.
 */

import { messageOf } from "../../shared/thrown.ts";
import { FACTS_ID, type WidgetFacts, type WidgetSize } from "../../shared/widget.ts";
import type { DonorState, Dose } from "../donor/state.ts";
import { AccountWindow } from "./account-window.ts";
import { Agreement } from "./agreement.ts";
import { Asking } from "./asking.ts";
import { Away } from "./away.ts";
import { takeColours } from "./colours.ts";
import { SEEN_MS } from "./consent.ts";
import { Consenting } from "./consenting.ts";
import { Cover } from "./cover.ts";
import { doseBeside, FIRST_DOSE } from "./doses.ts";
import { Given } from "./given.ts";
import { Host } from "./host.ts";
import { languageFor } from "./language.ts";
import { Lender } from "./lender.ts";
import type { Breach } from "./lending.ts";
import { askedInOwnWindow, isOwnWindow } from "./own-window.ts";
import { loadAnew } from "./reload.ts";
import { storageHere } from "./remembered.ts";
import { type Action, hostState, isLending, isWaiting, type Overlay, QUESTION, type Scene, sceneOf } from "./scene.ts";
import { shownOf } from "./shown.ts";
import { Sight } from "./sight.ts";
import { SiteWatch } from "./site-watch.ts";
import { loadAnewWhenBack } from "./stale.ts";
import { Strip } from "./strip.ts";
import { takeTheme } from "./theme.ts";
import { View } from "./view.ts";

const FORGETTING: Overlay = { kind: "forget", hint: "none", presses: 0 };

class Frame {
  private readonly facts = JSON.parse(document.getElementById(FACTS_ID)?.textContent ?? "null") as WidgetFacts;
  private readonly query = new URLSearchParams(location.search);
  private readonly own = isOwnWindow();
  private readonly agreement = new Agreement(this.facts, this.own ? null : storageHere());
  private readonly host = new Host(this.facts.site.origin, !this.own && parent !== window);
  private readonly language = languageFor([this.query.get("lang") ?? "", ...navigator.languages]);
  private readonly view = new View({
    act: (action, event) => this.act(action, event),
    why: () => this.cover.lay({ kind: "why" }),
    open: () => this.resize("card"),
    close: () => this.resize("badge"),
  });
  private readonly strip = new Strip(this.view.canvas);
  private readonly seen = new Sight(this.view.box, () => this.look());
  private readonly asking = new Asking({
    ...{ lend: this.view.lend, forgetSure: this.view.forgetSure, sight: this.seen, origin: this.facts.site.origin, own: this.own },
    post: (message) => this.host.post(message),
    shown: () => this.cover.over ?? this.scene,
    dose: () => this.dose,
    job: () => this.agreement.job?.id ?? 0,
    go: (scene) => this.go(scene),
    cover: (over) => this.cover.lay(over),
    onYes: (dose, job) => void this.consenting.agree(dose, job),
    onForget: () => void this.forget(),
  });
  private readonly consenting = new Consenting({
    agreement: this.agreement,
    scene: () => this.scene,
    go: (scene) => this.go(scene),
    end: (scene) => this.end(scene),
    start: (dose) => this.start(dose),
    show: ({ id }) => void this.strip.load(id),
  });
  private readonly away = new Away({
    sight: this.seen,
    scene: () => this.scene,
    start: () => this.start(this.dose),
    pause: (why) => this.pause(why),
  });
  private readonly siteWatch = new SiteWatch({
    site: this.facts.site.origin,
    job: () => this.agreement.job?.id ?? 0,
    onOff: () => this.consenting.askFor({ on: false, job: null }),
    // It may be paused for a moment only: what was begun of it goes on.
    onOther: (now) => this.scene.kind === "waiting" && this.consenting.askFor(now),
  });
  private scene: Scene = QUESTION;
  private readonly cover = new Cover(this.own && askedInOwnWindow() === "forget" ? FORGETTING : null, () => this.go(this.scene));
  private dose: Dose = FIRST_DOSE;
  private size: WidgetSize = this.query.get("size") === "badge" && !this.own ? "badge" : "card";
  private readonly lender = new Lender(() => ({
    site: this.facts.site.origin,
    dose: this.dose,
    wave: this.view.wave,
    palette: this.view.palette(),
    onState: (state) => this.take(state),
    onFact: (fact) => this.strip.takeFact(fact),
    onBroken: (breach) => this.breakOff(breach),
  }));
  private readonly given = new Given();
  private readonly accountWindow = new AccountWindow(this.facts.site.origin, () => this.lender.lending);

  constructor() {
    takeTheme(this.query.get("theme"));
    document.documentElement.lang = this.language.code;
    document.documentElement.dir = this.language.direction;
    document.body.classList.toggle("own", this.own);
    this.strip.draw();
    if (this.agreement.job) void this.strip.load(this.agreement.job.id);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("message", (event: MessageEvent<unknown>) => this.hear(event));
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.cover.back()) this.view.focusWhy();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    if (!this.own) loadAnewWhenBack(() => isWaiting(this.scene) && this.cover.over === null);
    this.consenting.open();
  }

  private act(action: Action, event: MouseEvent): void {
    switch (action) {
      case "lend":
        void this.asking.consider(event);
        return;
      case "less":
        this.turn(-1);
        return;
      case "more":
        // More than was said yes to is a word of somebody's who sees the box.
        if (!isLending(this.scene) || (event.isTrusted && this.seen.hasBeenClear(SEEN_MS))) this.turn(1);
        return;
      case "no":
        if (this.own) globalThis.close();
        else {
          this.agreement.decline();
          this.go({ kind: "declined" });
        }
        return;
      case "stop":
        // It stands where the yes did: the second half of a double click is none.
        if (this.agreement.isFresh) return;
        this.agreement.takeBack();
        this.end({ kind: "stopped" });
        return;
      case "ask-again":
        this.agreement.takeBack();
        this.go(QUESTION);
        return;
      case "retry":
        this.consenting.resume();
        return;
      case "open-window":
        this.asking.openWindow();
        return;
      case "never":
        this.cover.lift();
        this.agreement.refuseForEver();
        this.end({ kind: "never" });
        return;
      case "back":
        this.cover.back();
        return;
      case "forget":
        this.cover.lay(FORGETTING);
        return;
      case "account":
        this.accountWindow.open();
        return;
      case "forget-sure":
        void this.asking.considerForgetting(event);
        return;
      default:
        action satisfies never;
    }
  }

  /** The key of this frame, which no other page reaches, with all that is kept beside it; the account on the coordinator goes first. */
  private async forget(): Promise<void> {
    this.cover.lift();
    this.end({ kind: "forgetting" });
    try {
      const lending = await this.lender.load();
      await lending.forget();
      this.agreement.forgetAll();
      this.go({ kind: "forgotten" });
    } catch (fault) {
      this.go({ kind: "not-forgotten", why: messageOf(fault) });
    }
  }

  private redraw(): void {
    this.strip.draw();
    this.lender.lending?.dress(this.view.palette());
  }

  private hear(event: MessageEvent<unknown>): void {
    this.asking.hear(event);
    this.accountWindow.hear(event);
    if (event.source === parent && event.origin === this.facts.site.origin) takeColours(event.data);
  }

  private start(dose: Dose): void {
    if (this.agreement.isOver) {
      this.consenting.askAnew();
      return;
    }
    this.dose = dose;
    this.siteWatch.begin();
    const when = this.away.atStart();
    this.go(when === "now" || when === "later" ? { kind: "starting" } : { kind: "paused", why: when });
    if (when === "now") void this.begin();
  }

  private async begin(): Promise<void> {
    const lending = await this.lender.load().catch(() => null);
    // It may have been stopped, or have gone out of sight, while the module came.
    if (this.scene.kind !== "starting") return;
    if (!lending) return this.breakOff("not-loaded");
    lending.setDose(this.dose);
    await lending.go(this.agreement.job?.id ?? 0, this.agreement.agreedAt);
  }

  private breakOff(breach: Breach): void {
    if (isLending(this.scene)) this.end({ kind: breach });
    if (this.scene.kind === "forgetting") this.go({ kind: "not-forgotten", why: this.language.words.brokenOff });
  }

  private end(scene: Scene): void {
    this.siteWatch.end();
    this.go(scene);
    void this.lender.lending?.stop();
  }

  private take(state: DonorState): void {
    this.given.take(state);
    if (state.job && state.phase.kind === "running") this.strip.follow(state.job.id);
    this.strip.take(state.verified);
    if (isLending(this.scene) && this.agreement.isOver) {
      this.consenting.askAnew();
      return;
    }
    const isRunning = isLending(this.scene) && this.scene.kind !== "paused";
    const scene = isRunning ? sceneOf(state.phase) : this.scene;
    // Another frame that shares the key, or the browser, ended it.
    if (isRunning && !isLending(scene)) {
      // Stop takes the yes back, wherever it was pressed.
      if (scene.kind === "stopped") this.agreement.takeBack();
      this.end(scene);
      if (scene.kind === "no-job") void this.consenting.askNext();
    } else this.go(scene);
    if (scene.kind === "outdated") loadAnew();
  }

  /** Something came into sight or went out of it. */
  private look(): void {
    this.asking.look();
    this.away.look();
  }

  private pause(why: Extract<Scene, { kind: "paused" }>["why"]): void {
    const { kind } = this.scene;
    this.go({ kind: "paused", why });
    if (kind !== "paused") void this.lender.lending?.pause();
  }

  private turn(step: -1 | 1): void {
    const dose = doseBeside(this.dose, step);
    if (dose === null) return;
    this.dose = dose;
    if (isLending(this.scene)) {
      this.agreement.turn(dose);
      this.lender.lending?.setDose(dose);
    }
    this.go(this.scene);
  }

  private resize(size: WidgetSize): void {
    this.size = size;
    this.host.post({ idlewave: "size", size });
    this.go(this.scene);
  }

  private go(scene: Scene): void {
    this.scene = scene;
    const { dose, given, own, cover } = this;
    const shown = shownOf({ scene, over: cover.over, dose, given, own }, { ...this.facts, job: this.agreement.job }, this.language);
    this.view.show(shown, this.size === "badge", this.query.get("size") === "badge");
    document.body.dataset.scene = scene.kind;
    this.host.tell(hostState(scene), this.given.units, this.given.verified);
  }
}

new Frame();
