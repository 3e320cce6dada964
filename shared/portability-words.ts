/** A portability report in words. */
import { counted } from "./counted.ts";
import type { GpuKind, PortabilityExample, PortabilityReport } from "./portability.ts";

type Pair = PortabilityReport["pairs"][number];
type Deviation = Pair["differed"][number];

export interface PairWords {
  who: string;
  lines: { words: string; examples: readonly PortabilityExample[] }[];
}

/** What each pair of kinds has in common, and what not. */
export function pairWords(report: PortabilityReport): PairWords[] {
  return report.pairs.map((pair) => {
    const [one, other] = pair.kinds.map((place) => report.kinds[place]);
    if (!one || !other) throw new RangeError(`kinds ${pair.kinds.join()} are not told`);
    const lines: PairWords["lines"] = [{ words: agreementWords(pair), examples: [] }];
    for (const deviation of pair.differed) lines.push({ words: deviationWords(report, deviation), examples: deviation.examples });
    if (pair.undecided > 0)
      lines.push({ words: `differed in ${counted(pair.undecided, "failed unit")}: there is no result to say who was right`, examples: [] });
    return { who: one === other ? `${kindWords(one)}, among themselves` : `${kindWords(one)}, and ${kindWords(other)}`, lines };
  });
}

export const NO_PAIRS = "No unit was computed by two volunteers on kinds of GPUs that can be told of yet.";

/** What a report says nothing of, and why. */
export function leftOutWords({ proven, untold }: PortabilityReport): string[] {
  return [
    ...(proven > 0 ? [`Left out: ${counted(proven, "comparison")} of volunteers whom the auditor has proven wrong.`] : []),
    ...(untold > 0 ? [`Left out: ${counted(untold, "comparison")} of too few volunteers to be told of without telling who they are.`] : []),
  ];
}

/** `nvidia ampere, chromium, windows`. */
function kindWords({ kind, vendor, architecture, browser, os }: GpuKind): string {
  if (kind === "others") return "other GPUs";
  if (kind === "vendor") return `other GPUs of ${vendor}`;
  const words = [[vendor, architecture].filter(Boolean).join(" ") || "a GPU without a name", browser, os].filter(Boolean).join(", ");
  return kind === "auditor" ? `the auditor's ${words}` : words;
}

function agreementWords({ same, alike, taken }: Pair): string {
  const agreed = same + alike;
  if (agreed === 0) return "agreed in no unit";
  const within =
    alike > 0 ? `, ${alike === agreed ? "all" : counted(alike, "unit")} within the tolerance, up to ${percent(taken)} of it` : "";
  return `agreed in ${counted(agreed, "unit")}${within}`;
}

/** Several of a kind are no accident of one card. */
function deviationWords({ kinds }: PortabilityReport, { right, deviating, units, hosts }: Deviation): string {
  const [reference, other] = [kinds[right], kinds[deviating]];
  if (!reference || !other) throw new RangeError(`kinds ${right} and ${deviating} are not told`);
  const who = `${kindWords(other)} ${units === 1 ? "was" : "were"} wrong in ${counted(units, "unit")}, beside ${right === deviating ? "others of its kind" : kindWords(reference)}`;
  const meaning =
    hosts === 1 && other.hosts > 1
      ? "one card's fault or a lie that nobody caught, as likely as the vendor's"
      : hosts >= 2
        ? "not one card's fault: its vendor's, the kernel's, or several who lie"
        : "whether its vendor's or one card's nobody can say";
  return `${who}: ${counted(hosts, "volunteer")} of ${other.hosts}, ${meaning}`;
}

function percent(part: number): string {
  return `${Number((100 * part).toPrecision(2))} %`;
}
