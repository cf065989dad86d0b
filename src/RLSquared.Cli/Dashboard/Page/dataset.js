// The trajectories that a run learns to reach goals from: how many, how long, in which ranges, and where they went.

import { byId, columnHead, h, nothing, numberCell, rowHead } from './dom.js';
import { figure } from './format.js';
import { ask } from './server.js';

const count = number => number.toLocaleString('en');

let shown = null, answer = null, failure = '';

/** Shows the panel for a run. The trajectories do not change while it trains, so they are asked for once. */
export function drawDataset(run, draw) {
  if (run.id !== shown) {
    [shown, answer, failure] = [run.id, null, ''];
    load(run, draw);
  }
  const panel = byId('dataset');
  if (failure) return panel.replaceChildren(nothing(failure));
  if (!answer) return panel.replaceChildren(h('p', { class: 'note' }, 'counting …'));
  if (!answer.shown)
    return panel.replaceChildren(nothing('No recorded trajectories: only runs that learn to reach goals have some.'));
  if (panel.dataset.drawn === run.id && panel.childElementCount) return;
  panel.dataset.drawn = run.id;
  const set = answer.shown, lengths = set.shortest === set.longest ? set.longest : `${set.shortest} to ${set.longest}`;
  panel.replaceChildren(...[
    h('p', { class: 'facts' }, h('b', {}, set.file), ` · ${count(set.trajectories)} trajectories of ${lengths} rows, `
      + `${count(set.rows)} rows in all · ${set.action}`),
    set.picture && coverage(set),
    ranges(set),
  ].filter(Boolean));
}

async function load(run, draw) {
  try {
    const got = await ask('/api/dataset', { id: run.id });
    if (run.id === shown) answer = got;
  } catch (wrong) {
    if (run.id === shown) failure = wrong.message;
  }
  delete byId('dataset').dataset.drawn;
  draw();
}

// The picture comes from this server and has no scripts in it.
function coverage(set) {
  const drawing = new DOMParser().parseFromString(set.picture, 'image/svg+xml').documentElement;
  drawing.classList.add('coverage');
  const outside = set.outside ? ` ${count(set.outside)} rows are outside of the maze.` : '';
  const share = `They visit ${Math.round(100 * set.coverage)} % of the free cells; the darker, the more often.`;
  return h('figure', {}, document.importNode(drawing, true), h('figcaption', { class: 'note' }, share + outside));
}

function ranges(set) {
  const rows = [...set.observations.map((range, i) => [`observation ${i}`, range]),
    ...set.actions.map((range, i) => [`action ${i}`, range])].slice(0, 48);
  const keys = ['least', 'most', 'mean', 'deviation'];
  return h('table', {}, h('thead', {}, h('tr', {}, ['number', ...keys].map(head => columnHead(head)))),
    h('tbody', {}, rows.map(([name, range]) =>
      h('tr', {}, rowHead(name), keys.map(key => numberCell(figure(range[key])))))));
}
