/** What a machine is called in a pool until its person says otherwise: what many machines have in common, nothing of this one. */
import { type Platform, platformOf } from "../platform.ts";

const BROWSERS: Record<string, string> = { chromium: "Chromium", firefox: "Firefox", safari: "Safari" };
const SYSTEMS: Record<string, string> = {
  windows: "Windows",
  macos: "macOS",
  linux: "Linux",
  chromeos: "ChromeOS",
  android: "Android",
  ios: "iOS",
};

/** `machine`: of a host that is no browser. */
export function machineName(machine?: Platform): string {
  const { browser, os } = platformOf(machine);
  const system = SYSTEMS[os] ?? "another system";
  return browser === "node" ? `${system}, without a browser` : `${BROWSERS[browser] ?? "A browser"} on ${system}`;
}
