// Kubernetes quantities (`50`, `500m`, `1Ki`, `1e3`) as numbers, with the API server's own rounding and bounds.

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };

/** Longest text taken. */
export const QUANTITY_LENGTH = 32;
/** Two digits of exponent reach far beyond what a 64-bit quantity holds. */
export const QUANTITY_PATTERN = "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$";
const QUANTITY = new RegExp(QUANTITY_PATTERN);
const SUFFIX = /(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)$/;

/** The least amount that is not zero: the API server rounds up to it. */
const NANO = 1e-9;

/** The number that a quantity stands for; undefined if it is none. */
export function parseQuantity(text: string | number): number | undefined {
  const written = String(text);
  if (written.length > QUANTITY_LENGTH || !QUANTITY.test(written)) return undefined;
  const suffix = SUFFIX.exec(written)?.[0] ?? "";
  const digits = written.slice(0, written.length - suffix.length);
  const value = toNumber(digits, suffix);
  return value === 0 ? 0 : Math.sign(value) * Math.max(NANO, Math.abs(value));
}

function toNumber(digits: string, suffix: string): number {
  const factor = BINARY[suffix];
  if (factor !== undefined) return Number(digits) * factor;
  const exponent = DECIMAL[suffix];
  return Number(exponent === undefined ? digits + suffix : `${digits}e${exponent}`);
}
