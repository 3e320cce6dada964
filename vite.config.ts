import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { articleParts } from "./scripts/article-parts.mjs";
import LongFirst from "./scripts/test-order.mjs";
import { ARTICLES } from "./shared/articles.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

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
    include: ["tests/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // Most of what runs waits for browsers and timers, on two cores too.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    reporters: ["default"],
  },
});
