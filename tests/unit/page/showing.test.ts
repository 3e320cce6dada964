import { describe, expect, test } from "vitest";
import { Showing } from "../../../client/page/showing.ts";
import { job, primes } from "../../browser/page-fixtures.ts";

describe("the shown job", () => {
  test("is the computed one at once, then keeps its place for 20 seconds while others are computed", () => {
    const showing = new Showing();
    let shown = showing.take(job(), primes(), 0);
    expect(shown?.id).toBe(2);
    const ids: (number | undefined)[] = [];
    for (let second = 1; second <= 45; second++) {
      shown = showing.take(shown, second % 2 ? job() : primes(), 1_000 * second);
      ids.push(shown?.id);
    }
    expect(ids.filter((id, at) => at > 0 && id !== ids[at - 1])).toEqual([1, 2]);
  });

  test("gives way at once when it is done, and is told as fresh as it is known", () => {
    const showing = new Showing();
    showing.take(null, job(), 0);
    expect(showing.take(job({ state: "done" }), primes(), 1_000)?.id).toBe(2);
    expect(showing.take(primes(), primes({ volunteers: 12 }), 2_000)?.volunteers).toBe(12);
    expect(showing.take(primes(), null, 60_000)?.id).toBe(2);
  });
});
