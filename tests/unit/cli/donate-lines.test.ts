import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DonorPhase, DonorState } from "../../../client/donor/state.ts";
import { Teller } from "../../../server/cli/donate-lines.ts";

const SECOND_MS = 1_000;
const MINUTES = 3;

let said: string[];
let teller: Teller;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  said = [];
  for (const stream of [process.stderr, process.stdout])
    vi.spyOn(stream, "write").mockImplementation((line) => {
      said.push(String(line));
      return true;
    });
  teller = new Teller(false);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const DONE: DonorPhase = { kind: "job-done", job: 1, final: false };
const waiting = (reason: "waits-for-others" | "no-jobs", retryMs = 2_000): DonorPhase => ({ kind: "waiting", reason, retryMs });
const state = (phase: DonorPhase, changes: object = {}): DonorState =>
  ({
    ...{ phase, job: { id: 1, title: "Primes", verification: { quorum: 2 } }, adapter: "a card", own: null, publicKey: "k", gpuSeconds: 0 },
    ...{ units: { submitted: 9, final: 5, refused: 0 }, credit: { final: 1, escrow: 0.5 } },
    ...changes,
  }) as DonorState;

/** Told each second for some minutes, as a donor tells it. */
function last(phaseAt: (second: number) => DonorPhase): void {
  for (let second = 0; second < 60 * MINUTES; second++) {
    teller.tell(state(phaseAt(second)));
    vi.advanceTimersByTime(SECOND_MS);
  }
}

describe("what donate says", () => {
  it.each<[string, (second: number) => DonorPhase, string]>([
    ["a job is done", () => DONE, "Primes is done. "],
    ["nothing is left", (second) => waiting("waits-for-others", second), "Nothing is left for you now. "],
    ["it computes", () => ({ kind: "running" }), "Computing Primes on a card. "],
  ])("while %s and nothing changes is one line, and then one a minute", (_, phaseAt, words) => {
    last(phaseAt);
    expect(said).toEqual(new Array(1 + MINUTES).fill(`${words}5 units verified; 1.0000 credits, 0.5000 more wait.\n`));
  });

  it("is said once a minute also where nothing more is told to it, until it ends", () => {
    teller.tell(state(DONE));
    vi.advanceTimersByTime(60 * SECOND_MS);
    expect(said).toHaveLength(2);
    teller.close(state(DONE));
    vi.advanceTimersByTime(600 * SECOND_MS);
    expect(said).toHaveLength(2);
  });

  it("is a line at once for another state, and soon for other figures", () => {
    teller.tell(state(waiting("waits-for-others")));
    teller.tell(state(waiting("no-jobs")));
    expect(said).toHaveLength(2);
    const more = state(waiting("no-jobs"), { units: { submitted: 9, final: 6, refused: 0 } });
    teller.tell(more);
    expect(said).toHaveLength(2);
    vi.advanceTimersByTime(10 * SECOND_MS);
    teller.tell(more);
    expect(said[2]).toMatch(/6 units verified/);
  });

  it("names the job whose units wait: the credits beside them are of all jobs", () => {
    teller.tell(state({ kind: "running" }, { own: { job: 1, waiting: 72, final: 5 } }));
    expect(said[0]).toContain("5 units verified, 72 of Primes wait for another volunteer; ");
  });

  it("is with --json a line a state, and one a minute", () => {
    teller = new Teller(true);
    last(() => DONE);
    expect(said.map((line) => JSON.parse(line) as object)).toEqual(
      new Array(1 + MINUTES).fill(expect.objectContaining({ phase: "job-done", job: 1, gpuSeconds: 0 })),
    );
  });
});
