// A bandit: for each arm its true mean, what its pulls have shown so far, and how likely the agent was to pull it.

import { columnHead, h, meter, numberCell, rowHead } from './dom.js';
import { figure, percent } from './format.js';
import { strip } from './replay-parts.js';

export function banditPicture(trial, go) {
  const arms = trial.actions, rewards = trial.steps.map(one => one.reward);
  const isBinary = rewards.every(reward => reward === 0 || reward === 1);
  const means = trial.arms ?? trial.steps.flatMap(one => one.arms ?? []);
  const top = Math.max(1e-9, isBinary ? 1 : 0, ...means, ...(isBinary ? [] : rewards));
  const low = Math.min(0, ...means, ...(isBinary ? [] : rewards));
  const place = value => `${100 * Math.min(1, Math.max(0, (value - low) / (top - low)))}%`;

  const rows = Array.from({ length: arms }, (_, arm) => {
    const parts = {
      bar: meter(), chance: numberCell(), pulls: numberCell(),
      belief: h('i', { class: 'belief' }), estimate: h('i', { class: 'estimate' }), truth: h('i', { class: 'truth' }),
    };
    parts.row = h('tr', {}, rowHead(`arm ${arm + 1}`),
      h('td', { class: 'wide' }, h('span', { class: 'track' }, parts.belief, parts.estimate, parts.truth)),
      parts.pulls, parts.bar.cell, parts.chance);
    return parts;
  });
  const overview = strip(trial, arms, go);
  const element = h('div', { class: 'bandit' },
    h('div', { class: 'scroll' }, h('table', { class: 'bars' },
      h('thead', {}, h('tr', {}, h('th', {}, ''), columnHead('what its pulls have shown', 'wide'),
        columnHead('pulls', 'n'), columnHead('how likely the agent pulls it', 'wide'), h('th', {}, ''))),
      h('tbody', {}, rows.map(({ row }) => row)))),
    overview.element,
    h('p', { class: 'note key' },
      h('span', {}, h('i', { class: 'truth' }), ' true mean, which no agent sees'),
      h('span', {}, h('i', { class: 'estimate' }),
        isBinary ? ' estimate (1 + wins) / (2 + pulls)' : ' mean of its rewards'),
      h('span', {}, h('i', { class: 'belief' }), isBinary ? ' ± its deviation' : ' ± its standard error')));

  return {
    element,
    show(step) {
      const now = trial.steps[step - 1], truth = now.arms ?? trial.arms;
      // What was known before this pull.
      const past = trial.steps.slice(0, step - 1);
      rows.forEach((parts, arm) => {
        const own = past.filter(one => one.action === arm).map(one => one.reward), n = own.length;
        const { mean, deviation } = isBinary ? beta(own) : normal(own);
        parts.row.classList.toggle('taken', now.action === arm);
        parts.pulls.textContent = n;
        parts.truth.hidden = !truth;
        if (truth) parts.truth.style.left = place(truth[arm]);
        parts.truth.title = truth ? `true mean ${figure(truth[arm])}` : '';
        parts.estimate.hidden = parts.belief.hidden = mean === null;
        if (mean !== null) {
          parts.estimate.style.left = place(mean);
          parts.estimate.title = `estimate ${figure(mean)}`;
          parts.belief.style.left = place(mean - deviation);
          parts.belief.style.right = `calc(100% - ${place(mean + deviation)})`;
        }
        const share = now.probabilities?.[arm];
        parts.bar.show(share);
        parts.chance.textContent = share === undefined ? '' : percent(share);
      });
      overview.show(step);
    },
  };
}

// Beta(1 + wins, 1 + losses): what Bayes' rule makes of a uniform prior.
function beta(rewards) {
  const a = 1 + rewards.filter(reward => reward > 0).length, b = 2 + rewards.length - a, n = a + b;
  return { mean: a / n, deviation: Math.sqrt(a * b / (n * n * (n + 1))) };
}

function normal(rewards) {
  const n = rewards.length;
  if (n === 0) return { mean: null, deviation: 0 };
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / n;
  const squares = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0);
  return { mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 };
}
