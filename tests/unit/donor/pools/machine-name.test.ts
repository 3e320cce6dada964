import { afterEach, expect, it, vi } from "vitest";
import { machineName } from "../../../../client/donor/pools/machine-name.ts";

afterEach(() => vi.unstubAllGlobals());

const AGENTS = [
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36", "Chromium on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1", "Safari on iOS"],
  ["Something/1.0", "A browser on another system"],
] as const;

it.each(AGENTS)("%s is %s", (userAgent, name) => {
  vi.stubGlobal("navigator", { userAgent });
  expect(machineName()).toBe(name);
});

it("tells of a machine without a browser its system alone, not its host's name", () => {
  expect(machineName({ browser: "node", os: "darwin" })).toBe("macOS, without a browser");
});
