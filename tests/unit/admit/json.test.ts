import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson, readOn } from "../../../server/admit/json.ts";

describe("the JSON reader", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const read = readJson("job.json", text);
        // Integers beyond 53 bits and -0 are the two differences, both on purpose or without consequence.
        if (!("placeOf" in read)) expect(read.wrong).toMatch(/more than 53 bits|nested/);
        else expect(JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws and agrees with JSON.parse on what is JSON, whatever it is given", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      "1",
      "-",
      "0.5e3",
      "true",
      "null",
      " ",
      "\n",
      "\\",
      "\\u00",
      "//",
      "é",
      "\u0000",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("");
        const read = readJson("job.json", text);
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if ("placeOf" in read) expect(valid).toBe(true);
        else {
          expect(read.line).toBeGreaterThan(0);
          expect(read.column).toBeGreaterThan(0);
          if (valid) expect(read.wrong).toMatch(/twice|beyond double precision/);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("knows where each value stands, and the nearest parent of what is not there", () => {
    const read = readJson("job.json", '{\n  "a": [1,\n    {"b c": true}],\n "d": 5}');
    if (!("placeOf" in read)) throw new Error(read.wrong);
    expect(read.placeOf([])).toEqual({ line: 1, column: 1 });
    expect(read.placeOf(["a", 1])).toEqual({ line: 3, column: 5 });
    expect(read.placeOf(["a", 1, "b c"])).toEqual({ line: 3, column: 13 });
    expect(read.placeOf(["a", 7, "x"])).toEqual({ line: 2, column: 8 });
  });

  it("keeps a member called __proto__ a member", () => {
    const read = readJson("job.json", '{"__proto__": {"x": 1}}');
    if (!("placeOf" in read)) throw new Error(read.wrong);
    expect(Object.keys(read.value as object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype);
  });

  it.each([
    ["[".repeat(100_000), /nested more than 64/],
    ['{"a":'.repeat(100_000), /nested more than 64/],
    [`"${"\\".repeat(99_999)}`, /not closed/],
    ["1e999", /beyond double precision/],
    ["", /is empty/],
    [" \n", /is empty/],
  ])("refuses a bomb or a torso: %#", (text, wrong) => {
    expect(readJson("job.json", text)).toMatchObject({ wrong: expect.stringMatching(wrong) });
  });

  it("goes on behind comments and commas, and tells each of them", () => {
    const text = '{ // one\n "a": [1, 2,], /* two */\n "b": {"c": 1,}\n "d": "//" }';
    const { json, faults } = readOn("job.json", text);
    expect(json?.value).toEqual({ a: [1, 2], b: { c: 1 }, d: "//" });
    expect(json?.placeOf(["d"])).toEqual({ line: 4, column: 7 });
    expect(faults.map(({ line, column, wrong }) => `${line}:${column} ${wrong}`)).toEqual([
      "1:3 JSON has no comments.",
      "2:12 There is a comma before the ].",
      "2:16 JSON has no comments.",
      "3:14 There is a comma before the }.",
      "4:2 A comma or } is missing here.",
    ]);
  });

  it("goes on nowhere where it is not sure what was meant, and keeps what it has read", () => {
    const { json, faults, whole } = readOn("job.json", '{"a": 1, "b": "x"", "c": 2}');
    expect([json, whole]).toEqual([undefined, { a: 1, b: "x" }]);
    expect(faults).toMatchObject([{ line: 1, column: 18, wrong: "A comma or } is missing here." }]);
  });
});
