import { expect, it } from "vitest";
import { Opened } from "../../server/opened.ts";

it("all that was opened is closed, the latest first, whatever fails, and the first failure is told", async () => {
  const opened = new Opened();
  const closed: string[] = [];
  const part = (name: string, error?: Error) => ({
    close: async () => {
      closed.push(name);
      if (error) throw error;
    },
  });
  opened.add(part("store"));
  opened.add(part("disk", new Error("second")));
  opened.add(part("doors", new Error("first")));
  await expect(opened.close()).rejects.toThrow("first");
  expect(closed).toEqual(["doors", "disk", "store"]);
  await opened.close();
  expect(closed).toHaveLength(3);
});
