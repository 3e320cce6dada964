// Finds a Firefox and a software driver for its WebGPU. Dependency-free.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["firefox-esr", "firefox", "firefox-developer-edition"];
const PLACES = { darwin: ["/Applications/Firefox.app/Contents/MacOS/firefox"] };
/** Drivers of Vulkan on the processor: Mesa's lavapipe, then the SwiftShader beside a Chromium. */
const DRIVERS = [
  "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json",
  "/usr/share/vulkan/icd.d/lvp_icd.aarch64.json",
  "/usr/share/vulkan/icd.d/lvp_icd.json",
  "/usr/lib/chromium/vk_swiftshader_icd.json",
];

/** What is said where there is none. */
export const NO_FIREFOX =
  "Firefox was not tried: none was found with a software driver for Vulkan. Install both (Debian: firefox-esr, mesa-vulkan-drivers), or set FIREFOX_PATH.";

/**
 * The executable, and what its environment needs to compute on the processor; undefined where one of the two is not there.
 * @returns {{ path: string, env: Record<string, string> } | undefined}
 */
export function findFirefox() {
  const named = process.env.FIREFOX_PATH;
  if (named && !existsSync(named)) throw new Error(`FIREFOX_PATH is ${named}, which does not exist.`);
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const inPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = named ?? [...(PLACES[process.platform] ?? []), ...inPath].find((place) => existsSync(place));
  const driver = DRIVERS.find((place) => existsSync(place));
  return path && driver ? { path, env: { VK_ICD_FILENAMES: driver } } : undefined;
}
