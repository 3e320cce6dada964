import { svg } from "lit";

/** Heights of the eight columns, left to right: a wave cut into slices. */
const COLUMNS = [4, 5, 6, 5, 4, 3, 2, 3];

/** The mark on its 8 x 8 grid; draw it at 16, 24, 32 or 48 only. */
export const mark = svg`<svg class="mark" viewBox="0 0 8 8" width="24" height="24" aria-hidden="true" shape-rendering="crispEdges">
  <rect class="mark-ground" width="8" height="8"/>
  ${COLUMNS.map((height, column) => svg`<rect class="mark-wave" x=${column} y=${8 - height} width="1" height=${height}/>`)}
</svg>`;
