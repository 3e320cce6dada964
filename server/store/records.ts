/**
 * A journal row: what one commit did to one page of a job, as records in the core's order. Little-endian. A record begins with
 * its kind u8; all but a sender, a statement and a site go on with the unit's slot in its page u16.
 *
 *   sender   1  account f64, at f64, assignment 16 bytes, cluster u8 length and UTF-8; of the replicas that follow
 *   replica  2  slot, status u8 (0 ok, 1 failed), GPU microseconds f64, credit f64, digest 32 bytes
 *   bytes    3  slot, digest 32 bytes, place u8 (Place), length u32, the bytes when they are inline
 *   final    4  slot, at f64, replicas u16, the outcome (OUTCOMES) of each in the order they were recorded
 *   failed   5  slot, at f64
 *   due      6  slot; the auditor is to compute the unit before it ends
 *   statement 7  number f64; of the replicas that follow, and none before it
 *   site     8  number f64, of the sender right before it
 *   reference 9  slot, digest 32 bytes; of the final right after it, where the first that is paid gave another result, within a tolerance
 *
 * The tables say where a record's fields begin, in bytes from its kind; `end` is where what has no fixed length begins, or the
 * next record.
 */
export const Kind = { Sender: 1, Replica: 2, Bytes: 3, Final: 4, Failed: 5, Due: 6, Statement: 7, Site: 8, Reference: 9 } as const;
/** Where result bytes are. */
export const Place = { Inline: 0, Row: 1, Blob: 2 } as const;

export const SLOT_AT = 1;
export const SENDER = { account: 1, at: 9, assignment: 17, clusterBytes: 33, end: 34 } as const;
export const REPLICA = { status: 3, gpuMicros: 4, credit: 12, digest: 20, end: 52 } as const;
export const BYTES = { digest: 3, place: 35, length: 36, end: 40 } as const;
export const FINAL = { at: 3, replicas: 11, end: 13 } as const;
export const FAILED = { at: 3, end: 11 } as const;
export const STATEMENT = { id: 1, end: 9 } as const;
export const SITE = { id: 1, end: 9 } as const;
export const DUE = { end: 3 } as const;
export const REFERENCE = { digest: 3, end: 35 } as const;
