/** Texts and numbers that the manifest does not allow: what is wrong with them, and the nearest that is allowed. */
import { counted } from "../../shared/counted.ts";
import { NAME_PATTERN, PATH_PATTERN } from "../../shared/manifest/file.ts";
import { hiddenIn, PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN, PLAIN_PATTERN, showsSomething } from "../../shared/plain.ts";
import { rightFor, type Schema, show } from "./schema-words.ts";

const NAME = new RegExp(NAME_PATTERN);
const PATH = new RegExp(PATH_PATTERN);

interface Misfit {
  wrong: string;
  right: string;
}

export function misfitsOfText(schema: Schema, value: string): Misfit[] {
  // As the schema counts them.
  const { length } = [...value];
  const { pattern = "", minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  if (length > maxLength) return [{ wrong: `It has ${length} characters.`, right: `At most ${maxLength} are allowed.` }];
  if (length < minLength) return [{ wrong: "It is too short.", right: `At least ${minLength} characters are needed.` }];
  if ([PLAIN_PATTERN, PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN].includes(pattern)) {
    const hidden = hiddenIn(value, pattern);
    if (hidden) return [{ wrong: hiddenText(hidden), right: "Remove it: it would change how the text around it looks." }];
    if (pattern !== PLAIN_NAME_PATTERN || showsSomething(value)) return [];
    return [{ wrong: `${show(value)} shows nothing.`, right: "Write a letter, a number or a sign." }];
  }
  if (pattern === "" || new RegExp(pattern, "u").test(value)) return [];
  const wrong = `${show(value)} has a form that is not allowed here.`;
  return [misfitOf(pattern, value, show(value)) ?? { wrong, right: rightFor(schema) || `It must match ${pattern}.` }];
}

function hiddenText({ name, before }: { name: string; before: number }): string {
  return `The text has ${name}, which is not seen, after ${counted(before, "character")}.`;
}

export function misfitsOfNumber({ minimum, maximum, exclusiveMinimum, description = "" }: Schema, value: number): Misfit[] {
  const limits = [
    ...(minimum !== undefined && value < minimum ? [`The least is ${minimum}.`] : []),
    ...(maximum !== undefined && value > maximum ? [`The most is ${maximum}.`] : []),
    ...(exclusiveMinimum !== undefined && value <= exclusiveMinimum ? [`It must be above ${exclusiveMinimum}.`] : []),
  ];
  return limits.map((limit) => ({ wrong: `It is ${value}.`, right: `${limit} ${description}`.trim() }));
}

/** Undefined for another pattern than those of names and paths. `shown`: the text in quotes. */
function misfitOf(pattern: string, text: string, shown: string): Misfit | undefined {
  if (pattern === PATH_PATTERN) return pathMisfit(text, shown);
  return pattern === NAME_PATTERN ? nameMisfit(text, shown) : undefined;
}

function nameMisfit(text: string, shown: string): Misfit {
  const near = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return {
    wrong: `${shown} is no name of a job: it is made of a to z, 0 to 9 and single hyphens between them.`,
    right: NAME.test(near) ? `Write "${near}"; "title" is for words as they are.` : 'Write one such as "deep-mandelbrot".',
  };
}

function pathMisfit(text: string, shown: string): Misfit {
  if (/^(\/|[A-Za-z][A-Za-z0-9+.-]*:)|(^|[/\\])\.\.([/\\]|$)/.test(text)) {
    return {
      wrong: `${shown} leads out of the package.`,
      right: "Put the file beside job.json, or in a folder there, and write its path from there.",
    };
  }
  const near = text.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  if (near !== text && PATH.test(near)) {
    const wrong = text.includes("\\")
      ? `${shown} has a backslash: folders are parted by /.`
      : `${shown} begins with ./, and paths begin beside job.json.`;
    return { wrong, right: `Write "${near}".` };
  }
  const odd = /[^A-Za-z0-9_./-]/u.exec(near)?.[0];
  const what = odd === undefined ? "a part that is empty or begins with a dot or a hyphen" : odd === " " ? "a blank" : JSON.stringify(odd);
  return {
    wrong: `${shown} has ${what}, which no path in a package has.`,
    right: "Rename the file: letters, digits, _, - and dots, with / between folders.",
  };
}
