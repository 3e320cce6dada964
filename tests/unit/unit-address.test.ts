import { expect, it } from "vitest";
import { readUnitAddress, unitAddress } from "../../shared/unit-address.ts";

const read = (address: string) => readUnitAddress(new URL(address, "http://localhost").search);

it("an address names a job and a unit, the first too, and reads as that", () => {
  expect(unitAddress({ id: 1 }, 305)).toBe("/unit?job=1&unit=305");
  expect(unitAddress({ id: 4, pool: { id: 3 } }, 0)).toBe("/unit?job=4&unit=0&pool=3");
  expect(read(unitAddress({ id: 4, pool: { id: 3 } }, 0))).toEqual({ job: 4, unit: 0 });
  expect(read(unitAddress({ id: 4 }))).toEqual({ job: 4, unit: undefined });
});

it.each(["?job=0", "?job=-1&unit=-1", "?job=1.5&unit=x", "?job=&unit=", "?job=9999999999999999&unit=1e3", ""])(
  "%s names nothing",
  (search) => {
    expect(readUnitAddress(search)).toEqual({ job: undefined, unit: undefined });
  },
);
