// Numbers and times as people read them.

/** 3.4M, 512k, 80. */
export function count(value) {
  if (value === null || value === undefined) return '–';
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
    if (value >= size) return trim(value / size, 3) + unit;
  return String(Math.round(value));
}

/** Four digits that matter. */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('-', '−').replace('e+', 'e');
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3).replace('-', '−');
}

/** 12 s, 4 min, 2 h 05. */
export function time(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 100) return `${trim(seconds, 2)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`;
}

export const percent = share => `${Math.round(100 * share)} %`;

/** mean_return → mean return. */
export const words = name => name.replaceAll('_', ' ');

function trim(value, digits) {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
}
