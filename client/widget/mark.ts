/** The mark, drawn without a library. */
import { MARK_COLUMNS, MARK_SIDE } from "../../shared/mark.ts";

const SVG = "http://www.w3.org/2000/svg";

/** `side`: CSS pixels; 16, 24, 32 or 48 only. */
export function mark(side: number): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const set = (element: Element, values: Record<string, string | number>) => {
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
    return element;
  };
  const box = `0 0 ${MARK_SIDE} ${MARK_SIDE}`;
  set(svg, { class: "mark", viewBox: box, width: side, height: side, "aria-hidden": "true", "shape-rendering": "crispEdges" });
  svg.append(set(document.createElementNS(SVG, "rect"), { class: "mark-ground", width: MARK_SIDE, height: MARK_SIDE }));
  for (const [column, height] of MARK_COLUMNS.entries()) {
    const bar = { class: "mark-wave", x: column, y: MARK_SIDE - height, width: 1, height };
    svg.append(set(document.createElementNS(SVG, "rect"), bar));
  }
  return svg;
}
