/** What the page tells its drawing worker, and what it hears back. */

/** Colours of the theme as CSS knows them, read from the page's own tokens. */
export interface Palette {
  dark: boolean;
  /** Under forced colours: 256 steps of RGB for the visitor's own tiles and for others', from the system's ground to its highlight and its text. */
  forced: { mine: Uint8Array; others: Uint8Array } | null;
  ground: string;
  ink: string;
  line: string;
  lineStrong: string;
  lent: string;
  sea: string;
  bad: string;
}

export type Order =
  | { type: "plate"; canvas: OffscreenCanvas }
  | { type: "wave"; canvas: OffscreenCanvas }
  /** Where the donor posts its facts. */
  | { type: "facts"; port: MessagePort }
  | { type: "theme"; palette: Palette; reducedMotion: boolean; saveData: boolean }
  /** The job whose picture is shown; `origin` is where it is polled, with these headers. */
  | { type: "job"; origin: string; headers: Record<string, string>; job: number; createdAt: string; done: boolean }
  /** Room for the plate, in CSS pixels. */
  | { type: "room"; width: number; height: number; pixelRatio: number }
  | { type: "wave-room"; width: number; height: number; pixelRatio: number }
  /** The wave runs while something is lent. */
  | { type: "lending"; on: boolean }
  /** The share that is lent at most, 0 … 1. */
  | { type: "dose"; dose: number }
  /** The person moved, scrolled or typed. */
  | { type: "input" }
  | { type: "hidden"; hidden: boolean }
  /** Somebody pointed at this place of the plate, in CSS pixels. */
  | { type: "point"; x: number; y: number }
  | { type: "save" };

export type Notice =
  /** The plate's real size, in CSS pixels. */
  | { type: "laid-out"; width: number; height: number }
  /** At most once a second. Counts are of the shown job; `share` is of the last second. */
  | { type: "seen"; seen: Seen }
  /** A verified unit was pointed at. */
  | { type: "pointed"; job: number; unit: number }
  | { type: "saved"; blob: Blob };

export interface Seen {
  job: number;
  units: number;
  final: number;
  /** Units of the visitor's own, by state. */
  mine: { running: number; waiting: number; final: number };
  /** GPU time over elapsed time, 0 … 1, of the last second. */
  share: number;
}
