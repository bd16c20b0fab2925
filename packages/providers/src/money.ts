/** Rounded to a millionth of a dollar, so that sums and comparisons are not blurred by binary fractions. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1_000_000) / 1_000_000;
}
