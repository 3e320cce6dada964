/** The picture's colours: 256 steps of sRGB bytes, straight interpolation between stops, and how a value finds its step. */

type RampName = "seaLight" | "seaDark" | "yellowLight" | "yellowDark";
type RampScale = "linear" | "log" | "sqrt";

const RAMP_STEPS = 256;

const STOPS: Record<RampName, string> = {
  seaLight: "DDEAE9 A8CCCD 5FA0A8 256C7A 0D4150 06222B",
  seaDark: "0B2C37 0F4150 1B6473 4E9AA3 A9D3D2 F1FAF6",
  yellowLight: "FFEFB0 FFE07F FFD448 FFC928 F0B400 A87600",
  yellowDark: "B98A00 DBA60A F5BC18 FFC928 FFD559 FFE9A0",
};

/** Each ramp as `3 * RAMP_STEPS` bytes: red, green, blue of step 0, then of step 1, and so on. */
export const RAMPS: Readonly<Record<RampName, Uint8Array>> = {
  seaLight: interpolate(STOPS.seaLight),
  seaDark: interpolate(STOPS.seaDark),
  yellowLight: interpolate(STOPS.yellowLight),
  yellowDark: interpolate(STOPS.yellowDark),
};

/** The colour of a step as `[red, green, blue]`, bytes. Steps outside 0 … 255 take the nearest end. */
export function rampColour(ramp: Uint8Array, step: number): [number, number, number] {
  const at = 3 * Math.min(RAMP_STEPS - 1, Math.max(0, Math.round(step)));
  return [ramp[at] ?? 0, ramp[at + 1] ?? 0, ramp[at + 2] ?? 0];
}

/**
 * The ramp step, 0 … 255, of a value: the ramp is spread over the fixed `range` by `scale`, so that squares do not change
 * tone as others arrive. Values outside the range take its ends, NaN takes the first step, an empty range the middle.
 */
export function equalise(value: number, range: readonly [number, number], scale: RampScale): number {
  const [first, last] = range;
  if (first === last) return RAMP_STEPS / 2 - 1;
  const share = (value - first) / (last - first);
  if (!(share > 0)) return 0;
  if (share >= 1) return RAMP_STEPS - 1;
  return Math.round(spread(share, Math.abs(last - first), scale) * (RAMP_STEPS - 1));
}

function spread(share: number, width: number, scale: RampScale): number {
  switch (scale) {
    case "linear":
      return share;
    case "sqrt":
      return Math.sqrt(share);
    case "log":
      return Math.log1p(share * width) / Math.log1p(width);
    default:
      return scale satisfies never;
  }
}

function interpolate(stops: string): Uint8Array {
  const colours = stops.split(" ").map((stop) => [0, 2, 4].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)));
  const ramp = new Uint8Array(3 * RAMP_STEPS);
  for (let step = 0; step < RAMP_STEPS; step++) {
    const place = (step / (RAMP_STEPS - 1)) * (colours.length - 1);
    const left = Math.min(Math.floor(place), colours.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const from = colours[left]?.[channel] ?? 0;
      const to = colours[left + 1]?.[channel] ?? 0;
      ramp[3 * step + channel] = Math.round(from + (to - from) * (place - left));
    }
  }
  return ramp;
}
