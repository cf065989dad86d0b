// A maze: what the agent sees, and the map, which it does not see, with the way that it went: grey in earlier episodes.

import { colour, h } from './dom.js';
import { probabilityBars, strip } from './replay-parts.js';

const cell = 48;        // pixels of the map's canvas
const endings = { terminated: 'With this step the target is found.', truncated: 'With this step the time is up.' };
const names = ['left', 'right', 'forward'];

export function mazePicture(trial, go) {
  const { maze } = trial;
  const view = h('canvas', {
    class: 'view', width: maze.viewWidth, height: maze.viewHeight, role: 'img', 'aria-label': 'What the agent sees',
  });
  const map = h('canvas', {
    class: 'map', width: maze.side * cell, height: maze.side * cell, role: 'img',
    'aria-label': 'The map with the agent, its way and the target',
  });
  const bars = probabilityBars(names), overview = strip(trial, names.length, go), says = h('p', { class: 'note' });
  const element = h('div', { class: 'maze' },
    h('figure', {}, view, h('figcaption', {}, 'what the agent sees')),
    h('figure', {}, map, h('figcaption', {}, 'the map, which it does not see')),
    h('div', {}, bars.element, says), overview.element);

  return {
    element,
    show(step) {
      const now = trial.steps[step - 1];
      drawView(view, now.view);
      drawMap(map, trial, step);
      bars.show(now.probabilities, now.action);
      overview.show(step);
      says.textContent = endings[now.ending] ?? '';
    },
  };
}

function drawView(canvas, base64) {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0)), ctx = canvas.getContext('2d');
  const image = ctx.createImageData(canvas.width, canvas.height);
  for (let pixel = 0; pixel < canvas.width * canvas.height; pixel++) {
    image.data.set(bytes.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    image.data[4 * pixel + 3] = 255;
  }
  ctx.putImageData(image, 0, 0);
}

function drawMap(canvas, { maze, steps }, step) {
  const ctx = canvas.getContext('2d'), scale = cell / maze.unitsPerCell, now = steps[step - 1];
  ctx.fillStyle = colour('floor');
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = colour('wall');
  for (let y = 0; y < maze.side; y++)
    for (let x = 0; x < maze.side; x++)
      if (maze.rows[y][x] === '#') ctx.fillRect(x * cell, y * cell, cell, cell);
  ctx.fillStyle = colour('target');
  dot((maze.target[0] + 0.5) * cell, (maze.target[1] + 0.5) * cell, cell * 0.3);

  ctx.lineWidth = 5;
  ctx.lineJoin = ctx.lineCap = 'round';
  for (let episode = 1; episode <= now.episode; episode++) {
    ctx.strokeStyle = colour(episode === now.episode ? 'accent' : 'faint');
    ctx.beginPath();
    for (let i = 0; i < step; i++)
      if (steps[i].episode === episode) ctx.lineTo(steps[i].pose[0] * scale, steps[i].pose[1] * scale);
    ctx.stroke();
  }
  const [x, y, heading] = now.pose, angle = 2 * Math.PI * heading / maze.headings, r = cell * 0.36;
  ctx.save();
  ctx.translate(x * scale, y * scale);
  ctx.rotate(angle);
  ctx.fillStyle = colour('accent');
  ctx.beginPath();
  ctx.moveTo(r * 1.25, 0);
  ctx.lineTo(-r * 0.8, r * 0.8);
  ctx.lineTo(-r * 0.4, 0);
  ctx.lineTo(-r * 0.8, -r * 0.8);
  ctx.fill();
  ctx.restore();

  function dot(cx, cy, radius) {
    ctx.beginPath();
    ctx.arc(cx, cy, radius, 0, 2 * Math.PI);
    ctx.fill();
  }
}
