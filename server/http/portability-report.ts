/**
 * Which kinds of GPUs agree on a job: what is counted (core/portability.ts), without telling what somebody has. A kind with few
 * volunteers is told of with its vendor's others, and where these are few too with all that are.
 */
import { type Bucket, bucketWords } from "../../shared/bucket.ts";
import type { AccountId } from "../../shared/ids.ts";
import {
  type GpuKind,
  MAX_HOSTS_COUNTED,
  MIN_TOLD_HOSTS,
  type PortabilityExample,
  type PortabilityReport,
} from "../../shared/portability.ts";
import type { PortabilityRow, PortabilityRows } from "../core/portability-store.ts";

type Pair = PortabilityReport["pairs"][number];
type Deviation = Pair["differed"][number];

/** Units that are named of a pair. */
const MAX_EXAMPLES = 8;

const VENDOR = { architecture: "", browser: "", os: "" };
const OTHERS = { vendor: "", ...VENDOR };

/** `withUnits`: units in which some differ may be named. */
export function portabilityReport(
  rows: PortabilityRows,
  withUnits: boolean,
): Pick<PortabilityReport, "kinds" | "pairs" | "proven" | "untold"> {
  const kinds = kindsOf(rows);
  const told: GpuKind[] = [];
  const placeOf = (bucket: Bucket): number | undefined => {
    const kind = kinds.get(bucket);
    if (!kind) return undefined;
    if (!told.includes(kind)) told.push(kind);
    return told.indexOf(kind);
  };
  const pairs = new Map<string, Pair>();
  let proven = 0;
  let untold = 0;
  for (const row of rows.pairs) {
    proven += row.proven;
    if (compared(row) === 0) continue;
    const [one, other] = [placeOf(row.bucket), placeOf(row.other)];
    if (one === undefined || other === undefined) untold += compared(row);
    else add(pairAt(pairs, one, other), row, one, other, withUnits);
  }
  const sorted = [...pairs.values()].sort((a, b) => differences(b) - differences(a) || agreements(b) - agreements(a));
  return { kinds: told, pairs: sorted, proven, untold };
}

/** Of each kind as whose it is told; none: as nobody's. */
function kindsOf({ hosts, few }: PortabilityRows): Map<Bucket, GpuKind> {
  const kinds = new Map<Bucket, GpuKind>();
  const byVendor = new Map<string, Bucket[]>();
  for (const [bucket, count] of hosts) {
    const { auditor, ...words } = bucketWords(bucket);
    if (auditor) kinds.set(bucket, { kind: "auditor", ...words, hosts: count });
    else if (count >= MIN_TOLD_HOSTS) kinds.set(bucket, { kind: "gpu", ...words, hosts: count });
    else byVendor.set(words.vendor, [...(byVendor.get(words.vendor) ?? []), bucket]);
  }
  const rest: Bucket[] = [];
  for (const [vendor, buckets] of byVendor) {
    const hosts = hostsOf(few, buckets);
    if (vendor === "" || hosts < MIN_TOLD_HOSTS) rest.push(...buckets);
    else tell(kinds, buckets, { kind: "vendor", vendor, ...VENDOR, hosts });
  }
  const hosted = hostsOf(few, rest);
  if (hosted >= MIN_TOLD_HOSTS) tell(kinds, rest, { kind: "others", ...OTHERS, hosts: hosted });
  return kinds;
}

/** One volunteer counts once, whatever it says to have. */
function hostsOf(few: PortabilityRows["few"], buckets: readonly Bucket[]): number {
  const accounts = new Set<AccountId>();
  for (const { bucket, account } of few) if (buckets.includes(bucket)) accounts.add(account);
  return Math.min(MAX_HOSTS_COUNTED, accounts.size);
}

function tell(kinds: Map<Bucket, GpuKind>, buckets: readonly Bucket[], kind: GpuKind): void {
  for (const bucket of buckets) kinds.set(bucket, kind);
}

function pairAt(pairs: Map<string, Pair>, one: number, other: number): Pair {
  const kinds = [Math.min(one, other), Math.max(one, other)];
  const key = kinds.join(" ");
  const pair = pairs.get(key) ?? { kinds, same: 0, alike: 0, taken: 0, undecided: 0, differed: [] };
  pairs.set(key, pair);
  return pair;
}

function add(pair: Pair, row: PortabilityRow, right: number, deviating: number, withUnits: boolean): void {
  pair.same += row.same;
  pair.alike += row.alike;
  pair.taken = Math.max(pair.taken, row.taken);
  pair.undecided += row.undecided;
  if (row.differed === 0) return;
  const deviation = pair.differed.find((each) => each.right === right && each.deviating === deviating) ?? begin(pair, right, deviating);
  deviation.units += row.differed;
  deviation.hosts = Math.min(MAX_HOSTS_COUNTED, deviation.hosts + row.deviants);
  if (withUnits) deviation.examples = [...deviation.examples, ...row.examples.map(exampleOf)].slice(0, MAX_EXAMPLES);
}

function begin(pair: Pair, right: number, deviating: number): Deviation {
  const deviation: Deviation = { right, deviating, units: 0, hosts: 0, examples: [] };
  pair.differed.push(deviation);
  return deviation;
}

function exampleOf({ unit, audited, difference: { byte, element } }: PortabilityRow["examples"][number]): PortabilityExample {
  const { output = "", dtype = "", index = [], mine = "", theirs = "" } = element ?? {};
  return { unit, audited, byte, output, dtype, index, right: mine, deviating: theirs };
}

function compared({ same, alike, differed, undecided }: PortabilityRow): number {
  return same + alike + differed + undecided;
}

function differences({ undecided, differed }: Pair): number {
  return differed.reduce((sum, { units }) => sum + units, undecided);
}

function agreements({ same, alike }: Pair): number {
  return same + alike;
}
