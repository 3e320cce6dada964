/** Where a person finds a unit: the page on its coordinator that tells of it, and lets them check it. */

const PAGE = "/unit";

/** A job as far as its units' addresses depend on it: a pool's are its members' to open. */
export interface Addressed {
  id: number;
  pool?: { id: number } | undefined;
}

/** Path and query; without a unit the page asks for one. */
export function unitAddress({ id, pool }: Addressed, unit?: number): string {
  const of = [`job=${id}`, ...(unit === undefined ? [] : [`unit=${unit}`]), ...(pool ? [`pool=${pool.id}`] : [])];
  return `${PAGE}?${of.join("&")}`;
}

export interface Named {
  /** Undefined: the address names none, or not by a number. */
  job: number | undefined;
  unit: number | undefined;
}

/** What the query of such an address names. */
export function readUnitAddress(search: string): Named {
  const query = new URLSearchParams(search);
  const job = wholeNumber(query.get("job"));
  return { job: job === 0 ? undefined : job, unit: wholeNumber(query.get("unit")) };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
