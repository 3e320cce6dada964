import { describe, expect, it } from "vitest";
import { Throughput } from "../../../../client/donor/computing/throughput.ts";

/** A GPU that does 100 GFLOP/s while it runs, in units of 0.1 s, lent at `share` from `from` to `to`, seconds. */
function lend(throughput: Throughput, share: number, from: number, to: number): void {
  for (let at = 1_000 * from; at < 1_000 * to; at += 250) {
    throughput.lent(250 * share, 250, at);
    throughput.finished(10, 100_000, at);
  }
}

describe("the throughput", () => {
  it("is null before anything was measured", () => expect(new Throughput().gflops(0)).toBeNull());

  it("is that of the time that passed, not of the time in which something ran, and follows the dose", () => {
    const throughput = new Throughput();
    lend(throughput, 0.9, 0, 20);
    expect(throughput.gflops(20_000)).toBeCloseTo(90);
    lend(throughput, 0.1, 20, 30);
    expect(throughput.gflops(30_000)).toBeCloseTo(10);
  });

  it("forgets units of long ago", () => {
    const throughput = new Throughput();
    lend(throughput, 0.5, 0, 5);
    throughput.lent(125, 250, 60_000);
    expect(throughput.gflops(60_000)).toBeNull();
  });
});
