import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("the donor's worker carries no schemas: a visitor downloads no library that only the coordinator needs", async () => {
  const worker = fileURLToPath(new URL("../../../client/donor/worker.ts", import.meta.url));
  const { metafile } = await build({
    entryPoints: [worker],
    bundle: true,
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.some((path) => path.includes("node_modules/socket.io-client"))).toBe(true);
  expect(inputs.filter((path) => path.includes("node_modules/typebox"))).toEqual([]);
});
