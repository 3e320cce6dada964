/** The mark on its grid: a wave cut into slices. */

/** Squares a side. */
export const MARK_SIDE = 8;
/** Heights of its columns, left to right. */
export const MARK_COLUMNS = [4, 5, 6, 5, 4, 3, 2, 3] as const;
