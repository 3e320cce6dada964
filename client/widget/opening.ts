/** What a frame shows first, before anybody did anything; null: it goes on under a yes that holds, else asks. */
import type { Agreement } from "./agreement.ts";
import type { Scene } from "./scene.ts";

export function openingOf(agreement: Agreement): Scene | null {
  if (!agreement.job) return { kind: "no-job" };
  if (!("gpu" in navigator) || !isSecureContext) return { kind: "unable" };
  const { kind } = agreement.kept();
  if (kind === "never") return { kind: "never" };
  return kind === "no" ? { kind: "declined" } : null;
}
