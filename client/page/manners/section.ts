/** A closed section that loads its content when it is opened. */
import { html, type TemplateResult } from "lit";
import type { Visit } from "../visit.ts";

export function whenItMayRun(visit: Visit, tick: number): TemplateResult {
  const open = (event: Event) => {
    if (event.currentTarget instanceof HTMLDetailsElement && event.currentTarget.open) void import("./settings.ts");
  };
  return html`<section class="below" id="when"><details @toggle=${open}>
    <summary><h2>When it may run</h2><span>hours, only while you are away, which graphics card</span></summary>
    <idlewave-settings .visit=${visit} .tick=${tick}></idlewave-settings>
  </details></section>`;
}
