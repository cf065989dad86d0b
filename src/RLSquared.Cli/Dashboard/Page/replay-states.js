// A process with states: a graph of the states with the transitions that were taken, the present one marked; and beside
// it, for the state in which the agent is, its actions and what each has brought there so far.

import { columnHead, h, meter, numberCell, rowHead, svg } from './dom.js';
import { figure, percent } from './format.js';
import { strip } from './replay-parts.js';

const size = 360, middle = size / 2, mostNamed = 40;

export function statesPicture(trial, go) {
  const { states, actions } = trial;
  const radius = Math.max(4, Math.min(17, 0.8 * Math.PI * 120 / states)), round = middle - 4 - 2.7 * radius;
  const places = Array.from({ length: states }, (_, state) => {
    const angle = 2 * Math.PI * state / states - Math.PI / 2;
    return { x: middle + round * Math.cos(angle), y: middle + round * Math.sin(angle) };
  });
  const edges = svg('g', {});
  const nodes = places.map(({ x, y }, state) => svg('g', { class: 'node', transform: `translate(${x} ${y})` },
    svg('circle', { r: radius }),
    states <= mostNamed ? svg('text', { 'dominant-baseline': 'central' }, String(state)) : null));
  const tip = svg('marker', {
    id: 'tip', viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, markerUnits: 'userSpaceOnUse',
    orient: 'auto',
  }, svg('path', { d: 'M0 1 L10 5 L0 9 Z' }));
  const graph = svg('svg', {
    viewBox: `0 0 ${size} ${size}`, class: 'graph', role: 'img',
    'aria-label': `${states} states and the transitions taken`,
  }, svg('defs', {}, tip), edges, nodes);
  const heading = h('caption', {}), body = h('tbody', {});
  const overview = strip(trial, actions, go);
  const element = h('div', { class: 'states' }, graph,
    h('div', {},
      h('div', { class: 'scroll' }, h('table', { class: 'bars' }, heading,
        h('thead', {}, h('tr', {}, h('th', {}, ''), columnHead('probability', 'wide'), h('th', {}, ''),
          columnHead('taken', 'n'), columnHead('mean reward', 'n'))), body)),
      overview.element,
      h('p', { class: 'note' }, 'The strip has a column for each step and a row for each action, the fuller the '
        + 'likelier; a dot is the action taken. In the graph, thicker transitions were taken more often, and fuller '
        + 'states were visited more often.')));

  return {
    element,
    show(step) {
      const now = trial.steps[step - 1], taken = new Map(), visits = new Map();
      for (let i = 0; i < step; i++) {
        const { state, ending } = trial.steps[i], next = trial.steps[i + 1]?.state;
        visits.set(state, (visits.get(state) ?? 0) + 1);
        if (ending || next === undefined) continue;         // a new episode is no transition of the process
        const key = `${state} ${next}`;
        taken.set(key, (taken.get(key) ?? 0) + 1);
      }
      const next = now.ending ? null : trial.steps[step]?.state;
      const most = Math.max(1, ...taken.values());
      edges.replaceChildren(...[...taken].sort(([a]) => a === `${now.state} ${next}` ? 1 : -1).map(([key, times]) => {
        const [from, to] = key.split(' ').map(Number), isNow = from === now.state && to === next;
        const edge = svg('path', {
          d: arrow(from, to), class: isNow ? 'edge now' : 'edge', 'marker-end': isNow ? 'url(#tip)' : null,
        });
        edge.style.strokeWidth = 0.75 + 3 * times / most;
        return edge;
      }));
      const busiest = Math.max(1, ...visits.values());
      nodes.forEach((node, state) => {
        node.classList.toggle('now', state === now.state);
        node.style.setProperty('--share', `${Math.round(70 * (visits.get(state) ?? 0) / busiest)}%`);
      });

      const past = trial.steps.slice(0, step - 1).filter(one => one.state === now.state);
      const times = past.length === 1 ? 'once' : `${past.length} times`;
      heading.textContent = `in state ${now.state}, visited ${times} before`
        + (now.skill === undefined ? '' : `; skill ${now.skill} is in charge`);
      body.replaceChildren(...Array.from({ length: actions }, (_, action) => {
        const own = past.filter(one => one.action === action), share = now.probabilities?.[action], bar = meter();
        bar.show(share);
        return h('tr', { class: action === now.action ? 'taken' : null },
          rowHead(`action ${action + 1}`), bar.cell, numberCell(share === undefined ? '' : percent(share)),
          numberCell(own.length),
          numberCell(own.length ? figure(own.reduce((sum, one) => sum + one.reward, 0) / own.length) : ''));
      }));
      overview.show(step);
    },
  };

  // From the rim of one node to the rim of another, bent a little so that there and back are two lines.
  function arrow(from, to) {
    const a = places[from], b = places[to];
    if (from === to) {
      const dx = (a.x - middle) / round, dy = (a.y - middle) / round, r = radius + 1;
      return `M${a.x + r * dy} ${a.y - r * dx} C${a.x + 3 * r * dx + 2 * r * dy} ${a.y + 3 * r * dy - 2 * r * dx} ` +
        `${a.x + 3 * r * dx - 2 * r * dy} ${a.y + 3 * r * dy + 2 * r * dx} ${a.x - r * dy} ${a.y + r * dx}`;
    }
    const long = Math.hypot(b.x - a.x, b.y - a.y), bend = 0.14;
    const mx = (a.x + b.x) / 2 - bend * (b.y - a.y), my = (a.y + b.y) / 2 + bend * (b.x - a.x);
    const rim = (place, away) => {
      const share = away / Math.hypot(mx - place.x, my - place.y);
      return `${place.x + (mx - place.x) * share} ${place.y + (my - place.y) * share}`;
    };
    return long < 1 ? '' : `M${rim(a, radius)} Q${mx} ${my} ${rim(b, radius + 3)}`;
  }
}
