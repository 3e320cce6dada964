/** Numbers that are taken from the units' rows where the units have none: one cause, told at the first of them. */
import { counted } from "../../shared/counted.ts";
import { list } from "../../shared/kernel/path.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { columnsIn } from "./names.ts";

/** True where it was told. `tables`: the package's CSV files. */
export function checkRowless(manifest: Manifest, tables: readonly string[], faults: Faults): boolean {
  if ("rows" in manifest.units || faults.holes.touches(["units"])) return false;
  const sets = [
    ...Object.entries(manifest.bindings ?? {}).map(([name, { set }]) => usesIn(set, ["bindings", name, "set"])),
    ...manifest.passes.map(({ set }, pass) => usesIn(set, ["passes", pass, "set"])),
  ];
  const [first, ...others] = sets.flat();
  if (!first) return false;
  const more =
    others.length > 0
      ? ` ${counted(others.length, "more number")} of job.json ${others.length === 1 ? "is" : "are"} taken from them too.`
      : "";
  const file = tables.length === 1 ? tables[0] : "params.csv";
  const columns = list([...columnsIn([first, ...others].map(({ reference }) => reference))]);
  faults.at(
    first.path,
    `The units have no rows.${more}`,
    `Let units be {"rows": "${file}"}, a line a unit, with ${columns} in its header.`,
  );
  return true;
}

interface Use {
  path: JsonPath;
  reference: string;
}

function usesIn(value: unknown, path: JsonPath): Use[] {
  if (typeof value === "string") return value.startsWith("$row.") ? [{ path, reference: value }] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    // An affine map is one number.
    if (key === "of") return usesIn(inner, path);
    return usesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  });
}
