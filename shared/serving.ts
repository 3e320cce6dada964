interface Ranked {
  id: number;
  priority: number;
}

/** The order in which jobs are served and told of: the higher priority first, of one priority the older job. For `sort`. */
export function byServingOrder(a: Ranked, b: Ranked): number {
  return b.priority - a.priority || a.id - b.id;
}
