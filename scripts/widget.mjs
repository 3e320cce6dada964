// Builds the widget: the loader for host pages, and the frame's document with its script and style inside, so that it asks
// the coordinator for nothing else before a yes.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "dist", "widget");

/** `lending`: the built module of client/widget/lending.ts, from the coordinator's root. */
export async function buildWidget(lending) {
  await mkdir(folder, { recursive: true });
  const script = await textOf("client/widget/frame.ts", { format: "esm", define: { LENDING: JSON.stringify(`/${lending}`) } });
  const style = await textOf("client/widget/frame.css");
  const head =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Idlewave</title>';
  const page = `${head}<style>${style}</style></head><body><!--facts--><script type="module">${script}</script></body></html>\n`;
  await writeFile(join(folder, "frame.html"), page);
  // Once for a plain script, where import.meta is nothing, once as a module.
  const define = { "import.meta.url": "location.href" };
  await writeFile(join(folder, "widget.js"), await textOf("client/widget/loader.ts", { format: "iife", define }));
  await writeFile(join(folder, "widget.mjs"), await textOf("client/widget/loader.ts", { format: "esm" }));
}

async function textOf(entry, options = {}) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    external: ["/assets/*"],
    target: "es2022",
    write: false,
    logLevel: "warning",
    ...options,
  });
  return outputFiles[0].text.trim();
}
