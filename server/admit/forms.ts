/** A text whose form the manifest does not allow: what is wrong with it, and the nearest that is allowed. */
import { NAME_PATTERN, PATH_PATTERN } from "../../shared/manifest/file.ts";

const NAME = new RegExp(NAME_PATTERN);
const PATH = new RegExp(PATH_PATTERN);

export interface Misfit {
  wrong: string;
  right: string;
}

/** Undefined for another pattern than those of names and paths. `shown`: the text in quotes. */
export function misfitOf(pattern: string, text: string, shown: string): Misfit | undefined {
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
