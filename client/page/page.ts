import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { LightElement } from "./light.ts";
import "./dock.ts";
import "./jobs.ts";
import "./kernel.ts";
import { hasEnded } from "../../shared/job-state.ts";
import type { Dose } from "../donor/state.ts";
import { Announcer } from "./announcer.ts";
import type { Dock } from "./dock.ts";
import { canDraw, Easel } from "./easel.ts";
import type { KernelView } from "./kernel.ts";
import { mark } from "./logo.ts";
import { whenItMayRun } from "./manners/section.ts";
import { raised } from "./numbers.ts";
import { plainText } from "./part.ts";
import { legend, type PlateView } from "./plate.ts";
import { openPool, servedPool } from "./pool.ts";
import type { PopOut } from "./popout.ts";
import { closing, howChecked, howColoured, nameOf, poolHead, promises, purposeOf, whatIsComputed, whoOwns } from "./sections.ts";
import { finalOf, isFault, isLent, lentDose, momentOf, type Situation } from "./situation.ts";
import { linkSquares } from "./square-links.ts";
import { action, partsOf, type StoryActions } from "./story.ts";
import { Swap } from "./swap.ts";
import { checkedWords } from "./tier-words.ts";
import { Visit } from "./visit.ts";
import { roomsOf, wordsOf } from "./words.ts";

const NARROW = "(max-width: 899px)";
/** The wave stands nearly still, or has no room. */
const STILL = "(prefers-reduced-motion: reduce), (max-width: 899px) and (max-height: 519px)";
/** A phone on its side, or a page at 200 %: words beside the plate, as on a desktop. */
const LOW = "(min-width: 560px) and (max-width: 899px) and (max-height: 519px)";
const LOW_SHARE = 0.42;
/** Height of the dock there, CSS pixels. */
const LOW_DOCK = 56;
/** On a desktop: height of the dock, and least height of the first screen. */
const DOCK = 96;
const LEAST_HEIGHT = 640;
/** Of the window's width for the plate there, and CSS pixels that the words have in any case. */
const WIDE_SHARE = 0.59375;
const WIDE_WORDS = 440;
/** A nearly square picture is no wider than this share of its height: the words have the rest. */
const WIDE_RATIO = 0.951;
/** Of a phone's height for the plate: words and figures have room beside the dock too. */
const NARROW_SHARE = 0.452;
/** CSS pixels that the words and the dock have in any case, and what the plate keeps of the rest at least. */
const NARROW_WORDS = 400;
const NARROW_LEAST = 160;
const INPUTS = ["pointermove", "pointerdown", "wheel", "keydown", "scroll", "touchmove"] as const;

/** The visitor page. `data-state` says which moment it shows, the class `lent` that something runs or waits to run. */
export class Page extends LightElement {
  static override properties = { tick: { state: true }, copied: { state: true }, announced: { state: true } };
  declare tick: number;
  declare copied: boolean;
  declare announced: string;
  private readonly visit: Visit;
  private easel: Easel | null = null;
  /** Which job the easel shows, and whether as a finished one. */
  private shown = "";
  private lent = false;
  private popOut: PopOut | null = null;
  /** As the easel was told. */
  private dose = 0;
  private readonly swap = new Swap();
  private readonly announcer = new Announcer();

  constructor() {
    super();
    this.tick = 0;
    this.copied = false;
    this.announced = "";
    const chosenJob = Number(new URLSearchParams(location.search).get("job") ?? 0);
    this.visit = new Visit({
      origin: location.origin,
      chosenJob: Number.isSafeInteger(chosenJob) && chosenJob > 0 ? chosenJob : 0,
      dose: firstDose(),
      webgpu: webgpuHere(),
      pool: servedPool()?.name,
      saveData: navigator.connection?.saveData ?? false,
      openFacts: () => this.easel?.openFacts() ?? null,
      onChange: () => {
        this.tick++;
      },
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const input of INPUTS) addEventListener(input, this.onInput, { passive: true });
    this.addEventListener("mousedown", this.onPress);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const input of INPUTS) removeEventListener(input, this.onInput);
    this.removeEventListener("mousedown", this.onPress);
  }

  /** The second press of a double click on what is gone selects no words. */
  private readonly onPress = (event: MouseEvent): void => {
    if (event.detail > 1 && !this.swap.means(event)) event.preventDefault();
  };

  private readonly onInput = (): void => {
    if (this.visit.noticeInput()) this.easel?.noteInput();
  };

  private readonly actions: StoryActions = {
    lend: (click) => {
      if (!this.swap.means(click)) return;
      void this.visit.lend();
      void this.turnToStory();
    },
    lendToNext: (click) => {
      if (!this.swap.means(click)) return;
      void this.visit.lendToNext();
      void this.turnToStory();
    },
    save: () => void this.save(),
    copyLink: () => void this.copyLink(),
    showDifference: () => void this.showDifference(),
    readKernel: (job) => void this.kernel?.show(job),
  };

  /** After the visitor's own action: the new h1 has the focus, can be seen, and waits for no quiet moment to be told. */
  private async turnToStory(): Promise<void> {
    this.announcer.hurry();
    await this.updateComplete;
    const headline = this.querySelector<HTMLElement>("h1");
    headline?.focus();
    for (const each of [".figures", ".lead", "h1"]) this.querySelector(each)?.scrollIntoView({ block: "nearest" });
  }

  protected override render() {
    const { visit, tick } = this;
    const { situation } = visit;
    const moment = momentOf(situation);
    const manner = {
      touch: matchMedia("(pointer: coarse)").matches,
      still: this.popOut !== null || matchMedia(STILL).matches,
      narrow: matchMedia(NARROW).matches,
    };
    const words = wordsOf(situation, manner);
    const lent = isLent(situation);
    this.swap.show(lent ? "lent" : "");
    const rooms = roomsOf(situation, manner);
    const name = nameOf(visit.network);
    this.dataset.state = moment.kind;
    this.classList.toggle("lent", lent);
    this.classList.toggle("jobless", !situation.job && situation.network !== "loading");
    return html`<a class="skip" href="#story">Skip to content</a>
      <main>
        <div class="first">
          <div class="side">
            <header><a class="home" href="/" aria-label="idlewave, start page">${mark}<span>idlewave</span></a>${name ? html`<p class="network">${name}</p>` : nothing}${poolHead(() => void visit.leavePool())}</header>
            <div class="story" id="story" tabindex="-1">
              <div class="stack"><h1 tabindex="-1">${keyed(plainText(words.headline), partsOf(words.headline))}</h1>
                ${rooms.map(({ headline }) => html`<p class="ghost headline">${partsOf(headline)}</p>`)}</div>
              <idlewave-dock .visit=${visit} .tick=${tick} @stop=${() => void this.turnToStory()}></idlewave-dock>
              <div class="stack"><p class="lead">${partsOf(words.lead)}</p>
                ${rooms.map(({ lead }) => html`<p class="ghost lead">${partsOf(lead)}</p>`)}</div>
              ${action(visit, this.actions, this.copied)}
            </div>
            ${situation.job || situation.network === "loading" ? legend(situation.job) : nothing} ${this.label(situation)}
          </div>
          <idlewave-plate .visit=${visit} .tick=${tick}></idlewave-plate>
        </div>
        <p class="announcer" role="status">${this.announced}</p>
        ${howColoured(situation.job, situation.allowSoftware)} ${whatIsComputed(situation.job)}
        <idlewave-jobs .jobs=${visit.jobs} .shown=${situation.job?.id ?? 0} .final=${finalOf(situation)} @follow=${({ detail }: CustomEvent<string>) => visit.carryOver(detail)}></idlewave-jobs>
        ${servedPool() ? html`<idlewave-members .own=${situation.donor?.publicKey ?? ""}></idlewave-members>` : nothing}
        ${promises(situation.allowSoftware)} ${whenItMayRun(visit, tick)} ${howChecked(situation.job)}
      </main>
      ${closing(visit.network)}
      <idlewave-kernel .visit=${visit} .tick=${tick}></idlewave-kernel>`;
  }

  private label(situation: Situation) {
    const { job } = situation;
    if (!job) return situation.network === "loading" ? html`<div class="label ghost"></div>` : nothing;
    return html`<div class="label">
      <p><strong>${raised(job.title)}</strong>${job.for ? ` for ${purposeOf(job)}` : ""}<br /><span>By ${whoOwns(job.owner, this.visit.network)}; ${checkedWords(job)}.</span></p>
      <div class="label-actions"><button class="plain" type="button" @click=${() => this.actions.readKernel(job)}>Read the kernel</button>
        ${this.easel && window.documentPictureInPicture && isLent(situation) && !this.popOut ? html`<button class="plain" type="button" data-testid="pop-out" @click=${() => void this.popUp()}>Pop out</button>` : nothing}</div>
    </div>`;
  }

  /** The picture goes into a window of its own, and comes back when that is closed or nothing is lent any more. */
  private async popUp(): Promise<void> {
    const [plate, dock] = [this.querySelector<PlateView>("idlewave-plate"), this.querySelector<Dock>("idlewave-dock")];
    if (!plate || !dock) return;
    const { PopOut } = await import("./popout.ts");
    const turn = () => {
      this.easel?.setPoppedOut(this.popOut !== null);
      this.tick++;
    };
    this.popOut = await PopOut.open({
      ...{ visit: this.visit, plate, dock, inputs: INPUTS, onInput: this.onInput, onRoom: turn },
      onClose: () => {
        this.popOut = null;
        turn();
      },
    });
    turn();
  }

  protected override firstUpdated(): void {
    void this.hang();
  }

  protected override updated(): void {
    const { situation } = this.visit;
    const shown = JSON.stringify([situation.job?.id, situation.job && hasEnded(situation.job.state), servedPool()?.pass]);
    if (shown !== this.shown) this.easel?.show(location.origin, situation.job);
    if (this.easel) this.shown = shown;
    const dose = lentDose(situation);
    if (dose !== this.dose) this.easel?.setDose(dose);
    if (this.easel) this.dose = dose;
    const lent = isLent(situation);
    if (lent !== this.lent) this.easel?.setLending(lent);
    if (this.easel) this.lent = lent;
    if (!lent) this.popOut?.close();
    this.popOut?.update(this.tick);
    this.announce();
  }

  private get kernel(): KernelView | null {
    return this.querySelector<KernelView>("idlewave-kernel");
  }

  /** The canvases are there once both elements rendered. */
  private async hang(): Promise<void> {
    const dock = this.querySelector<Dock>("idlewave-dock");
    const plate = this.querySelector<PlateView>("idlewave-plate");
    await Promise.all([dock?.updateComplete, plate?.updateComplete]);
    if (!dock?.wave || !plate?.canvas) return;
    if (!canDraw()) {
      // Its label tells what it cannot show.
      plate.canvas.classList.add("bare");
      return;
    }
    this.easel = new Easel(plate.canvas, dock.wave, () => this.room());
    this.easel.onSeen = (seen) => this.visit.takeSeen(seen);
    linkSquares(plate.canvas, this.easel, () => this.visit.situation);
    this.tick++;
  }

  /**
   * Room for the plate: the right of the first screen, or the whole width of a phone. The dock's is kept free before it comes,
   * so that nothing moves when it does: a square of 19 x 20 has 35 px at 1280 x 800, where the dock takes 96, and 19 px at 390 x 844.
   */
  private room(): { width: number; height: number } {
    if (this.popOut) return this.popOut.room();
    const first = this.querySelector<HTMLElement>(".first");
    const width = first?.clientWidth ?? innerWidth;
    if (matchMedia(LOW).matches) return { width: Math.floor(LOW_SHARE * width), height: innerHeight - LOW_DOCK };
    if (matchMedia(NARROW).matches) {
      const height = Math.max(NARROW_LEAST, Math.min(NARROW_SHARE * innerHeight, innerHeight - NARROW_WORDS));
      return { width, height: Math.min(height, 1.06 * width) };
    }
    // As high as the first screen is at least: longer words make that one higher, and no square larger.
    const height = Math.max(innerHeight, LEAST_HEIGHT) - DOCK;
    return { width: Math.floor(Math.min(WIDE_SHARE * width, width - WIDE_WORDS, WIDE_RATIO * height)), height };
  }

  private announce(): void {
    const moment = momentOf(this.visit.situation);
    if (moment.kind === "loading") return;
    const text = plainText(wordsOf(this.visit.situation, { touch: false, still: true, narrow: false }).headline);
    this.announced = this.announcer.take(text, isFault(moment) || moment.kind === "on-hold");
  }

  private async save(): Promise<void> {
    const blob = await this.easel?.save();
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${this.visit.situation.job?.name ?? "idlewave"}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  private async copyLink(): Promise<void> {
    await navigator.clipboard.writeText(location.href);
    this.copied = true;
  }

  private async showDifference(): Promise<void> {
    const moment = momentOf(this.visit.situation);
    if (moment.kind === "refused") await this.kernel?.showDifference(moment.job, moment.unit);
  }
}

/** Half; a quarter on phones. */
function firstDose(): Dose {
  return matchMedia(`${NARROW} and (pointer: coarse)`).matches ? 0.25 : 0.5;
}

function webgpuHere(): Situation["webgpu"] {
  if (!isSecureContext) return "insecure";
  return "gpu" in navigator ? "there" : "absent";
}

// Before anything is asked of the coordinator.
await openPool();
if (servedPool()) void import("./members.ts");
customElements.define("idlewave-page", Page);
