// What expert 2 knows of the present besides its profiles, averages and lags: the slots of its numbers.
/** L. */
export const LEVEL = 0;
/** s: what features are measured in. */
export const SCALE = 1;
export const HOUR_MEAN = 2;
export const DAY_ONE_COUNT = 3;
export const DAY_ONE_MEAN = 4;
export const DAY_ONE_SQUARES = 5;
export const IS_SEEDED = 6;
/** 1 once A2 is read. */
export const READS_WEEK = 7;
/** 1 once day one has passed. */
export const IS_LEARNING = 8;
export const HAS_AVERAGES = 9;
/** A1 + A2 at the last sample, after it was learned from. */
export const SEASONS_NOW = 10;
export const NUMBERS = 11;
