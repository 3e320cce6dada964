import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GALLERY = readdirSync(join(ROOT, "shaders")).map((job) => `shaders/${job}/README.md`);
const PAGES = ["README.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`), ...GALLERY].filter((name) =>
  name.endsWith(".md"),
);

it.each(PAGES)("%s links to what is there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? "").filter((link) => !link.includes(":"));
  for (const link of links) expect(existsSync(join(ROOT, dirname(page), link)), link).toBe(true);
});
