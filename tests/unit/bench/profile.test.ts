import { expect, it } from "vitest";
import { addSelfTimes, type CpuProfile, type SelfTimes } from "../../bench/profile.ts";

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0, columnNumber: 0 });

it("counts self time inside the window alone, and native code where it is called from", () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame("(root)", ""), children: [2] },
      { id: 2, callFrame: frame("commit", "file:///store.ts"), children: [3] },
      { id: 3, callFrame: frame("run", ""), children: [] },
    ],
    samples: [2, 3, 2, 2],
    timeDeltas: [0, 10, 20, 30],
    startTime: 1000,
  };
  const times: SelfTimes = { places: new Map(), functions: new Map() };
  addSelfTimes(times, profile, 1005, 1050, ({ functionName, url }) => (url === "" ? null : { place: url, name: functionName }));
  expect([...times.functions]).toEqual([
    ["file:///store.ts\trun (native)", 20],
    ["file:///store.ts\tcommit", 30],
  ]);
  expect([...times.places]).toEqual([["file:///store.ts", 50]]);
});
