/** What kind of program and system this is, without versions: all that is told of them. */
import type { Host } from "../../shared/messages.ts";

export type Platform = Pick<Host, "browser" | "os">;

interface UserAgentData {
  platform: string;
  brands: { brand: string }[];
}

/** `machine`: of a host that is no browser. */
export function platformOf(machine?: Platform): Platform {
  if (machine) return { browser: machine.browser, os: systemOf(machine.os) };
  if (typeof navigator === "undefined") return { browser: "unknown", os: "unknown" };
  const agent = navigator.userAgent;
  const data = (navigator as Navigator & { userAgentData?: UserAgentData }).userAgentData;
  const browser = /Firefox/.test(agent)
    ? "firefox"
    : /Chrom/.test(agent) || data?.brands.some(({ brand }) => brand === "Chromium")
      ? "chromium"
      : /Safari/.test(agent)
        ? "safari"
        : "unknown";
  return { browser, os: systemOf(data?.platform || agent) };
}

/** The family of the operating system, without its version. The order counts: Android says Linux too, and iPhones say Mac. */
const SYSTEMS: readonly [RegExp, string][] = [
  [/Windows|^win32$/i, "windows"],
  [/iPhone|iPad|\biOS\b/i, "ios"],
  [/Android/i, "android"],
  [/Mac|^darwin$/i, "macos"],
  [/CrOS|Chrome OS/i, "chromeos"],
  [/Linux/i, "linux"],
];

function systemOf(text: string): string {
  return SYSTEMS.find(([pattern]) => pattern.test(text))?.[1] ?? "unknown";
}
