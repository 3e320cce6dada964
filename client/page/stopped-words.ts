/** After Stop: what was given, and what waits for others. */
import { isCheckedByAuditor, waitsFor } from "../../shared/waits-for.ts";
import { keptHere } from "./before-words.ts";
import { units } from "./numbers.ts";
import type { Part, Words } from "./part.ts";
import { deviceOf, mineOf, type Situation, waitingOf } from "./situation.ts";
import { settledWord } from "./tier-words.ts";

export function stoppedWords(situation: Situation, noun: string): Words {
  const [gave, waits] = [mineOf(situation), waitingOf(situation)];
  const { job } = situation;
  const isChecked = job !== null && isCheckedByAuditor(job);
  const who = waitsFor(job, "a stranger");
  const verb = waits === 1 ? "waits" : "wait";
  const waiting: Part[] = waits > 0 ? [{ mine: units(waits) }, ` of yours ${verb} for ${isChecked ? "a check" : who}.`] : [];
  const idle = `Nothing is running on your ${deviceOf(situation)}.`;
  if (gave > 0) {
    const stays = `${idle} What was ${settledWord(job)} stays in the ${noun} for good. `;
    return {
      headline: ["Stopped. You gave ", { mine: units(gave) }, "."],
      lead: [stays, ...(waits > 0 ? [...waiting, " "] : []), ...keptHere(situation)],
    };
  }
  if (waits === 0) return { headline: ["Stopped."], lead: [`${idle} `, ...keptHere(situation)] };
  const then = isChecked ? `the coordinator has checked ${waits === 1 ? "it" : "them"}` : `${who} gets the same bytes`;
  const joins = waits === 1 ? "It joins" : "They join";
  return {
    headline: ["Stopped. ", ...waiting],
    lead: [`${idle} ${joins} the ${noun} when ${then}, also while you are away. `, ...keptHere(situation)],
  };
}
