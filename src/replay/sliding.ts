// The largest and the least of a window that slides over values, in about one comparison a step.

/** The largest of the values at the last step asked for and the `window` steps before it. Steps are asked for in order; later values may still change. */
export function slidingMost(values: Float64Array, window: number): (step: number) => number {
  return extreme(values, window, false);
}

/** The least, likewise. */
export function slidingLeast(values: Float64Array, window: number): (step: number) => number {
  return extreme(values, window, true);
}

/** Keeps where the extreme lies and looks at the whole window again only when it has left it. */
function extreme(values: Float64Array, window: number, isLeast: boolean): (step: number) => number {
  let place = -1;
  return (step) => {
    const first = Math.max(0, step - window);
    let from = step;
    if (place < first) {
      place = first;
      from = first + 1;
    }
    for (let i = from; i <= step; i++) {
      const [value, best] = [values[i] as number, values[place] as number];
      if (isLeast ? value <= best : value >= best) place = i;
    }
    return values[place] as number;
  };
}
