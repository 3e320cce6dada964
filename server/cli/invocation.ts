/** How the command line is called from the project's folder; every hint that names a verb is made here. */

/** Name of the program in help and usage. */
export const PROGRAM = "npx idlewave";

/** `invocation("new <dir>")` is `npx idlewave new <dir>`. */
export function invocation(words: string): string {
  return `${PROGRAM} ${words}`;
}
