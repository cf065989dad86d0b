// A world from above: cells or a plane, what lies in it, and the way that the agent went; grey in earlier episodes,
// else in the colour of the skill that was in charge, dashed while the agent explores. Beside it, what it did.

import { colour, h } from './dom.js';
import { probabilityBars } from './replay-parts.js';
import { tablePicture } from './replay-table.js';

const side = 480, margin = 16, colours = 8;
const kinds = { D: 'death', I: 'ice', E: 'energy', T: 'teleporter', K: 'key', L: 'lock', G: 'goal' };

export function worldPicture(trial) {
  const canvas = h('canvas', {
    class: 'map', width: side, height: side, role: 'img', 'aria-label': 'The world with the agent and its way',
  });
  const { actions } = trial, isPlain = actions > 0 && actions <= 8 && trial.steps[0].probabilities;
  const bars = isPlain ? probabilityBars(Array.from({ length: actions }, (_, i) => `action ${i + 1}`)) : null;
  const says = h('p', { class: 'note' }), table = tablePicture(trial);
  // What is around stays as it was where a step does not say.
  let world = null;
  const worlds = trial.steps.map(one => world = one.world ?? world);
  const seen = bounds(trial, worlds);
  const letters = [...new Set(worlds.flatMap(({ rows }) => rows.join('').split('')))].filter(letter => kinds[letter]);
  const legend = letters.map(letter => `${letter} ${kinds[letter]}`).join(', ');
  const element = h('div', { class: 'world' },
    h('figure', {}, canvas, h('figcaption', {}, 'the world, which the agent does not see from above'
      + (legend ? `: ${legend}` : ''))),
    h('div', {}, says, bars?.element), table.element);

  return {
    element,
    show(step) {
      const now = trial.steps[step - 1];
      draw(canvas, trial, worlds[step - 1], seen, step);
      bars?.show(now.probabilities, now.action);
      const skill = now.skill === undefined ? '' : `Skill ${now.skill} is in charge. `;
      const phase = now.phase === undefined ? '' : now.phase === 'explore' ? 'It explores.' : 'It exploits.';
      says.textContent = skill + phase;
      says.style.color = now.skill === undefined ? '' : `var(--line-${now.skill % colours})`;
      table.show(step);
    },
  };
}

// What all steps show, as a square: left, top, size, and whether y counts down.
function bounds({ steps }, worlds) {
  const rows = worlds[0].rows;
  if (rows.length) return { left: 0, top: 0, size: Math.max(rows.length, rows[0].length), isDown: true };
  const xs = [], ys = [], take = (x, y) => { xs.push(x); ys.push(y); };
  for (const { place: [x, y] } of steps) take(x, y);
  for (const { marks, walls } of new Set(worlds)) {
    for (const { place: [x, y], radius } of marks) { take(x - radius, y - radius); take(x + radius, y + radius); }
    for (const [x1, y1, x2, y2] of walls) { take(x1, y1); take(x2, y2); }
  }
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, top - bottom, 1e-6);
  return { left: (left + right - size) / 2, top: (top + bottom + size) / 2, size, isDown: false };
}

function draw(canvas, { steps }, { marks, rows, walls }, { left, top, size, isDown }, step) {
  const ctx = canvas.getContext('2d'), scale = (side - 2 * margin) / size, now = steps[step - 1];
  const at = ([x, y]) => [margin + (x - left) * scale, margin + (isDown ? y - top : top - y) * scale];
  ctx.fillStyle = colour('floor');
  ctx.fillRect(0, 0, side, side);
  ctx.font = `${Math.round(scale * 0.55)}px sans-serif`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  rows.forEach((row, y) => [...row].forEach((letter, x) => {
    const [cx, cy] = at([x, y]);
    ctx.fillStyle = colour(letter === '#' ? 'wall' : letter === 'G' ? 'target' : 'faint');
    if (letter === '#') ctx.fillRect(cx, cy, scale, scale);
    else if (letter !== ' ') ctx.fillText(letter, cx + scale / 2, cy + scale / 2);
  }));
  for (const { place, radius, pays } of marks) {
    ctx.fillStyle = ctx.strokeStyle = colour(pays ? 'target' : 'faint');
    disc(at(place), Math.max(3, radius * scale));
    ctx.globalAlpha = 0.25;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.lineWidth = 2;
    ctx.stroke();
  }
  ctx.strokeStyle = colour('wall');
  ctx.lineWidth = 6;
  for (const [x1, y1, x2, y2] of walls) line([at([x1, y1]), at([x2, y2])]);

  ctx.lineWidth = 3;
  ctx.lineJoin = ctx.lineCap = 'round';
  const grey = colour('faint'), own = Array.from({ length: colours }, (_, i) => colour(`line-${i}`));
  for (let i = 0; i + 1 < step; i++) {
    const one = steps[i], next = steps[i + 1];
    if (one.episode !== next.episode) continue;
    ctx.strokeStyle = one.episode !== now.episode ? grey : own[(one.skill ?? 0) % colours];
    ctx.setLineDash(one.phase === 'explore' ? [2, 6] : []);
    line([at(one.place), at(next.place)]);
  }
  ctx.setLineDash([]);
  ctx.fillStyle = own[(now.skill ?? 0) % colours];
  disc(at(now.place), 7);
  ctx.fill();

  function disc([x, y], radius) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }

  function line([from, to]) {
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
  }
}
