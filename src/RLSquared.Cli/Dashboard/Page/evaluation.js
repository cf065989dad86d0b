// The last evaluation of a run: every agent on the same fresh trials, best first.

import { byId, columnHead, h, nothing, numberCell, rowHead } from './dom.js';
import { count, figure, percent } from './format.js';

/** The best opponent and the ceiling, to be drawn across the curve of the return. */
export function marksOf(evaluation) {
  if (!evaluation?.agents) return [];
  const others = evaluation.agents.slice(1).sort((a, b) => b.mean - a.mean);        // the first is the trained one
  const marks = others.slice(0, 1).map(agent => ({ name: agent.name, value: agent.mean }));
  if (evaluation.ceiling) marks.push({ name: `ceiling: ${evaluation.ceiling.name}`, value: evaluation.ceiling.mean });
  return marks;
}

export function drawEvaluation(details, unit) {
  const panel = byId('evaluation');
  if (!details) return panel.replaceChildren(h('p', { class: 'note' }, 'loading …'));
  const evaluation = details.evaluation;
  if (!evaluation) return panel.replaceChildren(nothing('Not evaluated yet.', `rl2 evaluate ${details.folder}`));
  if (evaluation.damaged || !evaluation.agents) {
    const why = evaluation.damaged ?? 'evaluation.json holds no evaluation.';
    return panel.replaceChildren(nothing(why, `rl2 evaluate ${details.folder}`));
  }

  const agents = [...evaluation.agents].sort((a, b) => b.mean - a.mean);
  const rows = agents.map(agent => ({ ...agent, isTrained: agent === evaluation.agents[0] }));
  if (evaluation.ceiling) rows.push({ ...evaluation.ceiling, isCeiling: true });
  const errorOf = row => row.standardError ?? 0;
  const top = Math.max(...rows.map(row => row.mean + errorOf(row)));
  const low = Math.min(...rows.map(row => row.mean - errorOf(row)));
  const place = value => (value - low) / (top - low || 1);
  const paper = evaluation.paper?.means;
  panel.replaceChildren(
    h('div', { class: 'scroll' }, h('table', { class: 'scores' },
      h('caption', {}, `${Number(evaluation.instances).toLocaleString('en')} fresh trials, seed ${evaluation.seed}`,
        evaluation.steps && `, after ${count(evaluation.steps)} ${unit ?? 'steps'} of training`),
      h('thead', {}, h('tr', {}, columnHead('agent'), columnHead('mean', 'n'), columnHead('± error', 'n'),
        h('th', { class: 'wide' }, h('span', { class: 'unseen' }, 'mean and error as a mark')),
        paper && columnHead('paper', 'n'))),
      h('tbody', {}, rows.map(row => h('tr', { class: row.isTrained ? 'own' : row.isCeiling ? 'ceiling' : null },
        rowHead(row.isCeiling ? `ceiling: ${row.name}` : row.name, h('small', {}, row.isTrained ? '' : optionsOf(row))),
        numberCell(figure(row.mean)),
        numberCell(row.standardError ? figure(row.standardError) : ''),
        h('td', { class: 'wide' }, mark(...[0, -1, 1].map(errors => place(row.mean + errors * errorOf(row))))),
        paper && numberCell(paper[row.name] === undefined ? '' : figure(paper[row.name]))))))),
    ...agents.filter(agent => agent.navigation).map(navigation));
}

function navigation(agent) {
  const { episodes, improved } = agent.navigation;
  const of = (name, show) => episodes.map(episode => numberCell(episode[name] ? show(episode[name]) : '–'));
  const steps = ({ mean, standardError }) => `${mean.toFixed(1)} ± ${standardError.toFixed(1)}`;
  return h('div', { class: 'scroll' }, h('table', { class: 'scores' },
    h('caption', {}, `how ${agent.name} finds the target`,
      improved && `; no slower the second time in ${percent(improved.mean)}`),
    h('thead', {}, h('tr', {}, h('th', {}, ''), episodes.map((_, i) => columnHead(`episode ${i + 1}`, 'n')))),
    h('tbody', {},
      h('tr', {}, rowHead('found'), of('success', ({ mean }) => percent(mean))),
      h('tr', {}, rowHead('steps, where found'), of('stepsOfSuccesses', steps)),
      h('tr', {}, rowHead('steps, all'), of('steps', steps)))));
}

const optionsOf = ({ options = {} }) => Object.entries(options).map(([key, value]) => ` ${key} ${value}`).join(',');

// From the worst to the best: a dot for the mean, on a band of one standard error to both sides.
function mark(mean, low, high) {
  const band = h('i', { class: 'belief' }), dot = h('i', { class: 'estimate' });
  band.style.left = `${100 * low}%`;
  band.style.right = `${100 * (1 - high)}%`;
  dot.style.left = `${100 * mean}%`;
  return h('span', { class: 'track', 'aria-hidden': 'true' }, band, dot);
}
