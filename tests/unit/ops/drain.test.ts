import { expect, it } from "vitest";
import { Drain } from "../../../server/access/drain.ts";

it("nothing under way is nothing to wait for", async () => {
  const drain = new Drain();
  drain.begin();
  expect(await drain.settled(60_000)).toBe(0);
});

it("nothing new is begun once it drains", () => {
  const drain = new Drain();
  expect(() => drain.makeSure()).not.toThrow();
  drain.begin();
  expect(() => drain.makeSure()).toThrow(expect.objectContaining({ code: "shutting-down" }));
});

it("is settled when the last that was under way is out, however often each says so", async () => {
  const drain = new Drain();
  const [first, second] = [drain.enter(), drain.enter()];
  drain.begin();
  let left: number | undefined;
  const settled = drain.settled(60_000).then((count) => {
    left = count;
  });
  first();
  first();
  await Promise.resolve();
  expect([left, drain.count]).toEqual([undefined, 1]);
  second();
  await settled;
  expect(left).toBe(0);
});

it("tells how much it did not wait for when the time is over", async () => {
  const drain = new Drain();
  drain.enter();
  expect(await drain.settled(1)).toBe(1);
});
