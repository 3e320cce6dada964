import { describe, expect, it } from "vitest";
import { lanAddress, namesOf, networkOrigin } from "../../../server/access/machine.ts";

const card = (address: string, internal = false) => ({ address, internal });
const LAPTOP = {
  lo: [card("127.0.0.1", true), card("::1", true)],
  docker0: [card("172.17.0.1")],
  tun0: [card("203.0.113.8")],
  wlan0: [card("fe80::1"), card("fd00::5"), card("192.168.1.5")],
};

describe("a machine", () => {
  it("is reached at its address in the local network rather than at a public one or a container's", () => {
    expect(lanAddress(LAPTOP)).toBe("192.168.1.5");
    expect(lanAddress({ ...LAPTOP, wlan0: [] })).toBe("203.0.113.8");
    expect(lanAddress({ lo: LAPTOP.lo, wlan0: [card("fe80::1"), card("169.254.7.7")] })).toBeUndefined();
  });

  it("has its host's name, its name in the local network, and its addresses but those that no page can name", () => {
    expect(namesOf(["0.0.0.0", "[fd00::5]", "lab.example"], LAPTOP, "Lab-PC")).toEqual({
      dns: ["localhost", "lab-pc", "lab-pc.local", "lab.example"],
      ip: ["127.0.0.1", "::1", "fd00::5", "172.17.0.1", "203.0.113.8", "192.168.1.5"],
    });
    // A name that no certificate can hold.
    expect(namesOf([], {}, "lab_pc").dns).toEqual(["localhost"]);
  });
});

describe("a coordinator's origin for others", () => {
  it.each([
    [{ host: "127.0.0.1", publicUrl: "" }, undefined],
    [{ host: "localhost", publicUrl: "" }, undefined],
    [{ host: "127.0.0.1", publicUrl: "https://a.example" }, "https://a.example"],
    [{ host: "192.168.1.5", publicUrl: "" }, "https://192.168.1.5:8080"],
    [{ host: "fd00::5", publicUrl: "" }, "https://[fd00::5]:8080"],
  ])("of %j is %s", (place, origin) => {
    expect(networkOrigin({ ...place, isSecure: true }, 8080)).toBe(origin);
  });

  it("leaves out the port that its scheme has by itself", () => {
    expect(networkOrigin({ host: "192.168.1.5", publicUrl: "", isSecure: true }, 443)).toBe("https://192.168.1.5");
    expect(networkOrigin({ host: "192.168.1.5", publicUrl: "", isSecure: false }, 80)).toBe("http://192.168.1.5");
  });
});
