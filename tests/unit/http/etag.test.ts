import { describe, expect, it } from "vitest";
import { hasTag, mayRange } from "../../../server/http/etag.ts";

describe("entity tags", () => {
  it.each([
    [undefined, '"a"', false],
    ['"a"', '"a"', true],
    ['"b"', '"a"', false],
    ["*", '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['W/"a"', 'W/"a"', true],
    ['"b", W/"a" ,"c"', '"a"', true],
    ['"b","c"', '"a"', false],
    // A comma may be part of a tag.
    ['"b,a"', '"a"', false],
    ['"b,a"', '"b,a"', true],
    ["a", '"a"', false],
    ["", '"a"', false],
  ])("If-None-Match %s has %s: %s", (header, etag, has) => {
    expect(hasTag(header, etag)).toBe(has);
  });

  it.each([
    [undefined, '"a"', true],
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', false],
    ['W/"a"', 'W/"a"', false],
    ["Sun, 06 Nov 1994 08:49:37 GMT", '"a"', false],
  ])("If-Range %s lets a range of %s be served: %s", (header, etag, may) => {
    expect(mayRange(header, etag)).toBe(may);
  });
});
