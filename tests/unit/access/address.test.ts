import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ClusterNames, clientAddress, isPublicAddress, lineOf, prefixOf, UNREADABLE_ADDRESS } from "../../../server/access/address.ts";
import { keptName, sameCluster } from "../../../server/core/cluster.ts";
import type { AccountId } from "../../../shared/ids.ts";
import { bytesOf, final, jobRow, openStore, publicKey, replica, SPEC, temporaryFolder } from "../store/place.ts";

const from = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } }) as unknown as IncomingMessage;

describe("a client's address", () => {
  const cases: [string, string, string | undefined, number, string][] = [
    ["is the socket's", "203.0.113.9", undefined, 0, "203.0.113.9"],
    ["is the socket's, whatever the header says, without a trusted proxy", "203.0.113.9", "198.51.100.1", 0, "203.0.113.9"],
    ["is what the one proxy appended", "10.0.0.2", "198.51.100.1", 1, "198.51.100.1"],
    ["is not what the client invented before it", "10.0.0.2", "1.2.3.4, 198.51.100.1", 1, "198.51.100.1"],
    ["is what the outer of two proxies appended", "10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", 2, "198.51.100.1"],
    ["is the socket's when the header is missing", "203.0.113.9", undefined, 1, "203.0.113.9"],
    ["is not the proxy's when the entry is no address", "10.0.0.2", "unknown", 1, UNREADABLE_ADDRESS],
    ["is what the proxy appended, without its port", "10.0.0.2", "198.51.100.1:1234", 1, "198.51.100.1"],
    ["is the IPv6 address the proxy appended, without its port", "10.0.0.2", "[2001:db8::7]:1234", 1, "2001:db8::7"],
    ["is the IPv6 address the proxy put into brackets", "10.0.0.2", "[2001:db8::7]", 1, "2001:db8::7"],
    ["is IPv4 when it was mapped into IPv6", "::ffff:203.0.113.9", undefined, 0, "203.0.113.9"],
  ];
  it.each(cases)("%s", (_name, remote, forwarded, hops, expected) => {
    expect(clientAddress(from(remote, forwarded), hops)).toBe(expected);
  });

  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.9.9",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.3.2",
    "::1",
    "fd00::1",
    "fe80::1",
    "",
  ])("%j says nothing", (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(["203.0.113.9", "172.32.0.1", "8.8.8.8", "2001:db8::1"])("%j is public", (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

describe("clusters", () => {
  it.each([
    ["203.0.113.9", "203.0.113.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    ["2001:0DB8:0001::6", "2001:db8:1::/48"],
    ["2001:db8::6", "2001:db8:0::/48"],
    ["2001::5:6:7:8:9:a", "2001:0:5::/48"],
  ])("of %s are %s", (address, prefix) => expect(prefixOf(address)).toBe(prefix));

  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:0001:0002::6", "2001:db8:1:2::/64"],
  ])("have lines: that of %s is %s", (address, line) => expect(lineOf(address)).toBe(line));

  const WEEK_MS = 7 * 24 * 3600 * 1000;
  const alice = 1 as AccountId;
  const bob = 2 as AccountId;

  const carol = 3 as AccountId;

  it("join a /24, keep private addresses apart by account, and hold no address", async () => {
    const names = new ClusterNames(openStore(join(await temporaryFolder(), "a.db")));
    const here = await names.of("203.0.113.9", alice, 0);
    expect(await names.of("203.0.113.200", bob, 0)).toBe(here);
    expect(sameCluster(await names.of("203.0.114.9", alice, 0), here)).toBe(false);
    expect(here).not.toContain("203.0.113");
    expect(await names.of("127.0.0.1", alice, 0)).not.toBe(await names.of("127.0.0.1", bob, 0));
  });

  it("take all whose address cannot be read for one", async () => {
    const names = new ClusterNames(openStore(join(await temporaryFolder(), "a.db")));
    const one = await names.of(UNREADABLE_ADDRESS, alice, 0);
    expect(sameCluster(one, await names.of(UNREADABLE_ADDRESS, bob, 0))).toBe(true);
    expect(sameCluster(one, await names.of("203.0.113.9", bob, 0))).toBe(false);
  });

  it("are one over the turn of the week, and kept under names that cannot be joined", async () => {
    const names = new ClusterNames(openStore(join(await temporaryFolder(), "a.db")));
    const before = await names.of("203.0.113.9", alice, WEEK_MS - 1);
    for (const weeks of [1, 2, 30]) {
      const after = await names.of("203.0.113.200", bob, weeks * WEEK_MS);
      expect(sameCluster(before, after)).toBe(true);
      expect(keptName(after)).not.toBe(keptName(before));
      expect(sameCluster(before, await names.of("203.0.114.9", carol, weeks * WEEK_MS))).toBe(false);
    }
  });

  it("are known again after a restart, as long as a replica bears an older name; then its key goes", async () => {
    const store = openStore(join(await temporaryFolder(), "a.db"));
    const { id: job } = await store.addJob(jobRow(), SPEC);
    const { id: account } = await store.accountOf(publicKey(1), 1);
    const kept = keptName(await new ClusterNames(store).of("203.0.113.9", account, 0));
    await store.commit([replica(job, 0, account, "a", { cluster: kept }), bytesOf(job, 0, "a")]);
    const later = await new ClusterNames(store).of("203.0.113.200", bob, 3 * WEEK_MS);
    expect(sameCluster(kept, later)).toBe(true);
    expect(keptName(later)).not.toBe(kept);
    expect(sameCluster(kept, await new ClusterNames(store).of("203.0.114.9", bob, 3 * WEEK_MS))).toBe(false);

    await store.commit([final(job, 0, "a", [account])]);
    expect(sameCluster(kept, await new ClusterNames(store).of("203.0.113.200", bob, 4 * WEEK_MS))).toBe(false);
    expect(await store.secrets("address-key/")).toEqual(["address-key/4"]);
  });
});
