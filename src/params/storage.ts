/** When a disk counts as nearly full: doctor examines it, and a running controller tells of it. */

/** Share of the disk that should be free, 0..1. */
export const LEAST_FREE = 0.05;
