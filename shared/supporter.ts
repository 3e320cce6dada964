/** What everybody may know of the sites whose visitors lend here. */
import Type, { type Static } from "typebox";

export const SupporterSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  origin: Type.String({ description: "Scheme, host and port." }),
  since: Type.String({ description: "Since when its visitors' units are counted, ISO 8601." }),
  units: Type.Integer({
    description:
      "Units of public jobs that became final and earned credit, of those who said they were its visitors; nothing attests that. Rounded down: to tens below a hundred, else to two significant digits.",
  }),
  fewerThanTen: Type.Boolean({ description: "Whether there are some, but fewer than ten: units is 0 then." }),
  credit: Type.Union([Type.Number(), Type.Null()], {
    description: "What so many units of them are worth on the average, rounded down to two significant digits; null below ten units.",
  }),
});
export type Supporter = Static<typeof SupporterSchema>;

const AsOf = Type.String({ description: "When the figures were taken, ISO 8601: at the turn of the hour." });
export const SupporterListSchema = Type.Object({ asOf: AsOf, sites: Type.Array(SupporterSchema) });
export type SupporterList = Static<typeof SupporterListSchema>;
export const SupporterFactsSchema = Type.Object({ asOf: AsOf, site: SupporterSchema });
export type SupporterFacts = Static<typeof SupporterFactsSchema>;

type Units = Pick<Supporter, "units" | "fewerThanTen">;

/** "none yet", "fewer than 10", "2,300": `written` writes the number. */
export function unitsTold({ units, fewerThanTen }: Units, written: (units: number) => string): string {
  if (fewerThanTen) return "fewer than 10";
  return units === 0 ? "none yet" : written(units);
}

/** The same as a sentence has it: "no units verified yet", "2,300 units verified". */
export function verifiedTold(told: Units, written: (units: number) => string): string {
  const isNone = told.units === 0 && !told.fewerThanTen;
  return isNone ? "no units verified yet" : `${unitsTold(told, written)} units verified`;
}
