/** What the replicas of one account come to. */
export interface AccountSums {
  /** Credit of replicas whose unit has not ended, and of those that were paid. */
  escrow: number;
  final: number;
  submitted: number;
  unitsFinal: number;
  refused: number;
  /** GPU time, microseconds. */
  micros: number;
}

export function noSums(): AccountSums {
  return { escrow: 0, final: 0, submitted: 0, unitsFinal: 0, refused: 0, micros: 0 };
}
