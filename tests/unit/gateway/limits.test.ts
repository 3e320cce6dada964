import { describe, expect, it } from "vitest";
import { AddressLimits, CONNECT_RATE, MAX_SOCKETS_PER_ADDRESS } from "../../../server/gateway/limits.ts";

const sameLine = (i: number) => `2001:db8:1:2::${i.toString(16)}`;

describe("connections", () => {
  it("of one IPv6 /64 are counted together, whatever its addresses", () => {
    const limits = new AddressLimits();
    const admitted = Array.from({ length: 3 * CONNECT_RATE.burst }, (_, i) => limits.admits(sameLine(i), 0)).filter(Boolean);
    expect(admitted).toHaveLength(CONNECT_RATE.burst);
    expect(limits.admits("2001:db8:1:3::1", 0)).toBe(true);
  });

  it("that are open are bounded for a /64, until one leaves from any of its addresses", () => {
    const limits = new AddressLimits();
    for (let i = 0; i < MAX_SOCKETS_PER_ADDRESS; i++) limits.enter(sameLine(i), 0);
    expect(limits.admits(sameLine(9999), 0)).toBe(false);
    limits.leave(sameLine(3));
    expect(limits.admits(sameLine(9999), 0)).toBe(true);
  });
});
