/** What becomes of operations that are added when a commit has failed. */
import { expect, it } from "vitest";
import { GroupCommit } from "../../server/group-commit.ts";

const OP = { type: "due", job: 1 as never, unit: 1 as never } as const;

it("whoever waits is told of a failure, whether the operations came before it or after", async () => {
  const told: unknown[] = [];
  const commit = new GroupCommit<string>({
    store: { commit: () => Promise.reject(new Error("the disk is full")) },
    onCommit: undefined,
    onWritten: (_, notices) => told.push(...notices),
    onFailure: (error) => commit.fail(error),
  });
  commit.add([OP], ["first"]);
  await expect(commit.written()).rejects.toThrow("the disk is full");
  commit.add([OP], ["second"]);
  await expect(commit.written()).rejects.toThrow("the disk is full");
  expect(told).toEqual([]);
});
