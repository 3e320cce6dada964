/** A second entry point that says of a unit's result whether it is right. */
import Type, { type Static } from "typebox";
import { IDENTIFIER } from "./file.ts";
import { Workgroups } from "./pass.ts";

export const Checker = Type.Object(
  {
    entryPoint: Type.String({ pattern: IDENTIFIER, description: "A @compute function of the kernel.", examples: ["check"] }),
    workgroups: Workgroups,
    verdict: Type.String({
      pattern: IDENTIFIER,
      description:
        "The binding that it writes, u32 or an array of u32, which begins as zeros: a result is accepted when each of them is 1. No output.",
      examples: ["verdict"],
    }),
  },
  {
    additionalProperties: false,
    description:
      "An entry point that tells of a unit's result whether it is right, where that is cheaper than computing it. The outputs are bound under their own names and hold the result; every other binding holds what it does when the unit begins.",
    examples: [{ entryPoint: "check", workgroups: [1], verdict: "verdict" }],
  },
);
export type ManifestChecker = Static<typeof Checker>;
