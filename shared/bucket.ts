/** What kind of GPU a host says it has: a label for reports, never a reason for trust. */
import type { Host } from "./messages.ts";

const FIELDS = ["vendor", "architecture", "browser", "os"] as const;
const MAX_WORD = 32;
/** As WebGPU names vendors and architectures: what a host might say besides is not shown to others. */
const WORD = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Before the words of the coordinator's own host. */
const AUDITOR = "auditor";

/** The four words, divided by slashes; what was not told is empty. The auditor's begins with its name. */
export type Bucket = string & { readonly brand: "Bucket" };
export type BucketWords = Record<(typeof FIELDS)[number], string> & { auditor: boolean };

export function bucketOf(host: Pick<Host, (typeof FIELDS)[number]>, isAuditor: boolean): Bucket {
  const words = FIELDS.map((field) => (WORD.test(host[field]) ? host[field].slice(0, MAX_WORD) : ""));
  return (isAuditor ? [AUDITOR, ...words] : words).join("/") as Bucket;
}

export function bucketWords(bucket: Bucket): BucketWords {
  const words = bucket.split("/");
  const auditor = words.length > FIELDS.length;
  const [vendor = "", architecture = "", browser = "", os = ""] = auditor ? words.slice(1) : words;
  return { vendor, architecture, browser, os, auditor };
}
