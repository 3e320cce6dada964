import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { MANIFEST_JSON_SCHEMA } from "../../../shared/manifest.ts";
import { manifest } from "./package.ts";

describe("the published schema", () => {
  it("is valid JSON Schema 2020-12, and holds tuples to their length", () => {
    const ajv = new Ajv2020({ strict: false });
    const schema = JSON.parse(JSON.stringify(MANIFEST_JSON_SCHEMA)) as object;
    expect(ajv.validateSchema(schema)).toBe(true);
    const check = ajv.compile(schema);
    expect(check(manifest())).toBe(true);
    expect(check(manifest({ units: { grid: [1, 2, 3] } }))).toBe(true);
    expect(check(manifest({ units: { grid: [1, 2, 3, 4] } }))).toBe(false);
    expect(check(manifest({ units: { grid: [1, 2] } }))).toBe(false);
  });
});
