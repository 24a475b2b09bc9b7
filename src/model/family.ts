/** Of IP. */
export type Family = 4 | 6;
