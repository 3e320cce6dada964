/** The newest refused replicas of a job that are listed. */
export const REFUSED_LISTED = 500;
