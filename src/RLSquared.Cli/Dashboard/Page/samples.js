// What a language model said while it learned: some completions of an iteration, each token on the colour of its
// advantage, with the parts of the reward.

import { byId, h, nothing, setText } from './dom.js';
import { figure } from './format.js';
import { ask } from './server.js';

let shown = null, wanted = null, asked = '', answer = null, failure = '', isLoading = false;

/** Shows the panel for a run. The newest samples follow the run while it trains, until an iteration is chosen. */
export function drawSamples(run, draw) {
  if (run.id !== shown) [shown, wanted, asked, answer, failure] = [run.id, null, '', null, ''];
  const request = JSON.stringify([run.id, wanted, wanted === null ? run.steps : 0]);
  if (request !== asked && !isLoading) load(run, request, draw);
  const panel = byId('samples');
  if (failure) return panel.replaceChildren(nothing(failure));
  if (!answer) return panel.replaceChildren(h('p', { class: 'note' }, 'loading …'));
  if (!answer.shown)
    return panel.replaceChildren(nothing('No samples: only runs that train a language model keep some.'));
  if (panel.dataset.drawn === answer.key) return;
  panel.dataset.drawn = answer.key;
  const parts = [chooser(draw), key(), ...answer.shown.samples.map(sample), never(answer.never)];
  panel.replaceChildren(...parts.filter(Boolean));
}

async function load(run, request, draw) {
  [asked, isLoading] = [request, true];
  try {
    const got = await ask('/api/samples', { id: run.id, ...(wanted === null ? {} : { iteration: wanted }) });
    if (run.id === shown) [answer, failure] = [{ ...got, key: `${request} ${got.iteration}` }, ''];
  } catch (wrong) {
    if (run.id === shown) failure = wrong.message;
  }
  isLoading = false;
  delete byId('samples').dataset.drawn;
  draw();
}

// All iterations that have samples; the last choice follows the run.
function chooser(draw) {
  const { iterations } = answer;
  const choose = by => { wanted = by; draw(); };
  const place = iterations.indexOf(answer.iteration), says = h('output', {}, `iteration ${answer.iteration}`);
  const slider = h('input', {
    type: 'range', min: 0, max: iterations.length - 1, step: 1, 'aria-label': 'iteration',
    input: event => setText(says, `iteration ${iterations[event.target.value]}`),
    change: event => choose(+event.target.value === iterations.length - 1 ? null : iterations[event.target.value]),
  });
  slider.value = place;
  return h('div', { class: 'sampled' }, slider, says);
}

const key = () => h('p', { class: 'note' }, 'Each token has the colour of its advantage: ',
  h('span', { class: 'token', 'data-advantage': '-3' }, 'less likely from now on'), ' ',
  h('span', { class: 'token', 'data-advantage': '3' }, 'more likely'), '. Point at one for its numbers.');

function sample(one) {
  const parts = Object.entries(one.parts)
    .map(([name, value]) => `${name} ${value === null ? 'no score' : figure(value)}`);
  const largest = Math.max(1e-9, ...answer.shown.samples.flatMap(other => other.advantages.map(Math.abs)));
  const ending = one.length > one.tokens.length ? `… ${one.length - one.tokens.length} more tokens`
    : one.finished ? '' : ' (cut at the limit)';
  return h('article', { class: 'sample' },
    h('p', { class: 'facts' }, h('b', {}, one.reward === null ? 'no score' : figure(one.reward)), ' reward',
      parts.length > 1 || one.reward === null ? h('span', {}, ` · ${parts.join(' · ')}`) : null),
    h('p', { class: 'text' }, h('span', { class: 'prompt' }, one.prompt),
      one.tokens.map((text, t) => token(text, one.logProbabilities[t], one.advantages[t], largest)),
      ending && h('span', { class: 'note' }, ending)));
}

// Seven shades, from −3 to 3, by the largest advantage that is shown. What an environment put between has no
// probability, for nobody drew it.
function token(text, logProbability, advantage, largest) {
  const size = Math.ceil(3 * Math.abs(advantage ?? 0) / largest - 1e-9), shade = Math.sign(advantage ?? 0) * size;
  if (logProbability === null) return h('span', { class: 'prompt' }, text);
  const numbers = [`probability ${figure(Math.exp(logProbability))}`,
    advantage !== undefined && `advantage ${figure(advantage)}`].filter(Boolean).join(', ');
  return h('span', { class: 'token', 'data-advantage': String(shade || 0), title: numbers }, text || '\u200b');
}

function never(prompts) {
  if (!prompts.length) return null;
  return h('details', { class: 'never' },
    h('summary', {}, `${prompts.length} of the recorded prompts were drawn again and never solved`),
    h('ul', {}, prompts.map(one => h('li', {}, h('code', {}, one.prompt), ` ${one.times} times`))));
}
