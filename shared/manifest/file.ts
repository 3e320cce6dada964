/** Names and files as a manifest writes them. */
import Type from "typebox";

export const IDENTIFIER = "^([A-Za-z_][A-Za-z0-9_]*)$";
/** A job's name. */
export const NAME_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$";
/** The path of a file in a package, relative to job.json. */
export const PATH_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$";
export const MAX_PATH_CHARACTERS = 200;

/** A file of the package; `description` and `example` say which. */
export function fileSchema(description: string, example: string) {
  return Type.String({
    pattern: PATH_PATTERN,
    maxLength: MAX_PATH_CHARACTERS,
    description: `${description}: its path relative to job.json.`,
    examples: [example],
  });
}
