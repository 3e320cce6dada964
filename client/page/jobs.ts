import { html, nothing, svg } from "lit";
import type { JobStatus } from "../../shared/api.ts";
import { byServingOrder } from "../../shared/serving.ts";
import { jobAddress } from "./job-address.ts";
import { LightElement } from "./light.ts";
import { count, dateOf, raised } from "./numbers.ts";

const DOT_COLUMNS = 20;
const DOT_ROWS = 3;
const DOT_PITCH = 6;
const DOT_SIDE = 4;
/** A table lists this many jobs; the API has them all. */
const MAX_ROWS = 20;

/** Jobs that need volunteers, and those that do not: what each makes, for whom, how far it is. */
export class Jobs extends LightElement {
  static override properties = { jobs: { attribute: false }, shown: { attribute: false }, final: { attribute: false } };
  declare jobs: JobStatus[];
  declare shown: number;
  /** Final units of the shown job, as the rest of the page tells them. */
  declare final: number;

  constructor() {
    super();
    this.jobs = [];
    this.shown = 0;
    this.final = 0;
  }

  protected override render() {
    const jobs = this.jobs.toSorted(byServingOrder);
    const needing = jobs.filter(({ state }) => state === "running").slice(0, MAX_ROWS);
    const paused = jobs.filter(({ state }) => state === "paused");
    const done = jobs.filter(({ state }) => state === "done");
    const others = [...paused, ...done].slice(0, MAX_ROWS);
    if (needing.length + others.length === 0) return nothing;
    const titled = new Map<string, number>();
    for (const { title } of jobs) titled.set(title, (titled.get(title) ?? 0) + 1);
    const table = (of: readonly JobStatus[]) => this.table(of, ({ title }) => (titled.get(title) ?? 0) > 1);
    return html`<section class="below" aria-labelledby="jobs-title">
        <h2 id="jobs-title">Jobs that need volunteers</h2>
        ${needing.length > 0 ? table(needing) : html`<p class="measure">None now: every job here is ${othersAre(paused.length, done.length)}.</p>`}
      </section>
      ${
        others.length > 0
          ? html`<section class="below" aria-labelledby="other-jobs-title">
              <h2 id="other-jobs-title">Jobs that are ${othersAre(paused.length, done.length)}</h2>
              ${table(others)}
            </section>`
          : nothing
      }`;
  }

  /** `hasNamesake`: whether another job has the same title. */
  private table(jobs: readonly JobStatus[], hasNamesake: (job: JobStatus) => boolean) {
    const areDone = jobs.every(({ state }) => state === "done");
    return html`<table class="jobs">
      <thead><tr><th scope="col">Job</th><th scope="col">For</th><th scope="col">${jobs.every(({ verification }) => verification.tier === "trusted") ? "Computed" : "Verified"}</th><th scope="col" class="number">${areDone ? "Units" : "Units left"}</th></tr></thead>
      <tbody>${jobs.map((job) => this.row(job, areDone, hasNamesake(job)))}</tbody>
    </table>`;
  }

  private row(job: JobStatus, areDone: boolean, isNumbered: boolean) {
    const here = job.id === this.shown;
    const about = [...kind(job), ...(isNumbered ? [`job ${job.id}`] : []), ...(here ? ["shown above"] : [])].join(", ");
    const final = here ? this.final : job.units.final;
    const left = Math.max(0, job.units.total - final - job.units.failed);
    return html`<tr>
      <th scope="row"><a href=${jobAddress(job)} aria-current=${here ? "true" : nothing} @click=${follow}>${raised(job.title)}</a><span>${about}</span></th>
      <td class="for">${raised(job.for) || "–"}</td>
      <td>${dots(final, job.units.total)}</td>
      <td class="number">${areDone ? count(job.units.total) : job.state === "done" ? "none" : count(left)}</td>
    </tr>`;
  }
}

/** A click that opens the link in this very page; told as "follow", with the address. */
function follow(click: MouseEvent): void {
  if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
  const link = click.currentTarget as HTMLAnchorElement;
  link.dispatchEvent(new CustomEvent("follow", { detail: link.href, bubbles: true }));
}

function othersAre(paused: number, done: number): string {
  if (paused === 0) return "finished";
  return done === 0 ? "paused" : "paused or finished";
}

function kind({ noun, state, finishedAt }: JobStatus): string[] {
  const what = `a ${noun || "picture"}`;
  if (state === "paused") return [what, "paused"];
  return state === "done" && finishedAt ? [what, `finished ${dateOf(finishedAt)}`] : [what];
}

function dots(final: number, total: number) {
  const all = DOT_COLUMNS * DOT_ROWS;
  const full = final >= total ? all : Math.min(all - 1, Math.floor((all * final) / total));
  return svg`<svg class="dots" role="img" aria-label=${`${count(final)} of ${count(total)}`} width=${DOT_COLUMNS * DOT_PITCH} height=${DOT_ROWS * DOT_PITCH}
    viewBox=${`0 0 ${DOT_COLUMNS * DOT_PITCH} ${DOT_ROWS * DOT_PITCH}`} shape-rendering="crispEdges">
    <path class="dots-missing" d=${squares(full, all)}/><path class="dots-verified" d=${squares(0, full)}/></svg>`;
}

/** Column after column, so that progress reads from the start. */
function squares(from: number, to: number): string {
  let path = "";
  for (let dot = from; dot < to; dot++) {
    path += `M${Math.floor(dot / DOT_ROWS) * DOT_PITCH} ${(dot % DOT_ROWS) * DOT_PITCH}h${DOT_SIDE}v${DOT_SIDE}h-${DOT_SIDE}z`;
  }
  return path;
}

customElements.define("idlewave-jobs", Jobs);
