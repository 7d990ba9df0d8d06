/** What many measurements come to. */

/** @typedef {{median: number | null, min: number | null, max: number | null}} Spread */

/**
 * Median and extremes; null where there is nothing to tell.
 *
 * @param {readonly (number | null)[]} values
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? null;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
  const median = upper === null || lower === null ? null : rounded((upper + lower) / 2, 3);
  return { median, min: sorted[0] ?? null, max: sorted.at(-1) ?? null };
}

/**
 * `12 (11 … 15)`; the median alone where all values are the same, or there was one.
 *
 * @param {Spread} values
 */
export function spreadText({ median, min, max }) {
  return min === max ? `${median ?? '–'}` : `${median} (${min} … ${max})`;
}

/**
 * The smallest value that so large a share of all is not above; null without values.
 *
 * @param {readonly number[]} values
 * @param {number} share 0 to 1.
 * @param {number} digits
 */
export function percentile(values, share, digits = 1) {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? null : rounded(value, digits);
}

/**
 * The straight line that is nearest to some points (least squares), and how much of what they do it explains: 1 is all.
 *
 * @param {readonly (readonly [x: number, y: number])[]} points
 */
export function line(points) {
  const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const sum = (/** @type {(dx: number, dy: number) => number} */ product) =>
    points.reduce((total, [x, y]) => total + product(x - meanX, y - meanY), 0);
  const [xx, xy, yy] = [sum((dx) => dx * dx), sum((dx, dy) => dx * dy), sum((_, dy) => dy * dy)];
  if (xx === 0 || yy === 0) return null;
  const slope = xy / xx;
  return {
    slope: rounded(slope, 4),
    at_zero: rounded(meanY - slope * meanX, 3),
    r2: rounded((xy * xy) / (xx * yy), 4),
  };
}

/**
 * @param {number} value
 * @param {number} digits
 */
export function rounded(value, digits) {
  return Number(value.toFixed(digits));
}
