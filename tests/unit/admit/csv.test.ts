import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalLines, MAX_CSV_FIELDS, readCsv } from "../../../server/admit/csv.ts";

const read = (text: string) => readCsv("t.csv", new TextEncoder().encode(text), (name) => name !== "label");
const table = (text: string) => {
  const found = read(text);
  if ("faults" in found) throw new Error(JSON.stringify(found.faults));
  return found;
};
const faults = (text: string) => {
  const found = read(text);
  if (!("faults" in found)) throw new Error("it was read");
  return found.faults;
};

describe("a CSV table", () => {
  it("takes the narrowest type that holds a column", () => {
    const { columns, count } = table('a,b,c,"d"\n1,-1,0.5,18446744073709551615\n2,5,1e2,0\n\n');
    expect(count).toBe(2);
    expect(columns).toEqual([
      { name: "a", type: "u64", min: 1n, max: 2n, minRow: 0, maxRow: 1 },
      { name: "b", type: "i64", min: -1n, max: 5n, minRow: 0, maxRow: 1 },
      { name: "c", type: "f64", min: 0.5, max: 100, minRow: 0, maxRow: 1, fractionRow: 0 },
      { name: "d", type: "u64", min: 0n, max: 18446744073709551615n, minRow: 1, maxRow: 0 },
    ]);
  });

  it("gives back every integer of 64 bits and every double it was given", () => {
    const integers = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(integers, fc.double({ noNaN: true, noDefaultInfinity: true }), (values, double) => {
        const lines = decimalLines(table(`i,f\r\n${values.map((value) => `${value}, ${double.toExponential()}`).join("\r\n")}`));
        expect(lines.map((line) => BigInt(line[0] ?? ""))).toEqual(values);
        expect(lines.every((line) => Number(line[1]) === double)).toBe(true);
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const found = readCsv("t.csv", bytes, () => true);
        if ("faults" in found) expect(found.faults.length).toBeGreaterThan(0);
        else expect(found.bytes.byteLength).toBe(8 * found.columns.length * found.count);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["", 1, /header line is missing/],
    ["a,a\n1,2", 1, /Two columns/],
    ["a b\n1", 1, /Column 1 is called "a b"/],
    ["a\n", 2, /no rows/],
    ["a\n1\n\n2", 3, /is empty/],
    ['a,b\n1,"2\n', 2, /quote opens here/],
    ['a,b\n"1,2\n3,4\n', 2, /quote opens here/],
    ['a,b\n1,"2,5\n', 2, /quote opens here/],
    ["a\n1.5,\n", 2, /2 fields/],
    ["a\n99999999999999999999", 2, /more than 64 bits/],
    ["a\n-9223372036854775809", 2, /more than 64 bits/],
    ["a\nNaN", 2, /no number/],
    ["a\n-1\n9223372036854775808", undefined, /above 2\^63 - 1/],
    [`${"a,".repeat(64)}b\n`, 1, /65 columns/],
  ])("says what is wrong with %j", (text, line, wrong) => {
    expect(faults(text)[0]).toMatchObject({ file: "t.csv", ...(line ? { line } : {}), wrong: expect.stringMatching(wrong) });
  });

  it("tells faults of the header and of the lines below it at once", () => {
    const found = faults("a,b,a\n1,2\n1,x,3\n");
    expect(found.map(({ line, wrong }) => `${line} ${wrong}`)).toEqual([
      "1 Two columns are called a.",
      "2 The line has 2 fields.",
      '3 "x" is no number.',
    ]);
  });

  it("stops at too many fields", () => {
    const header = Array.from({ length: 64 }, (_, i) => `c${i}`).join(",");
    const line = `\n${"1,".repeat(63)}1`;
    expect(faults(header + line.repeat(MAX_CSV_FIELDS / 64 + 1))[0]?.wrong).toMatch(/more than 4194304 fields/);
  });

  it("leaves a column of text out that nothing uses, commas between its quotes too, and keeps one of numbers", () => {
    const table = read('x,label,y\n1,"one, or so",2\n3,"say ""three""",4\n');
    if ("faults" in table) throw new Error(JSON.stringify(table.faults));
    expect(table.columns.map(({ name, minRow, max }) => [name, minRow, max])).toEqual([
      ["x", 0, 3n],
      ["y", 0, 4n],
    ]);
    expect(decimalLines(table)).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect([table.cell(0, 1), table.cell(1, 0)]).toEqual(["t.csv:2:16", "t.csv:3:1"]);
    const numbers = read("x,label\n1,7\n");
    expect("columns" in numbers && numbers.columns.map(({ name }) => name)).toEqual(["x", "label"]);
  });

  it("takes a mark of inches in a column of text for text", () => {
    expect(table('x,label\n1,"\n2,"half" an inch\n').count).toBe(2);
  });

  it("tells a text where a number is used, and a table of nothing but text", () => {
    expect(read("x,label\none,two\n")).toMatchObject({ faults: [{ line: 2, column: 1, field: "x" }] });
    expect(read("label\none\n")).toMatchObject({ faults: [{ wrong: "No column holds numbers alone." }] });
  });
});
