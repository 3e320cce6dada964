import { expect, test } from "vitest";
import { Announcer } from "../../../client/page/announcer.ts";

test("a headline is told once in 20 s; until then nothing is, rather than the last one", () => {
  const announcer = new Announcer();
  expect(announcer.take("14 units are yours.", false, 0)).toBe("14 units are yours.");
  expect(announcer.take("14 units are yours.", false, 1_000)).toBe("14 units are yours.");
  expect(announcer.take("15 units are yours.", false, 2_000)).toBe("");
  expect(announcer.take("16 units are yours.", false, 19_999)).toBe("");
  expect(announcer.take("16 units are yours.", false, 20_000)).toBe("16 units are yours.");
});

test("what is urgent, and the answer to a click, waits for nothing", () => {
  const announcer = new Announcer();
  announcer.take("Getting your first unit.", false, 0);
  expect(announcer.take("Waiting for your charger.", true, 100)).toBe("Waiting for your charger.");
  expect(announcer.take("14 units are yours.", false, 200)).toBe("");
  announcer.hurry();
  expect(announcer.take("Stopped.", false, 300)).toBe("Stopped.");
});
