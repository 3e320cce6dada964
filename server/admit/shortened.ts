/** Messages are bounded by what they quote: an owner's names and expressions are shortened, so that our own words stay whole. */

/** A longer word is a name, a path or a value of the owner's. */
const MAX_WORD = 120;
/** An expression of a kernel in a message. */
const MAX_QUOTED = 60;
/** Beyond all messages of ours with quotations of the lengths above. */
const MAX_MESSAGE = 2_000;

/** `text` with its longest words cut in their middle. */
export function shortened(text: string): string {
  const short = text.replaceAll(/\S+/g, (word) => middleCut(word, MAX_WORD));
  return short.length > MAX_MESSAGE ? `${short.slice(0, MAX_MESSAGE - 1)}…` : short;
}

/** An expression of a kernel on one line, cut in its middle. */
export function quoted(expression: string): string {
  return middleCut(expression.replaceAll(/\s+/g, " "), MAX_QUOTED);
}

function middleCut(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 3);
  return `${text.slice(0, most - end - 1)}…${text.slice(-end)}`;
}
