// The mathematics of curves: smoothing, and the mean of several runs with its standard error.

/**
 * An exponential moving average, (x₀wⁿ + … + xₙ) / (wⁿ + … + 1): the weights of what was seen sum to one, so that the
 * beginning is not pulled towards zero. Gaps stay gaps.
 */
export function smooth(values, weight) {
  if (weight === 0) return values;
  let sum = 0, total = 0;
  return values.map(value => {
    if (value === null) return null;
    sum = weight * sum + value;
    total = weight * total + 1;
    return sum / total;
  });
}

/** The value of a curve at a place between its points; null outside of them. */
export function at(xs, ys, x, from = 0) {
  let i = from;
  while (i < xs.length && xs[i] < x) i++;
  if (i === xs.length || (i === 0 && xs[0] > x)) return { value: null, index: i };
  if (xs[i] === x || i === 0) return { value: ys[i], index: i };
  const share = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  const value = ys[i - 1] === null || ys[i] === null ? null : ys[i - 1] + share * (ys[i] - ys[i - 1]);
  return { value, index: i };
}

/**
 * The mean of several curves and its standard error, at the places of the one with the most points, up to where the
 * second longest ends: beyond, one seed alone would look like the mean of all.
 */
export function meanOf(curves) {
  const known = curves.filter(curve => curve.xs.length > 0);
  if (known.length === 0) return { xs: [], mean: [], low: [], high: [] };
  const ends = known.map(curve => curve.xs.at(-1)).sort((a, b) => b - a);
  const end = ends[Math.min(1, ends.length - 1)];
  const finest = known.reduce((best, curve) => curve.xs.length > best.xs.length ? curve : best);
  const xs = finest.xs.filter(x => x <= end);
  const places = known.map(() => 0), mean = [], low = [], high = [];
  for (const x of xs) {
    const values = [];
    known.forEach((curve, i) => {
      const found = at(curve.xs, curve.ys, x, Math.max(0, places[i] - 1));
      places[i] = found.index;
      if (found.value !== null) values.push(found.value);
    });
    const n = values.length, average = values.reduce((sum, value) => sum + value, 0) / n;
    const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
    const error = n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0;
    mean.push(n ? average : null);
    low.push(n ? average - error : null);
    high.push(n ? average + error : null);
  }
  return { xs, mean, low, high };
}
