import { beforeEach, expect, test, vi } from "vitest";
import type { Overheard } from "../../../client/donor/tabs/onlooker.ts";
import { Beside } from "../../../client/page/beside.ts";
import { donorState } from "../../browser/page-fixtures.ts";

const heard = vi.hoisted(() => ({ by: [] as unknown[] }));
vi.mock("../../../client/donor/tabs/onlooker.ts", () => ({
  Onlooker: class {
    constructor(overheard: unknown) {
      heard.by.push(overheard);
    }
    close(): void {}
  },
}));

beforeEach(() => void heard.by.splice(0));

function looking() {
  const facts: unknown[] = [];
  const openFacts = () => ({ postMessage: (fact: unknown) => void facts.push(fact) }) as unknown as MessagePort;
  const told = { onState: vi.fn(), onEnd: vi.fn(), onForgotten: vi.fn() };
  new Beside({ openFacts, ...told }).look();
  return { told, facts, tab: heard.by.at(-1) as Overheard };
}

test("an account that is forgotten is shown no more, though its donor's last word comes after its end", () => {
  const { told, tab } = looking();
  tab.onHolder(donorState({ publicKey: "aa" }));
  tab.onForgotten();
  tab.onHolder(null);
  tab.onHolder(donorState({ publicKey: "aa" }));
  expect([told.onState.mock.calls.length, told.onForgotten.mock.calls.length]).toEqual([1, 1]);
});

test("an account that ended before it was forgotten is not shown again, the next one is", () => {
  const { told, tab } = looking();
  tab.onHolder(donorState({ publicKey: "aa" }));
  tab.onHolder(null);
  tab.onForgotten();
  tab.onHolder(donorState({ publicKey: "aa" }));
  tab.onHolder(donorState({ publicKey: "bb" }));
  expect(told.onState.mock.calls.map(([state]) => state.publicKey)).toEqual(["aa", "bb"]);
});

test("squares of earlier visits go with the account, though no donor was heard of", () => {
  const { facts, tab } = looking();
  tab.onForgotten();
  expect(facts).toEqual([{ type: "forgotten" }]);
});

test("what a donor finishes while its account is forgotten is nobody's", () => {
  const { facts, tab } = looking();
  tab.onHolder(donorState({ publicKey: "aa" }));
  tab.onForgotten();
  tab.onFact({ type: "unit", unit: { job: 1, unit: 3, state: "waiting", progress: 1 } });
  expect(facts).toEqual([{ type: "forgotten" }]);
});
