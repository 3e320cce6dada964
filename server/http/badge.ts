/** The picture that a site may show of what its visitors gave: an SVG without script, fonts or addresses. */
import { BADGE } from "../../shared/badge.ts";
import { MARK_COLUMNS, MARK_SIDE } from "../../shared/mark.ts";
import { escaped } from "../../shared/markup.ts";
import { type Supporter, verifiedTold } from "../../shared/supporter.ts";

const GROUND = "#06222B";
const LENT = "#FFC928";
const WAVE = "#1F6B78";
const MARK_SCALE = 4;
const MARK_AT = (BADGE.height - MARK_SCALE * MARK_SIDE) / 2;
const TEXT_AT = 2 * MARK_AT + MARK_SCALE * MARK_SIDE + 2;
const ROOM = BADGE.width - TEXT_AT - MARK_AT;
const FONT = 'font-family="system-ui, sans-serif"';

/** `network`: what it is called. The same facts give the same bytes. */
export function badgeSvg(told: Pick<Supporter, "units" | "fewerThanTen">, network: string): string {
  const said = verifiedTold(told, (units) => new Intl.NumberFormat("en").format(units));
  const to = `given to ${network}`;
  const wave = MARK_COLUMNS.map((height, column) => `M${column} ${MARK_SIDE - height}h1v${height}h-1z`).join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${BADGE.width}" height="${BADGE.height}" viewBox="0 0 ${BADGE.width} ${BADGE.height}" role="img">`,
    `<title>${escaped(`${said}, ${to}`)}</title>`,
    `<path fill="${GROUND}" d="M0 0h${BADGE.width}v${BADGE.height}H0z"/>`,
    `<g transform="translate(${MARK_AT} ${MARK_AT}) scale(${MARK_SCALE})" shape-rendering="crispEdges"><path fill="${LENT}" d="M0 0h${MARK_SIDE}v${MARK_SIDE}H0z"/><path fill="${WAVE}" d="${wave}"/></g>`,
    `<text x="${TEXT_AT}" y="21" ${FONT} font-size="15" font-weight="600" fill="#FFFFFF"${squeeze(said, 15)}>${escaped(said)}</text>`,
    `<text x="${TEXT_AT}" y="38" ${FONT} font-size="12" fill="#C5D3D8"${squeeze(to, 12)}>${escaped(to)}</text>`,
    "</svg>\n",
  ].join("");
}

/** Which font draws it is not known here: what may be longer than its room is drawn as long as that. */
function squeeze(text: string, size: number): string {
  const ems = [...text].reduce((sum, character) => sum + (character < "\u2e80" ? 0.62 : 1), 0);
  return ems * size > ROOM ? ` textLength="${ROOM}" lengthAdjust="spacingAndGlyphs"` : "";
}
