// What the pictures of several tasks share: the agent's probabilities, and a strip of the whole trial.

import { colour, h, meter, numberCell, rowHead } from './dom.js';
import { percent } from './format.js';

/** A bar for each action: how likely the agent was to take it. `show` marks the one that it took. */
export function probabilityBars(names) {
  const rows = names.map(name => {
    const bar = meter(), text = numberCell();
    return { row: h('tr', {}, rowHead(name), bar.cell, text), bar, text };
  });
  return {
    element: h('table', { class: 'bars' }, h('caption', {}, 'probability of each action'),
      h('tbody', {}, rows.map(({ row }) => row))),
    show(probabilities, action) {
      rows.forEach(({ row, bar, text }, i) => {
        const share = probabilities?.[i];
        bar.show(share);
        text.textContent = share === undefined ? '' : percent(share);
        row.classList.toggle('taken', i === action);
      });
    },
  };
}

/**
 * The whole trial at one glance: a column for each step and a row for each action, the fuller the likelier, with a dot
 * on the action taken, dark where it brought more. A click goes there.
 */
export function strip(trial, rows, go) {
  const canvas = h('canvas', {
    class: 'strip', role: 'img', 'aria-label': `Probabilities of ${rows} actions over ${trial.steps.length} steps`,
    click: event => go(1 + Math.floor(event.offsetX / canvas.clientWidth * trial.steps.length)),
  });
  let shown = 1;
  const most = trial.steps.reduce((best, one) => Math.max(best, one.reward), -Infinity);
  const least = trial.steps.reduce((best, one) => Math.min(best, one.reward), Infinity);
  new ResizeObserver(() => draw()).observe(canvas);

  function draw() {
    const ratio = devicePixelRatio, steps = trial.steps.length, row = Math.max(5, Math.min(16, 220 / rows));
    canvas.style.height = `${row * rows}px`;
    const width = canvas.width = Math.round(canvas.clientWidth * ratio);
    const height = canvas.height = Math.round(row * rows * ratio);
    const ctx = canvas.getContext('2d'), across = width / steps, down = height / rows;
    const accent = colour('accent'), ink = colour('ink'), paper = colour('paper');
    for (let i = 0; i < steps; i++) {
      const { probabilities, action, reward } = trial.steps[i];
      const x = i * across, isPast = i < shown;
      for (let arm = 0; arm < rows; arm++) {
        ctx.globalAlpha = (probabilities?.[arm] ?? 0) * (isPast ? 0.9 : 0.25);
        ctx.fillStyle = accent;
        ctx.fillRect(Math.floor(x), Math.floor(arm * down), Math.ceil(across), Math.ceil(down) - 1);
      }
      if (!isPast) continue;
      const radius = Math.max(0.8 * ratio, Math.min(across, down) * 0.22);
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.arc(x + across / 2, (action + 0.5) * down, radius, 0, 2 * Math.PI);
      ctx.fillStyle = most > least && reward > (most + least) / 2 ? ink : paper;
      ctx.fill();
      ctx.lineWidth = Math.max(1, ratio * 0.75);
      ctx.strokeStyle = ink;
      if (radius > 2 * ratio) ctx.stroke();
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ink;
    ctx.lineWidth = ratio;
    ctx.strokeRect((shown - 1) * across + 0.5, 0.5, Math.max(2, across) - 1, height - 1);
  }
  return { element: canvas, show(step) { shown = step; draw(); } };
}

