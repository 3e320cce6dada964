import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { articleParts } from "./scripts/article-parts.mjs";
import LongFirst from "./scripts/test-order.mjs";
import { ARTICLES } from "./shared/articles.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** They put another module in a real one's place. */
const OWN_MODULES = ["tests/unit/page/beside.test.ts"];

export default defineConfig({
  root: path("client/page"),
  base: "/",
  worker: { format: "es" },
  plugins: [articleParts],
  build: {
    outDir: path("dist/client"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
    rolldownOptions: {
      input: {
        index: path("client/page/index.html"),
        ...Object.fromEntries([...ARTICLES, "not-found"].map((name) => [name, path(`client/page/${name}.html`)])),
        lending: path("client/widget/lending.ts"),
      },
      // What the widget's frame loads by its address keeps its exports.
      preserveEntrySignatures: "exports-only",
    },
  },
  server: {
    proxy: {
      "/api": "http://localhost:8080",
      "/blobs": "http://localhost:8080",
      "/socket.io": { target: "ws://localhost:8080", ws: true },
    },
  },
  test: {
    root: path("."),
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // Most of what runs waits for browsers and timers, on two cores too.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    reporters: ["default"],
    projects: [
      { extends: true, test: { name: "scenes", include: ["tests/{browser,chaos,simulation}/**/*.test.ts", ...OWN_MODULES] } },
      // Files share their processes: to load the modules anew for each takes longer than most of the tests.
      { extends: true, test: { name: "units", include: ["tests/unit/**/*.test.ts"], exclude: OWN_MODULES, isolate: false } },
    ],
  },
});
