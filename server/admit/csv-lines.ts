/** Lines and fields of a CSV text, as they are written. */

/** A line's fields as they are written; a comma between quotes parts none. */
export function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  return line.match(/(?<=^|,)(?:\s*"(?:[^"]|"")*"\s*(?=,|$)|[^,]*)/g) ?? [""];
}

/** The field begins with a quote that nothing closes. */
export function isOpen(raw: string): boolean {
  const text = raw.trim();
  return text.startsWith('"') && (text.length === 1 || !text.endsWith('"'));
}

export function unquote(raw: string): string {
  const text = raw.trim();
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text;
}

/** Lines without their breaks, numbered from 1; blank ones at the end are no lines. */
export function* linesOf(text: string): Generator<{ text: string; number: number }> {
  const length = text.trimEnd().length;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let number = 1; start <= length; number++) {
    const found = text.indexOf("\n", start);
    const end = found < 0 || found > length ? length : found;
    const stop = text[end - 1] === "\r" ? end - 1 : end;
    yield { text: text.slice(start, Math.max(start, stop)), number };
    start = end + 1;
  }
}

/** `line:column` of a value in a table without faults: row 0 is line 2. */
export function placeIn(text: string, row: number, column: number): string {
  for (const line of linesOf(text)) {
    if (line.number !== row + 2) continue;
    const before = fieldsOf(line.text).slice(0, column);
    return `${line.number}:${before.reduce((at, field) => at + field.length + 1, 1)}`;
  }
  return `${row + 2}:1`;
}
