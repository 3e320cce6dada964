import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dropResumed, resumeWith, takeResumed } from "../../../client/page/resume.ts";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  });
});
afterEach(() => void vi.unstubAllGlobals());

const at = (href: string) => vi.stubGlobal("location", { href });

test("a yes goes on in the page that a link leads to, once", () => {
  at("https://waves.example/?job=1#checked");
  resumeWith(0.25, "https://waves.example/?job=2");
  at("https://waves.example/?job=2#story");
  expect([takeResumed(), takeResumed()]).toEqual([0.25, undefined]);
});

test("a yes goes on in no other page, as where the link was not followed and the page was loaded again", () => {
  at("https://waves.example/?job=1");
  resumeWith(0.5, "/?job=2");
  expect(takeResumed()).toBeUndefined();
  at("https://waves.example/?job=2");
  expect(takeResumed()).toBeUndefined();
});

test("a yes that was taken back, or a dose that nobody knows, starts nothing", () => {
  at("https://waves.example/");
  resumeWith(0.5, "/");
  dropResumed();
  expect(takeResumed()).toBeUndefined();
  sessionStorage.setItem("idlewave-resume", JSON.stringify({ dose: 1, address: "https://waves.example/" }));
  expect(takeResumed()).toBeUndefined();
});
