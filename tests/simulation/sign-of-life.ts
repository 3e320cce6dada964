/** What `npm run sim` says while a line is computed, which may take minutes. */
const EVERY_MS = 5_000;

/** To be told how many units of the line are final; says it on stderr every few seconds. */
export function signOfLife(adversary: string, units: number): (final: number) => void {
  let next = Date.now() + EVERY_MS;
  return (final) => {
    if (Date.now() < next) return;
    next = Date.now() + EVERY_MS;
    process.stderr.write(`${adversary} … ${final.toLocaleString("en")} of ${units.toLocaleString("en")} units\n`);
  };
}
