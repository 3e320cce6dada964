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
import { takeColours } from "./colours.ts";
import { doseBeside, FIRST_DOSE, knownDose } from "./doses.ts";
import { Gate } from "./gate.ts";
import { Given } from "./given.ts";
import { Host } from "./host.ts";
import { languageFor } from "./language.ts";
import { Lender } from "./lender.ts";
import type { Breach } from "./lending.ts";
import { answerOpener, askedInOwnWindow, isOwnWindow, OwnWindow } from "./own-window.ts";
import { loadAnew } from "./reload.ts";
import { Answers, storageHere } from "./remembered.ts";
import { type Action, hostState, isLending, type Overlay, type Scene, sceneOf, tell } from "./scene.ts";
import { Sight } from "./sight.ts";
import { SiteWatch } from "./site-watch.ts";
import { Strip } from "./strip.ts";
import { takeTheme } from "./theme.ts";
import { View } from "./view.ts";

/** A moment out of sight is no pause. */
const AWAY_MS = 1_500;

class Frame {
  private readonly facts = JSON.parse(document.getElementById(FACTS_ID)?.textContent ?? "null") as WidgetFacts;
  private readonly query = new URLSearchParams(location.search);
  private readonly own = isOwnWindow();
  private readonly answers = new Answers(this.facts.site.origin, this.own ? null : storageHere());
  private readonly host = new Host(this.facts.site.origin, !this.own && parent !== window);
  private readonly language = languageFor([this.query.get("lang") ?? "", ...navigator.languages]);
  private readonly view = new View({
    act: (action, event) => this.act(action, event),
    why: () => this.cover({ kind: "why" }),
    open: () => this.resize("card"),
    close: () => this.resize("badge"),
  });
  private readonly strip = new Strip(this.view.canvas);
  private readonly seen = new Sight(this.view.box, () => this.look());
  private readonly gate = new Gate({
    lend: this.view.lend,
    forgetSure: this.view.forgetSure,
    sight: this.seen,
    origin: this.facts.site.origin,
    own: this.own,
    post: (message) => this.host.post(message),
  });
  private readonly siteWatch = new SiteWatch(this.facts.site.origin, () => {
    this.answers.forget();
    this.end({ kind: "off" });
  });
  private scene: Scene = { kind: "ask", hint: "none" };
  /** What lies over the scene from the first moment on. */
  private readonly question: Overlay | null = this.own && askedInOwnWindow() === "forget" ? { kind: "forget", hint: "none" } : null;
  private over = this.question;
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
  private readonly window = new OwnWindow();
  private readonly given = new Given();
  /** Whether a start waits for no word of what can be seen. */
  private begun = false;
  private awayTimer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    takeTheme(this.query.get("theme"));
    document.documentElement.lang = this.language.code;
    document.documentElement.dir = this.language.direction;
    document.body.classList.toggle("own", this.own);
    this.strip.draw();
    if (this.facts.job) void this.strip.load(this.facts.job.id);
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("message", (event: MessageEvent<unknown>) => this.hear(event));
    addEventListener("keydown", (event) => this.leave(event));
    const answer = this.answers.at(Date.now());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    if (!this.facts.job) this.go({ kind: "no-job" });
    else if (!("gpu" in navigator) || !isSecureContext) this.go({ kind: "unable" });
    else if (answer.kind === "never") this.go({ kind: "never" });
    else if (answer.kind === "no") this.go({ kind: "declined" });
    else this.resume(answer);
  }

  /** Escape closes what lies over the scene. */
  private leave({ key }: KeyboardEvent): void {
    if (key !== "Escape" || !this.over) return;
    this.cover(null);
    this.view.focusWhy();
  }

  private act(action: Action, event: MouseEvent): void {
    switch (action) {
      case "lend":
        void this.consider(event);
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
        this.window.open(this.over ? "forget" : "lend");
        return;
      case "never":
        this.over = null;
        this.answers.keepNever();
        this.end({ kind: "never" });
        return;
      case "back":
        if (this.own && this.over?.kind === "forget") globalThis.close();
        else this.cover(this.question);
        return;
      case "forget":
        this.cover({ kind: "forget", hint: "none" });
        return;
      case "forget-sure":
        void this.considerForgetting(event);
        return;
      default:
        action satisfies never;
    }
  }

  private async consider(event: MouseEvent): Promise<void> {
    const { dose } = this;
    const verdict = await this.gate.verdictOf("lend", event);
    // Something else may have been said meanwhile.
    if (this.scene.kind !== "ask" || this.over) return;
    if (verdict === "too-quick" || verdict === "busy") this.go({ kind: "ask", hint: verdict });
    if (verdict === "covered") this.go({ kind: "covered" });
    if (verdict === "untold") this.go({ kind: "window" });
    if (verdict !== "yes") return;
    if (this.own) answerOpener({ idlewave: "consent", dose });
    else this.agree(dose);
  }

  private async considerForgetting(event: MouseEvent): Promise<void> {
    const before = this.over;
    const verdict = await this.gate.verdictOf("forgetSure", event);
    if (this.over !== before) return;
    if (verdict === "yes" && this.own) answerOpener({ idlewave: "forget" });
    else if (verdict === "yes") void this.forget();
    else if (verdict === "covered" || verdict === "busy") this.cover({ kind: "forget", hint: verdict });
    else if (verdict === "untold") this.cover({ kind: "forget", hint: "window" });
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
    this.over = null;
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
    const told = this.window.answerIn(event);
    const dose = told?.idlewave === "consent" ? knownDose(told.dose) : undefined;
    if (dose !== undefined) this.agree(dose);
    else if (told?.idlewave === "forget") void this.forget();
    else if (event.source === parent && event.origin === this.facts.site.origin) takeColours(event.data);
    this.gate.hear(event);
  }

  private start(dose: Dose): void {
    if (this.answers.isOver(Date.now())) {
      this.askAnew();
      return;
    }
    this.dose = dose;
    this.siteWatch.begin();
    const why = this.seen.told ? this.seen.lost : null;
    this.go(why === null ? { kind: "starting" } : { kind: "paused", why });
    // Else the first word of the browser's begins it.
    if (this.seen.told && why === null) void this.begin();
    this.begun = this.seen.told;
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
    this.gate.look();
    if (!this.begun && this.seen.told && this.scene.kind === "starting") this.start(this.dose);
    const why = this.seen.lost;
    if (this.scene.kind === "paused") {
      if (why === null) this.start(this.dose);
      else if (why !== this.scene.why) this.go({ kind: "paused", why });
      return;
    }
    if (why === null || !isLending(this.scene)) {
      if (this.awayTimer !== null) clearTimeout(this.awayTimer);
      this.awayTimer = null;
      return;
    }
    this.awayTimer ??= setTimeout(() => {
      this.awayTimer = null;
      const still = this.seen.lost;
      if (still === null || !isLending(this.scene)) return;
      this.go({ kind: "paused", why: still });
      void this.lender.lending?.pause();
    }, AWAY_MS);
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

  private cover(over: Overlay | null): void {
    this.over = over;
    this.go(this.scene);
  }

  private go(scene: Scene): void {
    this.scene = scene;
    const { site, job, network, allowSoftware } = this.facts;
    const about = {
      site: site.name,
      job: job?.title ?? "",
      dose: this.dose,
      less: doseBeside(this.dose, -1),
      more: doseBeside(this.dose, 1),
    };
    const telling = tell(
      this.over ?? scene,
      { ...about, software: allowSoftware, units: this.given.units, verified: this.given.verified, lent: isLending(scene) },
      this.language,
    );
    const { why, close, check, stop, forget } = this.language.words;
    const checkUrl = this.over ? (/^https:/.test(network.source) ? network.source : "/") : "";
    const asBadge = this.size === "badge";
    // A window of our own has the keeping of the coordinator's page, which this button is not for.
    const canForget = this.over?.kind === "why" && !this.own;
    this.view.show(
      { ...telling, why, close, check, stop, forget: canForget ? forget : "", checkUrl, lent: isLending(scene) },
      asBadge,
      this.query.get("size") === "badge",
    );
    document.body.dataset.scene = scene.kind;
    this.host.tell(hostState(scene), this.given.units, this.given.verified);
  }
}

new Frame();
