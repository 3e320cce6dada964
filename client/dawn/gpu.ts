/** WebGPU in Node, by Dawn (npm `webgpu`): for hosts without a browser. It talks to Vulkan, Metal or Direct3D 12. */
import { create, globals } from "webgpu";

/** Dawn is collected with the last reference to it, devices and all; collected while something runs it ends the process. */
const kept = globalThis as { idlewaveDawn?: GPU };

/**
 * Opens Dawn, once a process. `adapter`: part of the name of the GPU to use, as Dawn tells it; undefined: the fastest. Throws
 * `Error` when there is no such GPU, with the names of those there are.
 */
export function openDawn(adapter?: string): GPU {
  Object.assign(globalThis, globals);
  kept.idlewaveDawn ??= create(adapter === undefined ? [] : [`adapter=${adapter}`]);
  return kept.idlewaveDawn;
}

/** Lets the process end. Nothing may run any more. */
export function closeDawn(): void {
  delete kept.idlewaveDawn;
}
