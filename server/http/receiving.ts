/** Which results are being received: bounded for one unit, one account, one line and one cluster, so that nobody keeps the others out. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";
import { isLimited, lineOf, prefixOf } from "../access/address.ts";

/** Results received at a time, by all volunteers together. */
const MAX_RECEIVING = 256;
/** Of one account: a browser sends two. */
const MAX_PER_ACCOUNT = 4;
/** Of one public line: a household or a lab. */
const MAX_PER_LINE = 12;
/** Of one cluster (IPv4 /24, IPv6 /48), which one person may have whole: a few in a hundred. */
const MAX_PER_CLUSTER = 16;

export interface Sender {
  account: AccountId;
  job: JobId;
  unit: UnitIndex;
  address: string;
}

export class Receiving {
  private readonly units = new Set<string>();
  private readonly counts = new Map<string, number>();

  /** Throws `too-fast` when this one is too many; what it returns must be called when it has ended. */
  enter({ account, job, unit, address }: Sender): () => void {
    const key = `${account}/${job}/${unit}`;
    const bounds: [string, number, string][] = [
      ["all", MAX_RECEIVING, "results at a time"],
      [`account/${account}`, MAX_PER_ACCOUNT, "results of one volunteer at a time"],
    ];
    if (isLimited(address)) {
      bounds.push([`line/${lineOf(address)}`, MAX_PER_LINE, "results from one address at a time"]);
      bounds.push([`cluster/${prefixOf(address)}`, MAX_PER_CLUSTER, "results from one network at a time"]);
    }
    if (this.units.has(key)) throw tooMany("the same result is being received already");
    for (const [name, limit, words] of bounds) if ((this.counts.get(name) ?? 0) >= limit) throw tooMany(`${limit} ${words}`);
    this.units.add(key);
    for (const [name] of bounds) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return () => {
      if (!this.units.delete(key)) return;
      for (const [name] of bounds) this.leave(name);
    };
  }

  private leave(name: string): void {
    const left = (this.counts.get(name) ?? 0) - 1;
    if (left > 0) this.counts.set(name, left);
    else this.counts.delete(name);
  }
}

function tooMany(limit: string): IdlewaveError {
  return new IdlewaveError("too-fast", { limit, retrySeconds: 1 });
}
