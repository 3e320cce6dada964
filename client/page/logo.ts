import { svg } from "lit";
import { MARK_COLUMNS, MARK_SIDE } from "../../shared/mark.ts";

/** The mark; draw it at 16, 24, 32 or 48 only. */
export const mark = svg`<svg class="mark" viewBox="0 0 ${MARK_SIDE} ${MARK_SIDE}" width="24" height="24" aria-hidden="true" shape-rendering="crispEdges">
  <rect class="mark-ground" width=${MARK_SIDE} height=${MARK_SIDE}/>
  ${MARK_COLUMNS.map((height, column) => svg`<rect class="mark-wave" x=${column} y=${MARK_SIDE - height} width="1" height=${height}/>`)}
</svg>`;
