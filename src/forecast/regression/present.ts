// What expert 2 knows of the present besides its profiles, averages and lags.
export function createPresent() {
  return {
    /** L. */
    level: 0,
    /** s: what features are measured in. */
    scale: 0,
    /** M: the hour's mean of u - A3. */
    hourMean: 0,
    dayOneCount: 0, dayOneMean: 0, dayOneSquares: 0,
    isSeeded: 0,
    /** 1 once A2 is read. */
    readsWeek: 0,
    /** 1 once day one has passed. */
    isLearning: 0,
    hasAverages: 0,
    /** A1 + A2 at the last sample, after it was learned from. */
    seasonsNow: 0,
  };
}

export type Present = ReturnType<typeof createPresent>;
