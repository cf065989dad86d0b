// The page: asks for the runs, listens to what changes, and draws what is shown from the state alone.

import { byId, h, setText } from './dom.js';
import { count, figure, percent, time, words } from './format.js';
import { ask, listen } from './server.js';
import { groups, lines, mostLines, nameOf, recall, remember, state, unit } from './state.js';
import { drawFolder, drawRuns } from './runs.js';
import { Chart, describe, figures, linesOf, placeOf } from './curves.js';
import { drawFigures } from './figures.js';
import { drawEvaluation, marksOf } from './evaluation.js';
import { drawConfiguration } from './configuration.js';
import { drawDataset } from './dataset.js';
import { drawSamples } from './samples.js';
import { watchCluster } from './cluster.js';
import { drawReplay, goBy, goToEnd, goToTrial, isShown, playOrPause } from './replay.js';
import { listenToKeys, shortcut } from './keyboard.js';

const tabs = ['figures', 'evaluation', 'replay', 'configuration', 'samples', 'cluster', 'dataset'];
const chart = new Chart(byId('chart'), { cursor: drawLegend });
let scheduled = false, repainting = false, compared = null;

// ---- what is shown ---------------------------------------------------------------------------------------------

/** Draws everything before the next frame, once, however often it is asked for. */
function draw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    try {
      drawNow();
    } catch (failure) {
      setText(byId('link'), `a part of the page could not be drawn: ${failure.message}`);
      throw failure;
    }
  });
}

function drawNow() {
  if (!loaded) return;
  choose();
  const run = state.runs.get(state.focus), hasRuns = state.runs.size > 0;
  byId('empty').hidden = hasRuns;
  byId('main').hidden = !run;
  drawRuns(byId('filter').value, { show, toggle });
  if (!run) return;
  remember();
  drawHead(run);
  drawCurves(run);
  for (const name of tabs) {
    const isOpen = name === state.tab;
    byId(name).hidden = !isOpen;
    byId(`tab-${name}`).setAttribute('aria-selected', String(isOpen));
    byId(`tab-${name}`).tabIndex = isOpen ? 0 : -1;
  }
  if (state.tab === 'figures') drawFigures(name => set({ figure: name }), repainting);
  const details = detailsOf(run);
  if (state.tab === 'evaluation') drawEvaluation(details, run.unit);
  if (state.tab === 'replay') drawReplay(run);
  if (state.tab === 'configuration') {
    const other = compared && detailsOf(state.runs.get(compared));
    drawConfiguration(run, details, other, id => { compared = id || null; draw(); });
  }
  if (state.tab === 'samples') drawSamples(run, draw);
  watchCluster(state.tab === 'cluster' ? run : null);
  if (state.tab === 'dataset') drawDataset(run, draw);
  repainting = false;
}

// What was selected may have gone; then the newest runs take its place.
function choose() {
  state.selected = state.selected.filter(id => state.runs.has(id));
  if (!state.runs.has(state.focus)) state.focus = state.selected[0] ?? null;
  if (!state.runs.has(compared)) compared = null;
  if (state.focus === null && state.runs.size > 0) {
    const best = groups().find(runs => runs.some(run => run.steps !== null)) ?? groups()[0];
    state.selected = best.map(run => run.id);
    state.focus = best[0].id;
  }
  for (const id of state.selected) if (!state.curves.has(id)) loadCurves(id);
}

function drawHead(run) {
  const [line] = lines().filter(one => one.runs.some(other => other.id === run.id));
  const seeds = line?.runs ?? [run];
  setText(byId('title'), nameOf(seeds, seeds.length === 1));
  drawSeeds(run, seeds);
  document.title = `${nameOf([run])} – RLSquared`;
  const isTraining = run.state === 'training' && run.progress !== null;
  const facts = [
    [run.state, ''],
    run.steps !== null && [count(run.steps), run.unit],
    run.seconds !== null && [time(run.seconds), 'of training'],
    run.budget && [run.budget, isTraining ? `budget, ${percent(run.progress)} spent` : 'budget'],
    run.return !== null && [figure(run.return), 'return'],
  ].filter(Boolean);
  const text = JSON.stringify(facts);
  if (byId('facts').dataset.text !== text) {
    byId('facts').dataset.text = text;
    byId('facts').replaceChildren(...facts.map(([value, unit], i) =>
      h('span', i === 0 ? { 'data-state': run.state, class: 'state' } : {},
        h('b', {}, value), unit && ` ${unit}`)));
  }
  const trouble = run.state === 'damaged' ? `This run is damaged: ${run.reason}`
    : run.state === 'stopped' ? 'Nothing was written for a while, and the budget is not spent. '
        + `Go on with: rl2 resume ${path(run)}`
      : run.state === 'starting' ? 'The run is beginning; its first figures are not written yet.' : '';
  byId('trouble').hidden = trouble === '';
  setText(byId('trouble'), trouble);
}

// The chart shows all seeds of a line; facts and panels are of one.
function drawSeeds(run, seeds) {
  const choice = byId('seed-choice'), ids = seeds.map(seed => seed.id).join();
  choice.hidden = seeds.length === 1;
  if (choice.dataset.ids !== ids) {
    choice.dataset.ids = ids;
    choice.replaceChildren(h('legend', {}, 'seed'), ...seeds.map(seed => h('label', {},
      h('input', { type: 'radio', name: 'seed', value: seed.id, change: () => set({ focus: seed.id }) }),
      // Of a seed that was trained twice the runs are numbered.
      h('span', { title: seed.id }, numberOf(seed, seeds)))));
  }
  for (const input of choice.querySelectorAll('input')) input.checked = input.value === run.id;
}

function numberOf(run, runs) {
  const alike = runs.filter(other => other.seed === run.seed);
  return alike.length === 1 ? String(run.seed) : `${run.seed} (${alike.indexOf(run) + 1})`;
}

const path = run => state.details.get(run.id)?.value?.folder ?? run.id;

function drawCurves(run) {
  const names = figures();
  if (names.length && !names.includes(state.figure))
    state.figure = names.includes('mean_return') ? 'mean_return' : names[0];
  const select = byId('figure'), listed = JSON.stringify(names);
  if (select.dataset.names !== listed) {
    select.dataset.names = listed;
    select.replaceChildren(...names.map(name => h('option', { value: name }, words(name))));
  }
  select.value = state.figure;
  for (const [name, value] of [['axis', state.axis], ['seeds', state.seeds]])
    byId(name).querySelector(`input[value=${value}]`).checked = true;
  setText(byId('axis-unit'), unit());
  byId('seeds').disabled = !lines().some(line => line.runs.length > 1) && state.seeds === 'mean';
  byId('smoothing').value = state.smoothing;
  setText(byId('smoothing-value'), Number(state.smoothing).toFixed(2));

  const shown = linesOf(state.figure);
  const tasks = new Set(shown.map(line => `${line.runs[0].task} ${line.runs[0].setting}`));
  const isReturn = state.figure === 'mean_return' && tasks.size === 1;
  if (repainting) chart.repaint();
  chart.draw(shown, isReturn ? marksOf(detailsOf(run)?.evaluation) : []);
  byId('chart').setAttribute('aria-label', describe(shown, state.figure));
  drawLegend(chart.atCursor());
}

// Names of the lines, with their values at the cursor, or else their last ones.
function drawLegend(cursor) {
  const shown = linesOf(state.figure), list = byId('legend');
  const strides = [...new Set(state.selected.map(id => state.curves.get(id)?.stride).filter(stride => stride > 1))];
  list.replaceChildren(...shown.map((line, i) => {
    const key = h('i', {});
    key.style.setProperty('--line', `var(--line-${line.index % 8})`);
    return h('li', {}, key, h('span', {}, line.name), h('b', {}, figure(cursor ? cursor.values[i] : line.ys.at(-1))));
  }));
  const says = [cursor && placeOf(cursor.x), shown.some(line => line.low) && 'band: ± standard error over seeds',
    strides.length && `a point is the mean of ${Math.max(...strides)} iterations`].filter(Boolean).join(' · ');
  if (says) list.append(h('li', { class: 'note' }, says));
}

// ---- what is asked for -----------------------------------------------------------------------------------------

let loaded = false;
const arrived = new Map();      // what events told of runs while the list was asked for

async function loadRuns() {
  arrived.clear();
  const answer = await ask('/api/runs');
  loaded = true;
  state.runs = new Map([...answer.runs.map(run => [run.id, run]), ...arrived]);
  state.curves.clear();
  drawFolder(answer.folder, answer.left);
  draw();
}

async function loadCurves(id) {
  const waiting = { generation: 0, columns: {}, isWaiting: true, hasGrown: false };
  state.curves.set(id, waiting);
  try {
    state.curves.set(id, await ask('/api/metrics', { id }));
  } catch {
    state.curves.delete(id);            // the run has gone, or the server has, and both are told otherwise
    return;
  }
  if (waiting.hasGrown) loadCurves(id);
  draw();
}

// The details of a run, asked for again when its evaluation or its state is another one.
function detailsOf(run) {
  if (!run) return null;
  const version = `${run.evaluated} ${run.group} ${run.state === 'starting'}`, known = state.details.get(run.id);
  if (known?.version !== version) {
    const entry = { version, value: known?.value ?? null };
    state.details.set(run.id, entry);
    ask('/api/run', { id: run.id }).then(value => { entry.value = value; draw(); }, () => state.details.delete(run.id));
  }
  return state.details.get(run.id).value;
}

function addPoints({ id, ...added }) {
  const known = state.curves.get(id);
  if (known?.isWaiting) return known.hasGrown = true;
  if (!known || !state.selected.includes(id)) return state.curves.delete(id);
  const points = known.columns.steps?.length ?? 0;
  if (added.generation !== known.generation || added.from !== points) return loadCurves(id);
  for (const [name, values] of Object.entries(added.columns)) {
    known.columns[name] ??= Array(points).fill(null);
    for (const value of values) known.columns[name].push(value);
  }
  draw();
}

// ---- what is chosen --------------------------------------------------------------------------------------------

function set(change) {
  Object.assign(state, change);
  draw();
}

function show(ids) {
  set({ selected: ids, focus: ids.includes(state.focus) ? state.focus : ids[0] });
}

function toggle(ids, isOn) {
  const others = state.selected.filter(id => !ids.includes(id));
  const before = state.selected;
  state.selected = isOn ? [...others, ...ids] : others;
  if (lines().length > mostLines) {
    state.selected = before;
    setText(byId('link'), `at most ${mostLines} lines at a time`);
  } else if (!state.selected.includes(state.focus) && state.selected.length) {
    state.focus = state.selected[0];
  }
  draw();
}

function step(names, current, by) {
  return names[(names.indexOf(current) + by + names.length) % names.length];
}

// Up and down through the rows of the list, as they stand there.
function move(by) {
  const rows = [...document.querySelectorAll('#runs .name')], here = rows.indexOf(document.activeElement);
  const current = rows.findIndex(row => row.getAttribute('aria-current'));
  rows[here < 0 ? Math.max(0, current) : Math.min(rows.length - 1, Math.max(0, here + by))]?.focus();
}

function switchTheme() {
  const { dataset } = document.documentElement;
  const now = dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const next = dataset.theme = now === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', next);
  repaint();
}

function repaint() {
  repainting = true;
  draw();
  if (isShown()) goBy(0);
}

// ---- what the reader does --------------------------------------------------------------------------------------

byId('filter').addEventListener('input', draw);
byId('theme').addEventListener('click', switchTheme);
byId('help-button').addEventListener('click', () => byId('help').showModal());
byId('figure').addEventListener('change', event => set({ figure: event.target.value }));
byId('axis').addEventListener('change', event => set({ axis: event.target.value }));
byId('seeds').addEventListener('change', event => set({ seeds: event.target.value }));
byId('smoothing').addEventListener('input', event => set({ smoothing: Number(event.target.value) }));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
for (const name of tabs) {
  byId(`tab-${name}`).addEventListener('click', event => {
    set({ tab: name });
    // Whoever clicks on the replay means to play it: the keys are then its own, and not those of the row of tabs.
    if (name === 'replay' && event.detail > 0) event.currentTarget.blur();
  });
}
byId('tabs').addEventListener('keydown', event => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  state.tab = step(tabs, state.tab, by);
  drawNow();
  byId(`tab-${state.tab}`).focus();
});

shortcut(['j', 'k'], 'down and up in the list of runs; Enter shows one alone', key => move(key === 'j' ? 1 : -1));
shortcut(['o'], 'add the run under the focus to the curves, or take it away', () =>
  document.activeElement?.closest('#runs li')?.querySelector('input').click());
shortcut(['/'], 'filter the runs; Escape leaves', () => byId('filter').focus());
shortcut(['f', 'F'], 'next and previous figure', key =>
  set({ figure: step(figures(), state.figure, key === 'f' ? 1 : -1) }));
shortcut(['x'], 'steps or time', () => set({ axis: state.axis === 'steps' ? 'seconds' : 'steps' }));
shortcut(['s'], 'mean of seeds, or each', () => set({ seeds: state.seeds === 'mean' ? 'each' : 'mean' }));
shortcut(['[', ']'], 'less and more smoothing', key => {
  const tenths = Math.round(10 * state.smoothing) + (key === ']' ? 1 : -1);
  set({ smoothing: Math.min(0.99, Math.max(0, tenths / 10)) });
});
const panels = 'figures, evaluation, replay, configuration, samples, cluster, data';
shortcut(['1', '2', '3', '4', '5', '6', '7'], panels, key =>
  set({ tab: tabs[key - 1] }));
shortcut([' '], 'play or pause the replay', () => isShown() && playOrPause());
shortcut(['ArrowLeft', 'ArrowRight'], 'a step back and forth in the replay', key =>
  isShown() && goBy(key === 'ArrowLeft' ? -1 : 1));
shortcut(['Home', 'End'], 'first and last step of the replay', key => isShown() && goToEnd(key === 'End'));
shortcut([',', '.'], 'the trial before and after', key => isShown() && goToTrial(key === '.' ? 1 : -1));
shortcut(['t'], 'light or dark', switchTheme);
shortcut(['?'], 'this list', () => byId('help').showModal());

recall();
listenToKeys();
listen({
  begin: loadRuns,
  run: run => { arrived.set(run.id, run); state.runs.set(run.id, run); draw(); },
  points: addPoints,
  gone: ({ id }) => { arrived.delete(id); state.runs.delete(id); state.curves.delete(id); draw(); },
  link: how => {
    document.body.dataset.link = how;
    setText(byId('link'), {
      live: 'live', lost: 'not connected; trying again', refused: 'too many pages are open; close one and reload',
    }[how]);
  },
});
