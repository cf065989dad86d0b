// The list of runs: a row for each, and one above the seeds of a configuration. The name shows a run alone; the box
// beside it adds its curve to those that are shown.

import { byId, h, setText } from './dom.js';
import { count, figure, percent } from './format.js';
import { groups, lines, onePerSeed, seedsOf, state } from './state.js';

const words = { starting: 'starting', training: 'training', done: 'done', stopped: 'stopped', damaged: 'damaged' };
const open = new Set();         // groups whose seeds are shown
let drawn = '';

/** Draws the list; `show` is called with the ids to show alone, `toggle` with the ids to add or to take away. */
export function drawRuns(filter, { show, toggle }) {
  const all = groups(filter), colours = new Map();
  for (const line of lines()) for (const run of line.runs) colours.set(run.id, line.index);
  const picture = JSON.stringify([all, [...colours], state.focus, [...open]]);
  if (picture === drawn) return;
  const isFirst = drawn === '';
  drawn = picture;

  const focused = document.activeElement?.dataset?.key;
  const list = byId('runs');
  list.replaceChildren(...all.map(runs => runs.length === 1 ? row(runs, runs[0].id) : group(runs)));
  if (all.length === 0) list.append(h('li', { class: 'note' }, 'No run matches.'));
  if (isFirst) list.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();

  function group(runs) {
    const key = `group ${runs[0].group}`, isOpen = open.has(key);
    const item = row(runs, key);
    item.append(h('button', {
      type: 'button', class: 'fold', 'data-key': `fold ${key}`, 'aria-expanded': String(isOpen),
      'aria-label': `${isOpen ? 'Hide' : 'Show'} the ${runs.length} runs`,
      click: () => { if (!open.delete(key)) open.add(key); drawRuns(filter, { show, toggle }); },
    }, isOpen ? '−' : '+'));
    if (isOpen) item.append(h('ul', { class: 'seeds' }, runs.map(run => row([run], run.id, true))));
    return item;
  }

  function row(runs, key, isSeed = false) {
    const ids = runs.map(run => run.id), [run] = runs;
    const shown = ids.filter(id => colours.has(id));
    const box = h('input', {
      type: 'checkbox', 'data-key': `box ${key}`, 'aria-label': `Show the curve of ${label(runs)}`,
      change: event => toggle(ids, event.target.checked),
    });
    box.checked = shown.length === ids.length;
    box.indeterminate = shown.length > 0 && shown.length < ids.length;
    if (shown.length > 0) box.style.setProperty('--line', `var(--line-${colours.get(shown[0]) % 8})`);
    const returns = onePerSeed(runs).map(one => one.return).filter(value => value !== null);
    const last = returns.length ? returns.reduce((sum, value) => sum + value, 0) / returns.length : null;
    const states = [...new Map(runs.map(one => [one.state, one])).values()];
    return h('li', { class: isSeed ? 'seed' : 'one', 'data-run': runs.length === 1 ? run.id : null },
      box,
      h('button', {
        type: 'button', class: 'name', 'data-key': key, title: ids.join('\n'), click: () => show(ids),
        'aria-current': ids.includes(state.focus) && !(runs.length > 1 && open.has(key)) ? 'true' : null,
      },
        h('span', { class: 'what' }, isSeed ? `seed ${run.seed}` : title(run)),
        h('span', { class: 'number' }, figure(last)),
        h('span', { class: 'which' }, isSeed ? null : which(runs)),
        h('span', { class: 'state', 'data-state': states[0].state },
          states.map(one => stateOf(one, runs)).join(', '))));
  }

  function stateOf(run, runs) {
    if (run.state === 'training' && run.progress !== null) return percent(run.progress);
    return runs.length === 1 && run.state === 'done' ? count(run.steps) : words[run.state];
  }
}

/** What the panel of an empty list says, and how many runs were left out. */
export function drawFolder(folder, left) {
  setText(byId('folder'), folder);
  byId('left-out').hidden = left === 0;
  setText(byId('left-out'), `The ${left} oldest runs are left out.`);
}

const title = run => run.task ? `${run.task} · ${run.algorithm}` : run.id;

const label = runs => `${title(runs[0])} ${which(runs)}`;

function which(runs) {
  return [runs[0].label, seedsOf(runs)].filter(Boolean).join(' · ');
}
