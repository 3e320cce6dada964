/** What of a job's needs a GPU does not have, in words that name the limit and where it comes from. */
import { limitRange } from "../../shared/limits.ts";
import type { Host } from "../../shared/messages.ts";
import type { Admitted } from "../admit/package.ts";

/** What of a job is judged. */
export type Needs = Pick<Admitted, "plan" | "warnings">;

/** One sentence for each need that `host` does not meet; hosts tell their limits in steps, so a met one may be among them. */
export function lackingOf({ plan, warnings }: Needs, host: Pick<Host, "features" | "limits">): string[] {
  const { features, limits } = plan.requires;
  // `… needs A 512 (WebGPU's default is 256) and B 512: only hosts …` names more than one.
  const because = (need: string, field: string, value = "") => {
    for (const text of warnings) {
      const [who = "", what = ""] = text.split(" needs ");
      if (what.split(": only hosts", 1)[0]?.split(/[ ,]/).includes(need)) return `${who} needs ${need}${value}`;
    }
    return `${field} of job.json asks for it`;
  };
  const missing = features
    .filter((name) => !host.features.includes(name))
    .map((name) => `It has no ${name} (${because(name, "requires.features")}).`);
  const short = Object.entries(limits).flatMap(([name, needed]) => {
    const has = host.limits[name] ?? limitRange(name)?.default ?? 0;
    return has >= needed
      ? []
      : [`Its ${name} is ${has}, and ${needed} is needed (${because(name, `requires.limits.${name}`, ` ${needed}`)}).`];
  });
  return [...missing, ...short];
}
