/** What may be lent in somebody else's page. */
import { DOSES, type Dose } from "../donor/state.ts";

export const FIRST_DOSE: Dose = 0.25;
/** No more than half is lent there. */
const WIDGET_DOSES = DOSES.filter((dose) => dose <= 0.5);

/** The dose one step away, null at the ends. */
export function doseBeside(dose: Dose, step: -1 | 1): Dose | null {
  return WIDGET_DOSES[WIDGET_DOSES.indexOf(dose) + step] ?? null;
}

/** `value` if it is one of them. */
export function knownDose(value: unknown): Dose | undefined {
  return WIDGET_DOSES.find((dose) => dose === value);
}
