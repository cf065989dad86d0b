// Curves: the lines of the selected runs as uPlot draws them, one large chart or many small ones.

import { colour } from './dom.js';
import { count, figure, time, words } from './format.js';
import { meanOf, smooth } from './series.js';
import { lines, onePerSeed, state, unit } from './state.js';

const width = { large: 1.75, small: 1.25 };

/** The names of all figures of the selected runs, as they stand in the logs; the axes are none. */
export function figures() {
  const names = new Set();
  for (const id of state.selected)
    for (const name of Object.keys(state.curves.get(id)?.columns ?? {}))
      if (!['iteration', 'steps', 'seconds'].includes(name)) names.add(name);
  return [...names];
}

/** The data of every line for a figure: where, how high, and the band of its seeds or its curve before smoothing. */
export function linesOf(name) {
  return lines().map(line => {
    const curves = onePerSeed(line.runs).map(run => curveOf(run.id, name)).filter(curve => curve !== null);
    if (curves.length === 0) return { ...line, xs: [], ys: [] };
    if (curves.length === 1) {
      const [{ xs, ys }] = curves;
      return { ...line, xs, ys: smooth(ys, state.smoothing), raw: state.smoothing > 0 ? ys : null };
    }
    const { xs, mean, low, high } = meanOf(curves.map(({ xs, ys }) => ({ xs, ys: smooth(ys, state.smoothing) })));
    return { ...line, xs, ys: mean, low, high };
  });
}

function curveOf(id, name) {
  const columns = state.curves.get(id)?.columns;
  // Copies, since the columns grow and a chart must not know of a point before it is told.
  return columns?.[name] && columns[state.axis] ? { xs: [...columns[state.axis]], ys: [...columns[name]] } : null;
}

/**
 * A chart in an element. `draw` gives it other lines; it is made anew only when their number or kind changes, so that a
 * curve grows without a flicker. `marks` are heights with a name, drawn across.
 */
export class Chart {
  constructor(element, { small = false, cursor = () => { } } = {}) {
    Object.assign(this, { element, small, cursor, shape: '', marks: [], plot: null });
    this.resizing = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.resizing.observe(element);
  }

  draw(drawnLines, marks = []) {
    this.marks = marks;
    const tables = drawnLines.map(line => [line.xs, ...columnsOf(line)]);
    const data = tables.length ? uPlot.join(tables) : [[]];
    const shape = JSON.stringify([drawnLines.map(line => [line.key, line.index, columnsOf(line).length]), state.axis]);
    if (this.plot && shape === this.shape) {
      // New points widen the view, but not one that was chosen.
      const { min, max } = this.plot.scales.x, [xs] = this.plot.data, isZoomed = min > xs[0] || max < xs.at(-1);
      this.plot.setData(data);
      if (isZoomed) this.plot.setScale('x', { min, max });
    } else {
      this.plot?.destroy();
      this.shape = shape;
      this.plot = new uPlot(this.options(drawnLines), data, this.element);
    }
  }

  /** Where the cursor is, and the value of each line there; null where there is none. */
  atCursor() {
    const { data, cursor: { idx } } = this.plot;
    return idx === null || idx === undefined ? null
      : { x: data[0][idx], values: this.places.map(place => near(data[place], idx)) };
  }

  /** After another theme. */
  repaint() {
    this.shape = '';
  }

  destroy() {
    this.resizing.disconnect();
    this.plot?.destroy();
  }

  size() {
    return { width: Math.max(100, this.element.clientWidth), height: Math.max(60, this.element.clientHeight) };
  }

  options(drawnLines) {
    const series = [{}], bands = [];
    this.places = [];                   // of the lines among the series
    for (const line of drawnLines) {
      const stroke = colour(`line-${line.index % 8}`);
      this.places.push(series.length);
      series.push({ stroke, width: this.small ? width.small : width.large, spanGaps: true, points: { show: false } });
      if (line.low) {
        bands.push({ series: [series.length + 1, series.length], fill: faint(stroke, 0.16) });
        for (let side = 0; side < 2; side++)
          series.push({ stroke: faint(stroke, 0), width: 0, spanGaps: true, points: { show: false } });
      } else if (line.raw) {
        series.push({ stroke: faint(stroke, 0.28), width: 1, spanGaps: true, points: { show: false } });
      }
    }
    const ink = colour('muted'), hairline = { stroke: colour('hairline'), width: 1 };
    const axis = { stroke: ink, ticks: { show: false }, font: `${this.small ? 10 : 12}px ${fontOf(this.element)}` };
    return {
      ...this.size(), series, bands,
      legend: { show: false },
      padding: [10, this.small ? 6 : 12, 0, 0],
      cursor: {
        y: false, sync: { key: 'runs' }, points: { size: this.small ? 5 : 7 },
        drag: { x: !this.small, y: false },
      },
      scales: { x: { time: false }, y: { range: (_, low, high) => this.range(low, high) } },
      axes: [
        { ...axis, size: this.small ? 22 : 30, space: this.small ? 50 : 70, grid: { show: false },
          values: (_, values) => values.map(value => state.axis === 'steps' ? count(value) : time(value)) },
        { ...axis, size: this.small ? 44 : 54, gap: 6, space: this.small ? 24 : 44, grid: hairline,
          values: (_, values) => values.map(tick) },
      ],
      hooks: {
        draw: [plot => this.drawMarks(plot)],
        setCursor: [() => this.plot && this.cursor(this.atCursor())],
      },
    };
  }

  range(low, high) {
    if (low === null || !Number.isFinite(low)) return [0, 1];
    for (const mark of this.marks) [low, high] = [Math.min(low, mark.value), Math.max(high, mark.value)];
    const margin = (high - low || Math.abs(high) || 1) * (this.marks.length ? 0.09 : 0.06);
    return [low - margin, high + margin];
  }

  drawMarks({ ctx, bbox, valToPos }) {
    ctx.save();
    const ratio = devicePixelRatio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.font = `${11 * ratio}px ${fontOf(this.element)}`;
    ctx.textAlign = 'right';
    const highest = Math.max(...this.marks.map(mark => mark.value));
    for (const mark of this.marks) {
      const y = Math.round(valToPos(mark.value, 'y', true)), isAbove = mark.value === highest;
      ctx.lineWidth = ratio;
      ctx.strokeStyle = ctx.fillStyle = colour('muted');
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      // The higher one has its name above its line and the lower one below, so that they never meet.
      ctx.textBaseline = isAbove ? 'bottom' : 'top';
      const name = [mark.name, bbox.left + bbox.width - 4 * ratio, y + (isAbove ? -4 : 5) * ratio];
      ctx.setLineDash([]);
      ctx.strokeStyle = colour('paper');
      ctx.lineWidth = 4 * ratio;
      ctx.strokeText(...name);
      ctx.fillText(...name);
      ctx.setLineDash([4 * ratio, 4 * ratio]);
    }
    ctx.restore();
  }
}

/** What a screen reader says of the large chart. */
export function describe(drawnLines, name) {
  const ends = drawnLines.filter(line => line.xs.length)
    .map(line => `${line.name}, ${figure(line.ys.at(-1))} at ${placeOf(line.xs.at(-1))}`);
  return `${words(name)} over ${state.axis === 'steps' ? unit() : 'time'}: ${ends.join('; ') || 'nothing yet'}`;
}

/** A place on the axis: so many steps or tokens, or so much time. */
export const placeOf = x => state.axis === 'steps' ? `${count(x)} ${unit()}` : time(x);

const columnsOf = line => line.low ? [line.ys, line.low, line.high] : line.raw ? [line.ys, line.raw] : [line.ys];

// Where several curves share the cursor, not each has a point just there: the nearest one speaks.
function near(values, index) {
  for (let away = 0; away < values.length; away++)
    for (const place of [index - away, index + away])
      if (values[place] !== null && values[place] !== undefined) return values[place];
  return null;
}

function tick(value) {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-3 && size < 1e5);
  return (isPlain ? String(Number(value.toPrecision(6))) : value.toExponential(0)).replace('-', '−');
}

const fontOf = element => getComputedStyle(element).fontFamily;

const faint = (rgb, share) => `rgba(${rgb.match(/[\d.]+/g).slice(0, 3).join(', ')}, ${share})`;
