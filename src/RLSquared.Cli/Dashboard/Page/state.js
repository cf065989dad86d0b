// What the page knows and what it shows; everything else is drawn from it. What is shown stands in the address, so that
// a reload or a bookmark brings it back.

export const mostLines = 8;

export const state = {
  runs: new Map(),          // id → summary
  curves: new Map(),        // id → {generation, stride, columns}, of runs that are shown
  details: new Map(),       // id → configuration, evaluation …, of runs that were looked at
  selected: [],             // ids of runs whose curves are shown, in the order of selection
  focus: null,              // id of the run that the panels show
  figure: 'mean_return',
  axis: 'steps',
  seeds: 'mean',
  smoothing: 0,
  tab: 'figures',
};

/** The lines of the chart: a line is one run, or all selected seeds of one configuration. */
export function lines() {
  const found = new Map();
  for (const id of state.selected) {
    const run = state.runs.get(id);
    if (!run) continue;
    const key = state.seeds === 'mean' ? run.group : id;
    if (!found.has(key)) found.set(key, { key, runs: [] });
    found.get(key).runs.push(run);
  }
  return [...found.values()].map((line, index) => ({ ...line, index, name: nameOf(line.runs) }));
}

/** What the lines of the chart count: steps, tokens, or both. */
export function unit() {
  const units = state.selected.map(id => state.runs.get(id)?.unit).filter(Boolean);
  return [...new Set(units)].join(' or ') || 'steps';
}

/** The newest run of each seed: a seed that was trained twice is one seed, and says nothing of others. */
export function onePerSeed(runs) {
  const newest = new Map();
  for (const run of runs) {
    const known = newest.get(run.seed);
    if (!known || (run.begun ?? Infinity) >= (known.begun ?? Infinity)) newest.set(run.seed, run);
  }
  return [...newest.values()];
}

/** What is said of the seeds of runs: `3 seeds`, or `seed 1` with the number of its runs. */
export function seedsOf(runs) {
  const seeds = onePerSeed(runs).length, [run] = runs;
  if (seeds > 1) return `${seeds} seeds${runs.length > seeds ? ` in ${runs.length} runs` : ''}`;
  return run.seed === null ? '' : `seed ${run.seed}${runs.length > 1 ? `, ${runs.length} runs` : ''}`;
}

/** Task and algorithm, and what tells a run from others of its kind, also by its seed. */
export function nameOf(runs, withSeeds = true) {
  const [run] = runs;
  if (!run.task) return run.id;
  const seeds = withSeeds ? seedsOf(runs) : '';
  return [run.task, run.algorithm, run.label, seeds].filter(Boolean).join(' · ');
}

/** Runs of one configuration, newest first. */
export function groups(filter = '') {
  const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map();
  const newest = (a, b) => (b.begun ?? Infinity) - (a.begun ?? Infinity) || a.id.localeCompare(b.id);
  for (const run of [...state.runs.values()].sort(newest)) {
    const text = `${run.id} ${run.task} ${run.algorithm} ${run.label} seed ${run.seed} ${run.state}`.toLowerCase();
    if (!wanted.every(word => text.includes(word))) continue;
    if (!found.has(run.group)) found.set(run.group, []);
    found.get(run.group).push(run);
  }
  for (const runs of found.values()) runs.sort((a, b) => (a.seed ?? 0) - (b.seed ?? 0) || a.id.localeCompare(b.id));
  return [...found.values()];
}

const kept = ['figure', 'axis', 'seeds', 'smoothing', 'tab', 'focus'];

export function remember() {
  const query = new URLSearchParams(kept.map(name => [name, state[name] ?? '']));
  query.set('runs', state.selected.join(','));
  history.replaceState(null, '', `#${query}`);
}

export function recall() {
  const query = new URLSearchParams(location.hash.slice(1));
  for (const name of kept) if (query.get(name)) state[name] = query.get(name);
  state.smoothing = Math.min(0.99, Math.max(0, Number(state.smoothing) || 0));
  if (!['steps', 'seconds'].includes(state.axis)) state.axis = 'steps';
  if (!['mean', 'each'].includes(state.seeds)) state.seeds = 'mean';
  const tabs = ['figures', 'evaluation', 'replay', 'configuration', 'samples', 'cluster', 'dataset'];
  if (!tabs.includes(state.tab)) state.tab = 'figures';
  state.selected = (query.get('runs') ?? '').split(',').filter(Boolean);
}
