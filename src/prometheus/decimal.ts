// The number that a run of bytes writes, exactly as Number() would read it, without a string for most of them.
// Anything that is not a number of JSON, nor NaN or an infinity as Prometheus writes them, is undefined: never 0.

const ZERO = 48;
const NINE = 57;
/** The powers of ten that a double holds exactly; with a mantissa below 2^53 one rounding remains (Clinger 1990). */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["+Inf", Infinity],
  ["Inf", Infinity],
  ["-Inf", -Infinity],
]);
const DECIMAL = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$/;

/** The number written in `bytes[from, to)`: NaN and infinities are numbers here; undefined where it is none. */
export function decimal(bytes: Buffer, from: number, to: number): number | undefined {
  let at = from;
  const negative = bytes[at] === 45;
  if (negative) at++;
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  for (; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) break;
    mantissa = mantissa * 10 + byte - ZERO;
    digits++;
  }
  if (digits > 0 && at < to && bytes[at] === 46) {
    for (at++; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte < ZERO || byte > NINE) break;
      mantissa = mantissa * 10 + byte - ZERO;
      fraction++;
    }
  }
  if (at !== to || digits === 0) return slowDecimal(bytes, from, to);
  if (mantissa > Number.MAX_SAFE_INTEGER || fraction >= POWERS.length) return Number(bytes.toString("latin1", from, to));
  const size = fraction === 0 ? mantissa : mantissa / (POWERS[fraction] as number);
  return negative ? -size : size;
}

function slowDecimal(bytes: Buffer, from: number, to: number): number | undefined {
  const text = bytes.toString("latin1", from, to);
  return DECIMAL.test(text) ? Number(text) : SPECIAL.get(text);
}
