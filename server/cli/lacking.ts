/** What of a job's needs a GPU does not have, in words that name the limit and where it comes from. */
import { limitRange } from "../../shared/limits.ts";
import type { Host } from "../../shared/messages.ts";
import type { Admitted } from "../admit/package.ts";

/** What of a job is judged. */
export type Judged = Pick<Admitted, "plan" | "needs">;

/** One sentence for each need that `host` does not meet; hosts tell their limits in steps, so a met one may be among them. */
export function lackingOf({ plan, needs }: Judged, host: Pick<Host, "features" | "limits">): string[] {
  const { features, limits } = plan.requires;
  const because = (field: string, what: string, value?: number) => {
    const need = needs.find((each) => each.what === what && each.value === value);
    return need ? `${need.who} needs ${value === undefined ? what : `${what} ${value}`}` : `${field} of job.json asks for it`;
  };
  const missing = features
    .filter((name) => !host.features.includes(name))
    .map((name) => `It has no ${name} (${because("requires.features", name)}).`);
  const short = Object.entries(limits).flatMap(([name, needed]) => {
    const has = host.limits[name] ?? limitRange(name)?.default ?? 0;
    return has >= needed ? [] : [`Its ${name} is ${has}, and ${needed} is needed (${because(`requires.limits.${name}`, name, needed)}).`];
  });
  return [...missing, ...short];
}
