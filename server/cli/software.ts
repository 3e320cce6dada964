/** WebGPU on the processor: SwiftShader, the software driver that comes with Chromium, under Dawn. */
import { existsSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../root.ts";
import { again } from "./again.ts";
import { CliError, EXIT } from "./exit.ts";

const DRIVER = "vk_swiftshader_icd.json";
/** Vulkan's loader takes its drivers from here. */
const DRIVERS = "VK_ICD_FILENAMES";
/** Where distributions put the files that are not beside the executable. */
const FOLDERS = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/usr/lib64/chromium-browser", "/opt/google/chrome"];

type ChromiumModule = { findChromium(): { path: string } | undefined; HOW_TO_GET_ONE: string };

/** Runs `act` here, or with `software` this same command line again in a process that has the driver. Throws `CliError` with that one's exit code. */
export async function onGpu(software: boolean, act: () => Promise<void>): Promise<void> {
  // The driver looks for a screen and complains on stderr where the system gave no folder for its socket.
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  if (!software || hasSoftwareDriver()) return await act();
  await withDriver();
}

/** This process was started with the software driver, and no other. */
export function hasSoftwareDriver(): boolean {
  return process.env[DRIVERS]?.endsWith(DRIVER) === true;
}

/** Libraries are looked up when a process starts. */
async function withDriver(): Promise<void> {
  if (process.platform !== "linux")
    throw new CliError(EXIT.failure, "no-software-driver", "--software works on Linux alone.", "Leave it out: Dawn uses the GPU.");
  const folder = await driverFolder();
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  await again({ [DRIVERS]: join(folder, DRIVER), LD_LIBRARY_PATH: libraries });
}

/** `reasons`: sentences of the drivers that were tried. */
export function noGpu(reasons: readonly string[] = []): CliError {
  const said = reasons.length > 0 ? ` It says: ${reasons.join(" ")}` : "";
  return new CliError(
    EXIT.failure,
    "no-gpu",
    `No GPU was found: Dawn needs a driver for Vulkan, Metal or Direct3D 12.${said}`,
    "Install your graphics card's driver (on Linux also libvulkan1), or compute on the processor with --software.",
  );
}

async function driverFolder(): Promise<string> {
  const chromium = (await import(pathToFileURL(join(ROOT, "scripts", "chromium.mjs")).href)) as ChromiumModule;
  const found = chromium.findChromium();
  if (!found) throw new CliError(EXIT.failure, "no-browser", "No Chromium was found, whose driver this uses.", chromium.HOW_TO_GET_ONE);
  const folders = [dirname(realpathSync(found.path)), ...FOLDERS];
  const folder = folders.find((each) => existsSync(join(each, DRIVER)) && existsSync(join(each, "libvulkan.so.1")));
  if (!folder)
    throw new CliError(
      EXIT.failure,
      "no-software-driver",
      `${found.path} has no SwiftShader beside it.`,
      "Set CHROME_PATH to another Chromium.",
    );
  return folder;
}
