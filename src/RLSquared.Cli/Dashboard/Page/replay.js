// A trial of the run's agent, step by step: asks for it, plays it, and lets each kind of task draw its own picture.
//
// To add a picture for a kind of task: 1. name the kind in TrialOutput.cs, and write there what the picture needs; 2. a
// file replay-NAME.js with a function that makes {element, show(step)} of a trial; 3. one line in `pictures`.

import { byId, h, nothing, setText } from './dom.js';
import { count, figure } from './format.js';
import { ask } from './server.js';
import { banditPicture } from './replay-bandit.js';
import { statesPicture } from './replay-states.js';
import { mazePicture } from './replay-maze.js';
import { worldPicture } from './replay-world.js';
import { tablePicture } from './replay-table.js';

const pictures = {
  bandit: banditPicture, states: statesPicture, maze: mazePicture, world: worldPicture, other: tablePicture,
};
const speeds = [['slow', 1], ['normal', 4], ['fast', 16], ['fastest', 60]];

const wanted = { checkpoint: 'last', seed: 1, trial: 1, speed: 4 };
let run = null, asked = '', trial = null, picture = null, step = 1, timer = null, parts = null;

/** Shows the panel for a run. The same trial stays as it is while the run trains on. */
export function drawReplay(next) {
  if (next.id !== run?.id) {
    stop();
    [asked, trial] = ['', null];
  }
  run = next;
  const request = JSON.stringify([run.id, wanted.checkpoint, wanted.seed, wanted.trial]);
  if (request !== asked) load(request);
}

export const isShown = () => trial !== null && !byId('replay').hidden;

export function playOrPause() {
  if (timer !== null) return stop();
  if (step >= trial.steps.length) go(1);
  // At high speeds the screen cannot show each step, so several are taken at once.
  const milliseconds = Math.max(33, 1000 / wanted.speed);
  const stride = Math.max(1, Math.round(milliseconds * wanted.speed / 1000));
  timer = setInterval(() => {
    if (step >= trial.steps.length || byId('replay').hidden) stop();
    else go(step + stride, true);
  }, milliseconds);
  drawButton();
}

/** Goes to a step, 1, 2, …; whoever goes there by hand stops the film. */
export function go(number, isPlaying = false) {
  if (!isPlaying) stop();
  step = Math.min(trial.steps.length, Math.max(1, number));
  const now = trial.steps[step - 1];
  picture.show(step);
  parts.place.value = step;
  parts.place.setAttribute('aria-valuetext', `step ${step} of ${trial.steps.length}`);
  const episode = trial.episodes > 1 && trial.kind !== 'bandit' ? `, episode ${now.episode}` : '';
  const phase = now.phase === undefined ? '' : now.phase === 'explore' ? ', explores' : ', exploits';
  setText(parts.says, `step ${step} of ${trial.steps.length}${episode}${phase}`);
  setText(parts.reward, figure(now.reward));
  setText(parts.total, figure(now.total));
}

export const goBy = steps => go(step + steps);
export const goToEnd = isEnd => go(isEnd ? trial.steps.length : 1);

/** Another trial of the same seed. */
export function goToTrial(difference) {
  wanted.trial = Math.max(1, Number(wanted.trial) + difference);
  drawReplay(run);
}

function stop() {
  clearInterval(timer);
  timer = null;
  drawButton();
}

function drawButton() {
  if (!parts) return;
  setText(parts.play, timer === null ? '▶' : '❚❚');
  parts.play.setAttribute('aria-label', timer === null ? 'Play' : 'Pause');
}

async function load(request) {
  asked = request;
  stop();
  trial = null;
  const panel = byId('replay');
  if (run.checkpointed === null || run.state === 'starting')
    return panel.replaceChildren(nothing('There is no checkpoint yet. The first one brings a trial to look at.', null));
  panel.classList.add('busy');
  try {
    const { id } = run, { checkpoint, seed, trial: number } = wanted;
    const answer = await ask('/api/replay', { id, checkpoint, seed, trial: number });
    if (asked !== request) return;
    trial = prepare(answer);
    picture = pictures[trial.kind](trial, number => go(number));
    panel.replaceChildren(controls(), picture.element, note());
    drawButton();
    go(1);
  } catch (failure) {
    if (asked !== request) return;
    panel.replaceChildren(controls(), nothing(failure.message, null));
  } finally {
    if (asked === request) panel.classList.remove('busy');
  }
}

// Totals and episodes, which the steps alone do not say.
function prepare(answer) {
  let total = 0, episode = 1;
  for (const one of answer.steps) {
    Object.assign(one, { total: total += one.reward, episode });
    if (one.ending) episode++;
  }
  return { ...answer, episodes: answer.steps.at(-1).episode };
}

function controls() {
  const set = name => event => { wanted[name] = event.target.value; drawReplay(run); };
  const number = (name, min) => h('label', { class: 'pick' }, `${name} `,
    h('input', { type: 'number', min, value: wanted[name], change: set(name), id: `replay-${name}` }));
  const select = (name, label, options, change) => h('label', { class: 'pick' }, `${label} `, h('select', { change },
    options.map(([text, value]) => h('option', { value, selected: String(value) === String(wanted[name]) }, text))));
  parts = {
    play: h('button', { type: 'button', class: 'play', click: playOrPause }),
    place: h('input', {
      type: 'range', min: 1, max: trial?.steps.length ?? 1, value: 1, 'aria-label': 'Step',
      input: event => go(Number(event.target.value)),
    }),
    says: h('span', {}), reward: h('b', {}), total: h('b', {}),
  };
  const which = h('div', { class: 'tools' },
    number('trial', 1), number('seed', 0),
    select('checkpoint', 'checkpoint', [['last', 'last'], ['best', 'best']], set('checkpoint')),
    select('speed', 'speed', speeds, setSpeed));
  if (!trial) return which;
  return h('div', {}, which, h('div', { class: 'player' }, parts.play, parts.place,
    h('p', { class: 'facts' }, parts.says, h('span', {}, 'reward ', parts.reward),
      h('span', {}, 'total ', parts.total))));
}

function setSpeed(event) {
  wanted.speed = Number(event.target.value);
  if (timer === null) return;
  stop();
  playOrPause();
}

function note() {
  const rest = trial.isCut ? ` The first ${trial.steps.length} of ${count(trial.trialLength)} steps are shown.` : '';
  const best = trial.bestTotal === undefined ? ''
    : ` Who knew the arms would earn ${figure(trial.bestTotal)} on average.`;
  const trained = `${trial.agent} after ${count(trial.trainedSteps)} ${run.unit} of training.`;
  return h('p', { class: 'note' }, trained + best + rest);
}
