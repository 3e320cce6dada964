/** What others wrote, an owner, an operator or a browser, as a sentence among ours; nothing stays nothing. */
export function fullStop(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
