/** What drivers write while a GPU is looked for is told in one sentence, where there is none. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { needGpu } from "../../../server/cli/probe.ts";

const VULKAN =
  "Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.\n - While initializing adapter\n    at InitializeImpl (x.cpp:257)\n";
const probe = (said: string, code: number) => [
  process.execPath,
  "--eval",
  `process.stderr.write(${JSON.stringify(said)}); process.exitCode = ${code}`,
];

let before: string | undefined;
beforeEach(() => {
  before = process.env.VK_ICD_FILENAMES;
  delete process.env.VK_ICD_FILENAMES;
});
afterEach(() => {
  if (before !== undefined) process.env.VK_ICD_FILENAMES = before;
});

it("quotes each reason once, without the places in Dawn's code", async () => {
  await expect(needGpu(probe(`${VULKAN}\n${VULKAN}Warning: Other.\n`, 9))).rejects.toMatchObject({
    body: {
      code: "no-gpu",
      message:
        "No GPU was found: Dawn needs a driver for Vulkan, Metal or Direct3D 12. It says: Vulkan shaderUniform*ArrayDynamicIndexing required. Other.",
    },
  });
});

it("says nothing where nothing was said", async () => {
  await expect(needGpu(probe("", 9))).rejects.toMatchObject({ body: { message: expect.stringMatching(/Direct3D 12\.$/) } });
});

it.each([
  ["a GPU was found", probe(VULKAN, 0)],
  ["the process ended otherwise: the caller will see why", probe("Error: it crashed", 134)],
  ["there is no such process", ["/nowhere/node"]],
])("goes on where %s", async (_, command) => {
  await needGpu(command);
});

it("asks nothing where the software driver was chosen", async () => {
  process.env.VK_ICD_FILENAMES = "/usr/lib/chromium/vk_swiftshader_icd.json";
  await needGpu(probe(VULKAN, 9));
  delete process.env.VK_ICD_FILENAMES;
});
