/** A QR code in a terminal: two rows of it on a line. */
import { renderUnicodeCompact } from "uqr";
import { note, printStyled } from "./print.ts";

/** White on black whatever the terminal's colours are: what is dark and what is light is the code. */
const [ON, OFF] = ["\x1b[97;40m", "\x1b[0m"];
/** Modules of white around it. */
const BORDER = 2;

/** On stdout, where that is a terminal and has room for it; programs that read get none. */
export function printQr(text: string): void {
  if (!process.stdout.isTTY) return;
  const lines = renderUnicodeCompact(text, { ecc: "M", border: BORDER }).split("\n");
  const [width, room] = [lines[0]?.length ?? 0, process.stdout.columns];
  // Some terminals have no width to tell.
  if (room > 0 && room < width) note(`Its QR code takes ${width} columns, and this terminal has ${room}.`);
  else for (const line of lines) printStyled(`${ON}${line}${OFF}`);
}
