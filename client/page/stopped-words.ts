/** After Stop: what was given, and what waits for others. */
import { keptHere } from "./before-words.ts";
import { units } from "./numbers.ts";
import type { Part, Words } from "./part.ts";
import { deviceOf, mineOf, type Situation, waitingOf } from "./situation.ts";
import { settledWord } from "./tier-words.ts";

export function stoppedWords(situation: Situation, noun: string): Words {
  const [gave, waits] = [mineOf(situation), waitingOf(situation)];
  const forStranger: Part[] = waits > 0 ? [{ mine: units(waits) }, ` of yours ${waits === 1 ? "waits" : "wait"} for a stranger.`] : [];
  const idle = `Nothing is running on your ${deviceOf(situation)}.`;
  if (gave > 0) {
    const stays = `${idle} What was ${settledWord(situation.job)} stays in the ${noun} for good. `;
    return {
      headline: ["Stopped. You gave ", { mine: units(gave) }, "."],
      lead: [stays, ...(waits > 0 ? [...forStranger, " "] : []), ...keptHere(situation)],
    };
  }
  if (waits === 0) return { headline: ["Stopped."], lead: [`${idle} `, ...keptHere(situation)] };
  const joins = waits === 1 ? "It joins" : "They join";
  return {
    headline: ["Stopped. ", ...forStranger],
    lead: [`${idle} ${joins} the ${noun} when a stranger gets the same bytes, also while you are away. `, ...keptHere(situation)],
  };
}
