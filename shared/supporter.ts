/** What everybody may know of the sites whose visitors lend here. */
import Type, { type Static } from "typebox";

export const SupporterSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  origin: Type.String({ description: "Scheme, host and port." }),
  since: Type.String({ description: "Since when its visitors' units are counted, ISO 8601." }),
  units: Type.Integer({
    description:
      "Units of public jobs that became final and earned credit, of those who said they were its visitors; nothing attests that.",
  }),
  credit: Type.Number({ description: "What those units are worth." }),
});
export type Supporter = Static<typeof SupporterSchema>;

const AsOf = Type.String({ description: "When the figures were taken, ISO 8601: once an hour at most." });
export const SupporterListSchema = Type.Object({ asOf: AsOf, sites: Type.Array(SupporterSchema) });
export type SupporterList = Static<typeof SupporterListSchema>;
export const SupporterFactsSchema = Type.Object({ asOf: AsOf, site: SupporterSchema });
export type SupporterFacts = Static<typeof SupporterFactsSchema>;
