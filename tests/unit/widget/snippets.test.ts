/** What docs/embedding.md has people paste is of the widget as it is. */
import { readFileSync } from "node:fs";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { ROOT } from "../../../server/root.ts";
import { WIDGET_SIZES, widgetSnippet } from "../../../shared/widget.ts";

const DOC = readFileSync(`${ROOT}/docs/embedding.md`, "utf8");
const LOADER = readFileSync(`${ROOT}/client/widget/loader.ts`, "utf8");

const [, list = ""] = /observedAttributes = \[(.*?)\]/.exec(LOADER) ?? [];
const attributes = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name ?? "");

function block(language: string): string {
  const [, text] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(DOC) ?? [];
  if (text === undefined) throw new Error(`there is no block of ${language}`);
  return text;
}

it("the table names each attribute of the element", () => {
  const [, table = ""] = DOC.split("| attribute | |");
  const rows = table.split("\n\n", 1)[0]?.matchAll(/^\| `(\w+)`/gm) ?? [];
  expect([...rows].map(([, name]) => name)).toEqual(attributes);
});

it("plain HTML is what site add prints", () => {
  const lines = (html: string) => html.replace(/\s+/g, " ").trim();
  expect(lines(DOC)).toContain(lines(widgetSnippet("https://COORDINATOR", "https://blog.example")));
});

it("React's types know each attribute that HTML has not, and its text is one that compiles", async () => {
  const text = block("tsx");
  const typed = [...text.matchAll(/^ {8}(\w+)\?:/gm)].map(([, name]) => name);
  expect([...typed, "lang"].sort()).toEqual([...attributes].sort());
  const { width, height } = WIDGET_SIZES.card;
  const { code } = await transform(text, { loader: "tsx", jsx: "automatic" });
  expect(code).toContain(`width: ${width}, height: ${height}`);
});

it("WordPress' shortcode takes each attribute but the site, which is the page's own, and keeps the room of each size", () => {
  const text = block("php");
  const [, taken = ""] = /shortcode_atts\(\[(.*?)\]/.exec(text) ?? [];
  expect(
    [...taken.matchAll(/'(\w+)' =>/g)]
      .map(([, name]) => name ?? "")
      .concat("site")
      .sort(),
  ).toEqual([...attributes].sort());
  for (const { width, height } of Object.values(WIDGET_SIZES)) expect(text).toContain(`width:${width}px;height:${height}px`);
});
