/**
 * What one submit holds at most, and how many are queued. The driver cuts its chunks to it, and what lies below has room for as much: stamps for so many
 * units, places for so many boxes, staging memory for so many bytes.
 */

/** Chunks in the queue at most, however short: units that come meanwhile share the next one. */
export const MAX_QUEUED_CHUNKS = 4;
/** Units, each with its inputs, its buffers and its time stamps. */
export const MAX_SUBMIT_UNITS = 32;
/** Dispatches: recording them takes time too, and drivers guard against endless command buffers. */
export const MAX_SUBMIT_DISPATCHES = 1024;
/** GPU memory of its units together (one unit may have more), and what is uploaded for them. */
export const MAX_SUBMIT_BYTES = 32 * 1024 * 1024;
