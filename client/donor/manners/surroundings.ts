/** What the page can tell of the device and of who sits before it. It never leaves the browser. */

/** Load of the processor, as Compute Pressure words it. */
export type Pressure = "nominal" | "fair" | "serious" | "critical";

export interface Surroundings {
  /** `level` 0 … 1; null where the browser does not tell. */
  battery: { charging: boolean; level: number } | null;
  /** Null where it is not measured: by this browser, or while another window has the focus. */
  pressure: Pressure | null;
  /** The visitor asked their browser to save data. */
  saveData: boolean;
  /** The page cannot be seen, and none beside it that shows the donor: another tab, or a film or a game in full screen, covers it. */
  hidden: boolean;
  /** The page has the focus: what is typed is typed here. */
  focused: boolean;
  /** The browser is about to stop the page's scripts. */
  frozen: boolean;
  /** Idle Detection: nobody has touched this device for a minute, or its screen is locked. Null where that is not allowed. */
  away: boolean | null;
  /** There may be a screen that the GPU draws. */
  screen: boolean;
}

/** Where nothing is told: a browser without these interfaces, or no browser. */
export const UNTOLD: Surroundings = {
  battery: null,
  pressure: null,
  saveData: false,
  hidden: false,
  focused: true,
  frozen: false,
  away: null,
  screen: true,
};
