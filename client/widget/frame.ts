/**
 * The widget's frame: asks, and lends after a yes. Stands alone in the document: until a yes it makes no request but one for
 * the picture. In a window of its own (`own`) it only asks, and tells the frame that opened it.
 * It is in one scene at a time (scene.ts):
 *
 *   ask         a click that came too soon, or while the page was busy ──▶ ask; one that something may lie over ──▶ covered;
 *               one of which nobody can tell ──▶ window (for both a window of its own asks again)
 *               yes ──▶ starting · no ──▶ declined · never ──▶ never
 *   lending     starting ──▶ running, another-tab, waiting, offline, held, outdated, as the donor's phases say (sceneOf)
 *               out of sight ──▶ paused ──in sight──▶ starting
 *               Stop ──▶ stopped · the yes has run out ──▶ ask · the site is none of this network's any more ──▶ off
 *               the donor has ended ──▶ no-job, unable, endless, failed, stopped · its worker has ──▶ not-loaded, broken-off
 *   the others  declined, never, stopped, failed ──asked for──▶ ask
 *               not-loaded, broken-off ──retry──▶ starting, if the yes holds, else ask · no ──▶ declined
 *               no-job, unable, off, endless: the end
 *   any of them ──forget me──▶ forgetting ──▶ forgotten, the end · it could not ──▶ not-forgotten ──retry──▶ forgetting
 *
 * "Why is this here?" and "Forget you here?" lie over any of them, which goes on beneath.
 */

import { messageOf } from "../../shared/thrown.ts";
import { FACTS_ID, type WidgetFacts, type WidgetSize } from "../../shared/widget.ts";
import type { DonorState, Dose } from "../donor/state.ts";
import { Asking } from "./asking.ts";
import { Away } from "./away.ts";
import { takeColours } from "./colours.ts";
import { Cover } from "./cover.ts";
import { doseBeside, FIRST_DOSE } from "./doses.ts";
import { Given } from "./given.ts";
import { Host } from "./host.ts";
import { languageFor } from "./language.ts";
import { Lender } from "./lender.ts";
import type { Breach } from "./lending.ts";
import { askedInOwnWindow, isOwnWindow } from "./own-window.ts";
import { loadAnew } from "./reload.ts";
import { Answers, storageHere } from "./remembered.ts";
import { type Action, hostState, isLending, type Scene, sceneOf } from "./scene.ts";
import { shownOf } from "./shown.ts";
import { Sight } from "./sight.ts";
import { SiteWatch } from "./site-watch.ts";
import { Strip } from "./strip.ts";
import { takeTheme } from "./theme.ts";
import { View } from "./view.ts";

class Frame {
  private readonly facts = JSON.parse(document.getElementById(FACTS_ID)?.textContent ?? "null") as WidgetFacts;
  private readonly query = new URLSearchParams(location.search);
  private readonly own = isOwnWindow();
  private readonly answers = new Answers(this.facts.site.origin, this.own ? null : storageHere());
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
    go: (scene) => this.go(scene),
    cover: (over) => this.cover.lay(over),
    onYes: (dose) => this.agree(dose),
    onForget: () => void this.forget(),
  });
  private readonly away = new Away({
    sight: this.seen,
    scene: () => this.scene,
    start: () => this.start(this.dose),
    pause: (why) => this.pause(why),
  });
  private readonly siteWatch = new SiteWatch(this.facts.site.origin, () => {
    this.answers.forget();
    this.end({ kind: "off" });
  });
  private scene: Scene = { kind: "ask", hint: "none" };
  private readonly cover = new Cover(this.own && askedInOwnWindow() === "forget" ? { kind: "forget", hint: "none" } : null, () =>
    this.go(this.scene),
  );
  private dose: Dose = FIRST_DOSE;
  private size: WidgetSize = this.query.get("size") === "badge" && !this.own ? "badge" : "card";
  private readonly lender = new Lender(() => ({
    job: this.facts.job?.id ?? 0,
    site: this.facts.site.origin,
    dose: this.dose,
    wave: this.view.wave,
    palette: this.view.palette(),
    onState: (state) => this.take(state),
    onBroken: (breach) => this.breakOff(breach),
  }));
  private readonly given = new Given();

  constructor() {
    takeTheme(this.query.get("theme"));
    document.documentElement.lang = this.language.code;
    document.documentElement.dir = this.language.direction;
    document.body.classList.toggle("own", this.own);
    this.strip.draw();
    if (this.facts.job) void this.strip.load(this.facts.job.id);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("message", (event: MessageEvent<unknown>) => this.hear(event));
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.cover.back()) this.view.focusWhy();
    });
    const answer = this.answers.at(Date.now());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    if (!this.facts.job) this.go({ kind: "no-job" });
    else if (!("gpu" in navigator) || !isSecureContext) this.go({ kind: "unable" });
    else if (answer.kind === "never") this.go({ kind: "never" });
    else if (answer.kind === "no") this.go({ kind: "declined" });
    else this.resume(answer);
  }

  private act(action: Action, event: MouseEvent): void {
    switch (action) {
      case "lend":
        void this.asking.consider(event);
        return;
      case "less":
      case "more":
        this.turn(action === "less" ? -1 : 1);
        return;
      case "no":
        if (this.own) globalThis.close();
        else this.decline();
        return;
      case "stop":
        this.answers.forget();
        this.end({ kind: "stopped" });
        return;
      // Whoever starts again is asked again: a click on this button alone is no yes.
      case "again":
      case "ask-again":
        this.answers.forget();
        this.go({ kind: "ask", hint: "none" });
        return;
      case "retry":
        this.resume();
        return;
      case "open-window":
        this.asking.openWindow();
        return;
      case "never":
        this.cover.lift();
        this.answers.keepNever();
        this.end({ kind: "never" });
        return;
      case "back":
        this.cover.back();
        return;
      case "forget":
        this.cover.lay({ kind: "forget", hint: "none" });
        return;
      case "forget-sure":
        void this.asking.considerForgetting(event);
        return;
      default:
        action satisfies never;
    }
  }

  private agree(dose: Dose): void {
    this.answers.agree(dose, Date.now());
    this.start(dose);
  }

  /** Goes on under a yes that holds still, else asks. */
  private resume(answer = this.answers.at(Date.now())): void {
    if (answer.kind === "yes") this.start(answer.dose);
    else this.go({ kind: "ask", hint: "none" });
  }

  private askAnew(): void {
    this.answers.forget();
    this.end({ kind: "ask", hint: "none" });
  }

  private decline(): void {
    this.answers.keepNo(Date.now());
    this.go({ kind: "declined" });
  }

  /** The key of this frame, which no other page reaches, with all that is kept beside it; the account on the coordinator goes first. */
  private async forget(): Promise<void> {
    this.cover.lift();
    this.end({ kind: "forgetting" });
    try {
      const lending = await this.lender.load();
      await lending.forget();
      this.answers.forgetAll();
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
    if (event.source === parent && event.origin === this.facts.site.origin) takeColours(event.data);
  }

  private start(dose: Dose): void {
    if (this.answers.isOver(Date.now())) {
      this.askAnew();
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
    await lending.go();
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
    this.strip.take(state.verified.filter(({ job }) => job === this.facts.job?.id).map(({ unit }) => unit));
    if (isLending(this.scene) && this.answers.isOver(Date.now())) {
      this.askAnew();
      return;
    }
    const isRunning = isLending(this.scene) && this.scene.kind !== "paused";
    const scene = isRunning ? sceneOf(state.phase) : this.scene;
    // Another frame of this site, or the browser, ended it.
    if (isRunning && !isLending(scene)) this.end(scene);
    else this.go(scene);
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
      this.answers.turn(dose);
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
    const shown = shownOf({ scene, over: cover.over, dose, given, own }, this.facts, this.language);
    this.view.show(shown, this.size === "badge", this.query.get("size") === "badge");
    document.body.dataset.scene = scene.kind;
    this.host.tell(hostState(scene), this.given.units, this.given.verified);
  }
}

new Frame();
